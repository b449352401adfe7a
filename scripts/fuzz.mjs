// `npm run fuzz -- [--frames N] [--batches N] [--minutes M] [--seed S]`: hostile frames and record batches against a broker in a process of
// its own. What finds something is kept in test/fuzz/corpus/; the count in test/campaigns/fuzz.json goes on, see test/fuzz/main.ts.

import { availableParallelism } from 'node:os'
import { compileTests, run } from './compile.mjs'
import { fail, setUp } from './setup.mjs'

setUp()
const isCompiled = await compileTests()
if (!isCompiled) fail('The tests do not compile (see above).')
if (availableParallelism() < 2)
  console.log('One core only: the broker and its attackers take turns, and stalls are seen less well.')
process.exitCode = await run(['build/test/fuzz/main.js', ...process.argv.slice(2)])
