#!/usr/bin/env node
require('../dist/cli/tools-launcher.cjs').main('kafka-share-groups', process.argv.slice(2))
