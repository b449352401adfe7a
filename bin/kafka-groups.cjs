#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-groups', process.argv.slice(2))
