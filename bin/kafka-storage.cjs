#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').nodeMain('kafka-storage', process.argv.slice(2))
