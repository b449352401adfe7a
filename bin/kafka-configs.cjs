#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-configs', process.argv.slice(2))
