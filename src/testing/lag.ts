// Waiting until a group has read everything.

import type { Admin } from '../client/admin/admin.ts'
import { type GroupLagOptions, groupLag, type PartitionLag } from '../client/admin/lag.ts'
import { partitionKey } from '../client/admin/outcomes.ts'
import { Patience, type WaitOptions } from '../client/patience.ts'
import type { Clock } from '../platform/clock.ts'

export interface LagOptions extends WaitOptions, Pick<GroupLagOptions, 'topics'> {
  /** How long it may take, in real milliseconds; default 30 seconds. */
  readonly timeoutMs?: number
}

const LAG_ZERO_MS = 30_000
const LOOK_MS = 10
/** One look is taken, however short the time is: what lags is to be told. */
const FIRST_LOOK_MS = 5000

/**
 * Resolves when the group has committed everything that its topics have. Rejects with a TimeoutError that names the partitions that lag; a group that has
 * neither members nor offsets lags, too.
 */
export async function lagZero(admin: Admin, real: Clock, group: string, options: LagOptions = {}): Promise<void> {
  const { timeoutMs = LAG_ZERO_MS, topics, signal } = options
  const patience = new Patience({ clock: real, what: `waiting until the group ${group} lags nowhere`, timeoutMs, signal })
  const look = () => groupLag(admin, group, { ...(topics && { topics }), signal })
  const first = new Patience({ clock: real, what: patience.what, timeoutMs: Math.max(timeoutMs, FIRST_LOOK_MS), signal })
  for (let isFirst = true; ; isFirst = false) {
    const lags = await (isFirst ? first : patience).race(look())
    const behind = lags.filter(({ lag }) => lag > 0)
    if (lags.length > 0 && behind.length === 0) return
    patience.blame(
      new Error(lags.length === 0 ? `the group ${group} has neither members nor offsets` : behind.map(told).join('; ')),
    )
    await patience.sleep(LOOK_MS)
  }
}

function told({ topic, partition, committed, end, lag }: PartitionLag): string {
  const where = partitionKey(topic, partition)
  return `${where} lags by ${lag}: ${committed === null ? 'nothing is committed' : `${committed} is committed`}, the end is ${end}`
}
