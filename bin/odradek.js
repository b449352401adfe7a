#!/usr/bin/env node
import { main } from '../dist/cli/launcher.js'

await main(process.argv.slice(2))
