// A process that runs the seeds it is sent; with a word, that bug is planted in all of them.

import type { Task } from './crew.ts'
import { plant } from './planting.ts'

const [bug] = process.argv.slice(2)
if (bug !== undefined) plant(bug)
const { runSeed } = await import('./seed-result.js')

process.on('message', ({ seed, isTwice }: Task) => {
  void runSeed(seed, isTwice).then((result) => process.send?.(result))
})
