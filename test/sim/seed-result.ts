// One seed, run once or twice, as a few plain values that go from process to process.

import { clusterRun } from './cluster/cluster-run.ts'
import type { Outcome } from './play.ts'
import { produceCrashRestart } from './produce-crash-restart.ts'
import type { ScenarioName } from './scenarios.ts'

const runs: Readonly<Record<ScenarioName, (seed: number) => Promise<Outcome>>> = {
  broker: produceCrashRestart,
  cluster: clusterRun,
}

export interface SeedResult {
  readonly seed: number
  readonly hash: string
  /** The hash of a second run, where there was one. */
  readonly again: string | null
  /** The first line of what went wrong; null: nothing did. */
  readonly title: string | null
  /** All of it, with the last events. */
  readonly report: string
  readonly acknowledged: number
  readonly starts: number
  readonly events: number
  readonly sometimes: Readonly<Record<string, number>>
  /** Of one run. */
  readonly cpuSeconds: number
}

export async function runSeed(scenario: ScenarioName, seed: number, isTwice: boolean): Promise<SeedResult> {
  const run = runs[scenario]
  const began = process.cpuUsage()
  const { world, failure, troubles, acknowledged, starts } = await run(seed)
  const { user, system } = process.cpuUsage(began)
  const { hash, sometimes, count, last } = world.trace
  const again = isTwice ? (await run(seed)).world.trace.hash : null
  const differs = again !== null && again !== hash ? `two runs of one seed differ: ${hash} and ${again}` : null
  const where = `seed ${seed}, at ${world.events.now.toFixed(3)} ms of its time, after ${count} lines (${troubles.join(', ')})`
  const cause = failure?.cause instanceof Error ? `\n${failure.cause.stack}` : ''
  return {
    seed,
    hash,
    again,
    title: failure ? titleOf(failure) : differs,
    report: [...last, where, failure ? `${failure.stack}${cause}` : (differs ?? '')].join('\n'),
    acknowledged,
    starts,
    events: world.events.count,
    sometimes: Object.fromEntries(sometimes),
    cpuSeconds: (user + system) / 1e6,
  }
}

function titleOf({ name, message }: Error): string {
  return `${name}: ${message.split('\n')[0]!.slice(0, 200)}`
}
