#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').nodeMain('kafka-server-stop', process.argv.slice(2))
