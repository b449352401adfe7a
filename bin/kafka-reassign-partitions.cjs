#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-reassign-partitions', process.argv.slice(2))
