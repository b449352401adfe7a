#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-leader-election', process.argv.slice(2))
