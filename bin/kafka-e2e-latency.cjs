#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-e2e-latency', process.argv.slice(2))
