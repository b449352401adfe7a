#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-log-dirs', process.argv.slice(2))
