// npm run crash: kill -9 under load, torn tails, damaged files, full disks, power cuts. `-- --help` tells the options.

import { build } from './build.mjs'
import { compileTests, run } from './compile.mjs'
import { setUp } from './setup.mjs'

setUp()
const isReady = (await build()) && (await compileTests())
process.exitCode = isReady ? await run(['build/test/crash/main.js', ...process.argv.slice(2)]) : 1
