#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').nodeMain('kafka-server-start', process.argv.slice(2))
