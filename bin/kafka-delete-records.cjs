#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-delete-records', process.argv.slice(2))
