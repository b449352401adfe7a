// Tries damaged files in a thread of its own, so that one that never ends, or takes all memory, can be told from the others.

import { parentPort, workerData } from 'node:worker_threads'
import { ready } from '../../src/protocol/compression/index.ts'
import type { Tried } from './files.ts'
import { verdictOf } from './rooms.ts'

const { from, end } = workerData as { from: number; end: number }

await ready()
for (let number = from; number < end; number++) {
  const tried: Tried = { number, verdict: await verdictOf(number) }
  parentPort!.postMessage(tried)
}
