// Many seeds and what came of them, or one and everything that helps to understand it.

import { runCrew, type Task } from './crew.ts'
import { repeatedBy, type ScenarioName, scenarios } from './scenarios.ts'
import { runSeed, type SeedResult } from './seed-result.ts'
import { missing, sometimesTable } from './sometimes.ts'

/** The first one and every hundredth are run twice. */
export function* tasks(from: number, count: number): Generator<Task> {
  for (let seed = from; seed < from + count; seed++) yield { seed, isTwice: seed === from || seed % 100 === 0 }
}

/** Sums over seeds. */
export class Totals {
  seeds = 0
  acknowledged = 0
  starts = 0
  events = 0
  twice = 0
  cpuSeconds = 0
  readonly failed: SeedResult[] = []
  readonly sometimes = new Map<string, number>()

  add(result: SeedResult): void {
    this.seeds++
    this.acknowledged += result.acknowledged
    this.starts += result.starts
    this.events += result.events
    this.twice += result.again === null ? 0 : 1
    this.cpuSeconds += result.cpuSeconds
    if (result.title !== null) this.failed.push(result)
    for (const what of Object.keys(result.sometimes)) this.sometimes.set(what, (this.sometimes.get(what) ?? 0) + 1)
  }
}

export interface Many {
  readonly scenario: ScenarioName
  readonly from: number
  readonly count: number
  readonly processes: number
  /** At the first that fails. */
  readonly stops: boolean
}

/** Whether all of them went well. */
export async function runMany({ scenario, from, count, processes, stops }: Many): Promise<boolean> {
  const { rare } = scenarios[scenario]
  const began = performance.now()
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`
  const totals = new Totals()
  await runCrew({
    scenario,
    processes,
    tasks: tasks(from, count),
    onResult(result) {
      totals.add(result)
      if (result.title !== null) {
        console.log(totals.failed.length === 1 ? result.report : '')
        console.log(`seed ${result.seed} FAILED: ${result.title}`)
      }
      if (totals.seeds % 50 === 0) console.log(`${totals.seeds} seeds, ${totals.failed.length} failed, ${seconds()}`)
      return !(stops && totals.failed.length > 0)
    },
  })
  const { failed, acknowledged, starts, events, twice, cpuSeconds, sometimes } = totals
  for (const line of sometimesTable(rare, sometimes, totals.seeds)) console.log(line)
  console.log(
    `${totals.seeds} seeds from ${from}: ${failed.length} failed; ${acknowledged} records acknowledged, ${starts} starts, ${events} events, ` +
      `${twice} run twice with the same hash; ${seconds()}, ${(cpuSeconds / totals.seeds).toFixed(2)} s of CPU a seed.`,
  )
  for (const { seed, title } of failed) console.log(`FAILED: ${repeatedBy(scenarios[scenario], seed)}   ${title}`)
  const tame = missing(rare, sometimes, totals.seeds)
  if (tame.length > 0) console.log(`FAILED: ${totals.seeds} seeds are enough to see each of these: ${tame.join('; ')}`)
  return failed.length === 0 && tame.length === 0
}

/** Twice, with the last events of it. */
export async function repeatOne(scenario: ScenarioName, seed: number): Promise<boolean> {
  const result = await runSeed(scenario, seed, true)
  console.log(result.report)
  console.log(`seed ${seed}: hash ${result.hash}, again ${result.again}; ${result.title ?? 'all is well'}`)
  for (const [what, times] of Object.entries(result.sometimes).sort()) console.log(`  ${what}: ${times}`)
  return result.title === null
}
