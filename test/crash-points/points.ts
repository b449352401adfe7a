// Crash points as a campaign of `npm run crash`: each share plays the workloads with a seed of its own.

import type { Campaign, Task } from '../crash/campaign.ts'
import { commandFor, report, titleOf } from './campaign.ts'
import { runStates } from './run.ts'
import { workloads } from './workloads/index.ts'

/** Of each kind of trouble so many are shown. */
const SHOWN = 2
/** A share without a number of its own: every seed has more than twenty times as many. */
const STATES = 5000

export const points: Campaign = {
  name: 'points',
  about:
    'states that a power cut may leave of six workloads, each opened, looked through and used (one again: test/crash-points/main.ts)',
  goals: [{ count: 'states', target: 5000 }],
  share: 150,
  run,
}

async function run({ counters, first, times, isOver, progress, say }: Task): Promise<void> {
  // By what was counted so far, so that every share has a seed of its own.
  const seed = first + 1
  const titles = new Map<string, number>()
  counters.add({ seeds: 1 })
  await runStates(
    { workloads, seed, states: Math.min(times, STATES), every: strideFor(times) },
    {
      listed: ({ workload, recording }, found) =>
        say(`${workload.name}: ${recording.steps.length} steps of the disk, ${found} different states`),
      judged(done) {
        counters.add({ states: 1 })
        progress(done)
      },
      failed(played, point, failure) {
        const title = titleOf(played, failure)
        titles.set(title, (titles.get(title) ?? 0) + 1)
        counters.fail(title, commandFor(played, point))
        if (titles.get(title)! <= SHOWN) say(`FAILED ${report(played, point, failure)}`)
      },
      isOver,
    },
  )
}

/** Every so many-th boundary is looked at: to list the states of all takes a minute, and a small share needs fewer to draw from. */
function strideFor(times: number): number {
  return Math.max(1, Math.floor(STATES / 4 / times))
}
