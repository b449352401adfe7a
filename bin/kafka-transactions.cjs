#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-transactions', process.argv.slice(2))
