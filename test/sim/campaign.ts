// Many thousand seeds, as often as time allows: test/campaigns/sim.json says how many there were, and where to go on.

import { openCounters } from '../support/counter-file.ts'
import { runCrew } from './crew.ts'
import { Totals, tasks } from './many-seeds.ts'
import { sometimesTable } from './sometimes.ts'

const SAVE_EVERY = 100

/** Runs the seeds from 1 to `goal` that no share of the file has; true when none of these failed. */
export async function campaign(goal: number, processes: number): Promise<boolean> {
  const counters = openCounters('sim')
  const done = counters.total('seeds')
  console.log(`${done} of ${goal} seeds are done.`)
  const totals = new Totals()
  let since = performance.now()
  const save = () => {
    counters.add({}, (performance.now() - since) / 1000)
    since = performance.now()
    counters.save()
  }
  await runCrew({
    processes,
    tasks: tasks(done + 1, Math.max(0, goal - done)),
    onResult(result) {
      totals.add(result)
      const { acknowledged, starts, events, title, seed } = result
      counters.add({ seeds: 1, twice: result.again === null ? 0 : 1, acknowledged, starts, events })
      if (title !== null) {
        counters.fail(title, `npm run sim -- --seed ${seed}`)
        console.log(`seed ${seed} FAILED: ${title}`)
      }
      if (totals.seeds % SAVE_EVERY === 0) save()
      if (totals.seeds % 500 === 0) console.log(`${done + totals.seeds} of ${goal} seeds, ${totals.failed.length} failed`)
      return true
    },
  })
  save()
  if (totals.seeds > 0) for (const line of sometimesTable(totals.sometimes, totals.seeds)) console.log(line)
  console.log(`${done + totals.seeds} of ${goal} seeds are done; ${totals.failed.length} of the ${totals.seeds} just run failed.`)
  return totals.failed.length === 0
}
