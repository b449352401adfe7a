// npm run sim: the broker in a simulated world (docs/simulation.md). `-- --seeds 200 [--from 1]` runs that many seeds, `-- --seed 42` one of
// them twice with its last events, `-- --bugs` looks for planted bugs, `-- --campaign 10000` goes on until so many seeds were run.

import { build } from './build.mjs'
import { compileTests, run } from './compile.mjs'
import { setUp } from './setup.mjs'

setUp()
const isReady = (await build()) && (await compileTests())
process.exitCode = isReady ? await run(['build/test/sim/run.js', ...process.argv.slice(2)]) : 1
