#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-cluster', process.argv.slice(2))
