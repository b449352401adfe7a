#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').nodeMain('kafka-dump-log', process.argv.slice(2))
