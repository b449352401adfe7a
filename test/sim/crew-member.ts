// A process that runs the seeds it is sent in one kind of world; with a second word, that bug is planted in all of them.

import type { Task } from './crew.ts'
import { plant } from './planting.ts'
import type { ScenarioName } from './scenarios.ts'

const [scenario, bug] = process.argv.slice(2) as [ScenarioName, string | undefined]
if (bug !== undefined) plant(bug, scenario)
const { runSeed } = await import('./seed-result.js')

process.on('message', ({ seed, isTwice }: Task) => {
  void runSeed(scenario, seed, isTwice).then((result) => process.send?.(result))
})
