// A partition goes on with another copy of its log, which lies in another log directory.

import { assert } from '../base/assert.ts'
import type { Log } from '../log/log.ts'
import type { PartitionState } from './partition-state.ts'
import type { Tenure } from './tenure.ts'

/** False while the end of the log is being cut off, while it is being moved already, and once the partition is over. */
function mayExchange({ gone, cut, stillness }: PartitionState): boolean {
  return gone === null && !cut && !stillness.over
}

/** Goes on with the log that `exchange` gives, which has all that this one has, as durable. Where `exchange` rejects, everything stays as it is. */
export async function exchangeLog(state: PartitionState, tenure: Tenure, exchange: (log: Log) => Promise<Log>): Promise<void> {
  assert(mayExchange(state), `${state.name} cannot be moved now`)
  const before = state.log
  state.stillness.begin()
  try {
    const log = await exchange(before)
    if (log !== before) {
      goOnWith(state, log, before)
      tenure.attend(log)
    }
  } finally {
    state.stillness.end()
    tenure.assume()
  }
}

function goOnWith(state: PartitionState, log: Log, before: Log): void {
  const { name, leads, led } = state
  assert(log.endOffset === before.endOffset, `${name} ends at ${log.endOffset} and not at ${before.endOffset} any more`)
  log.highWatermark = Math.max(log.highWatermark, before.highWatermark)
  if (leads && log.latestEpoch < led.epoch) log.assignEpoch(led.epoch)
  state.log = log
  state.term++
}
