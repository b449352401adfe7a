// Many thousand seeds, as often as time allows: a file of test/campaigns says how many there were, and where to go on.

import { commitOfSources, openCounters } from '../support/counter-file.ts'
import { runCrew } from './crew.ts'
import { Totals, tasks } from './many-seeds.ts'
import { repeatedBy, type Scenario } from './scenarios.ts'
import type { SeedResult } from './seed-result.ts'
import { missing, sometimesTable } from './sometimes.ts'

const SAVE_EVERY = 100

/**
 * Runs the seeds from 1 to `goal` that no share of the file has; true when none of these failed, and none that was run before on the present
 * sources. Seeds are counted in their order, whichever process is done first: the next call goes on behind the last that was counted.
 */
export async function campaign(scenario: Scenario, goal: number, processes: number): Promise<boolean> {
  const counters = openCounters(scenario.campaign)
  const done = counters.total('seeds')
  console.log(`${done} of ${goal} seeds are done.`)
  const totals = new Totals()
  let since = performance.now()
  const save = () => {
    counters.add({}, (performance.now() - since) / 1000)
    since = performance.now()
    counters.save()
  }
  const waiting = new Map<number, SeedResult>()
  const count = (result: SeedResult) => {
    const { acknowledged, starts, events, title, seed } = result
    waiting.delete(seed)
    totals.add(result)
    counters.add({ seeds: 1, twice: result.again === null ? 0 : 1, acknowledged, starts, events })
    if (title !== null) {
      counters.fail(title, repeatedBy(scenario, seed))
      console.log(`seed ${seed} FAILED: ${title}`)
    }
    if (totals.seeds % SAVE_EVERY === 0) save()
    if (totals.seeds % 500 === 0) console.log(`${done + totals.seeds} of ${goal} seeds, ${totals.failed.length} failed`)
  }
  await runCrew({
    scenario: scenario.name,
    processes,
    tasks: tasks(done + 1, Math.max(0, goal - done)),
    onResult(result) {
      waiting.set(result.seed, result)
      for (let next = waiting.get(done + totals.seeds + 1); next; next = waiting.get(done + totals.seeds + 1)) count(next)
      return true
    },
  })
  save()
  if (totals.seeds > 0) for (const line of sometimesTable(scenario.rare, totals.sometimes, totals.seeds)) console.log(line)
  console.log(`${done + totals.seeds} of ${goal} seeds are done; ${totals.failed.length} of the ${totals.seeds} just run failed.`)
  const tame = missing(scenario.rare, totals.sometimes, totals.seeds)
  if (tame.length > 0) console.log(`FAILED: ${totals.seeds} seeds are enough to see each of these: ${tame.join('; ')}`)
  const here = commitOfSources()
  const failures = counters.shares.filter(({ commit }) => commit === here).flatMap((share) => share.failures)
  for (const { title, repeat, times } of failures)
    console.log(`FAILED on the present sources, ${times} times: ${repeat}   ${title}`)
  return failures.length === 0 && tame.length === 0
}
