#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-console-share-consumer', process.argv.slice(2))
