#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-get-offsets', process.argv.slice(2))
