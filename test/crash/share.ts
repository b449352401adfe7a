// One share of a campaign: how much of it, whether it counts, and how it went.

import type { CounterOptions } from '../support/counter-file.ts'
import { openCounters } from '../support/counter-file.ts'
import { type Campaign, Missing } from './campaign.ts'
import { Progress } from './progress.ts'

/** As the command line says it; all of them open: a share of the campaign's own size. */
export interface Wish {
  readonly times?: number
  readonly minutes?: number
  readonly untilTarget?: boolean
  /** Apache's brokers in the place of ours; not counted. */
  readonly apache?: boolean
  /** What this machine lacks is no failure. */
  readonly skipMissing?: boolean
}

export interface Plan {
  readonly times: number
  readonly minutes: number
  /** A campaign that has reached its target counts no more, except where somebody says how much. */
  readonly isCounted: boolean
}

/** A share of a campaign's own size takes less; on a machine that is busy otherwise it ends here. */
const SHARE_MINUTES = 3

export function planOf(
  { share, goals }: Campaign,
  total: number,
  { times, minutes, untilTarget = false, apache = false }: Wish,
): Plan {
  const missing = Math.max(0, goals[0]!.target - total)
  if (times === undefined && minutes === undefined && !untilTarget)
    return { times: share, minutes: SHARE_MINUTES, isCounted: missing > 0 && !apache }
  return { times: times ?? (untilTarget ? missing : Infinity), minutes: minutes ?? Infinity, isCounted: !apache }
}

/** How it went, in a few words that begin with `passed` or `skipped` where that is good. What failed earlier on the same commit is not. */
export async function runShare(campaign: Campaign, wish: Wish, options: CounterOptions = {}): Promise<string> {
  const { name, goals } = campaign
  const { count } = goals[0]!
  const file = wish.apache ? `apache-${name}` : name // which is never written
  const total = openCounters(file, options).total(count)
  const { times, minutes, isCounted } = planOf(campaign, total, wish)
  const counters = openCounters(file, { ...options, isKept: isCounted })
  const until = performance.now() + minutes * 60_000
  const progress = new Progress(name, times, until)
  try {
    if (times > 0)
      await campaign.run({
        counters,
        first: isCounted ? total : freshNumber(),
        times,
        isOver: () => performance.now() >= until,
        progress: (done) => progress.reached(done),
        kind: wish.apache ? 'apache' : 'ours',
        say: (line) => console.log(line),
      })
  } catch (thrown) {
    if (thrown instanceof Missing) {
      console.log(thrown.message)
      return wish.skipMissing ? `skipped: ${thrown.message}` : 'something is missing'
    }
    const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    console.log(`FAILED ${detail}`)
    counters.fail(detail.split('\n')[0]!, `npm run crash -- --only ${name}`)
  } finally {
    counters.save()
  }
  if (counters.failuresHere > 0) return `FAILED ${counters.failuresHere} times`
  const { length } = counters.failuresOnCommit
  if (length > 0) return `FAILED earlier on this commit: ${length} kinds of trouble`
  const done = counters.total(count) - total
  if (times > 0 && done <= 0) return 'NOT RUN: the time was over before anything was done'
  return `passed${times > 0 ? `: ${done.toLocaleString('en')} ${count}${isCounted ? '' : ', not counted'}` : ''}`
}

/** Far behind all that are counted. */
function freshNumber(): number {
  return 1_000_000 + Math.floor(Math.random() * 1_000_000_000)
}
