#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-console-producer', process.argv.slice(2))
