#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-consumer-perf-test', process.argv.slice(2))
