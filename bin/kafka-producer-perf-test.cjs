#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-producer-perf-test', process.argv.slice(2))
