#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-topics', process.argv.slice(2))
