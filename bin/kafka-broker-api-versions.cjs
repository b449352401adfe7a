#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-broker-api-versions', process.argv.slice(2))
