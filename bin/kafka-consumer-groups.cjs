#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-consumer-groups', process.argv.slice(2))
