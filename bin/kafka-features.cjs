#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-features', process.argv.slice(2))
