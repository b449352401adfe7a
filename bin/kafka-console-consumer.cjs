#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-console-consumer', process.argv.slice(2))
