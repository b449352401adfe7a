#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-metadata-quorum', process.argv.slice(2))
