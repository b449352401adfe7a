// npm run sim: the broker in a simulated world (docs/simulation.md). `-- --seeds 200 [--from 1]` runs that many seeds, `-- --seed 42` one of
// them twice with its last events, `-- --bugs` looks for planted bugs, `-- --campaign 10000` goes on until so many seeds were run.

import { build } from './build.mjs'
import { compile, run } from './compile.mjs'
import { setUp } from './setup.mjs'

setUp()
const isReady =
  (await build()) &&
  (await compile({
    project: 'tsconfig.test.json',
    folders: ['src', 'test', 'bench'],
    outDir: 'build',
    info: 'build/test.tsbuildinfo',
    endings: ['.js'],
    output: (source) => `build/${source.replace(/\.ts$/, '.js')}`,
  }))
process.exitCode = isReady ? await run(['build/test/sim/run.js', ...process.argv.slice(2)]) : 1
