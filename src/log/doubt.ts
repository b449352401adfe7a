// A follower that was given records, and asks for them again, may not be able to take them: its leader never looks inside of what it gives out. Those
// records are looked at, and no more, unless they are damaged.

import { MalformedBytes } from '../base/bytes.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { faultOf } from './batch-check.ts'
import { copied, readBatches } from './log-read.ts'
import type { LogState } from './log-state.ts'
import { checkSegment } from './scrub.ts'
import type { Visitors } from './visitors.ts'

/** As much as a follower is given at a time (`replica.fetch.max.bytes`). */
const LOOKED_AT_BYTES = 1 << 20

/** Gives what looks at the records from an offset on, one look at a time; the segment that holds damage is looked through at once. */
export function doubting(state: LogState, visitors: Visitors): (offset: number) => void {
  let isLooking = false
  return (offset) => {
    if (isLooking) return
    isLooking = true
    visitors
      .run(() => look(state, offset))
      .catch((thrown: unknown) => {
        const facts = { log: state.name, offset, error: thrown }
        state.shared.logger.debug('records that a follower asks for again could not be looked at', facts)
      })
      .finally(() => {
        isLooking = false
      })
  }
}

async function look(state: LogState, offset: number): Promise<void> {
  if (await isSound(state, offset)) return
  const { all } = state.segments
  const at = state.segments.indexOf(offset)
  // Compaction may have left nothing there: then it is the next one that was read.
  for (const segment of all.slice(at, at + 2)) await checkSegment(state, segment)
}

async function isSound(state: LogState, from: number): Promise<boolean> {
  const { segments, endOffset } = state
  const range = { from, maxBytes: LOOKED_AT_BYTES, limit: endOffset, minOneBatch: true, endOffset }
  try {
    const bytes = await copied(readBatches(segments, range, () => {}))
    let expected = { nextOffset: 0, endOffset, epoch: -1 }
    for (const batch of batches(bytes)) {
      if (faultOf(batch, expected)) return false
      expected = { nextOffset: batch.nextOffset, endOffset, epoch: batch.partitionLeaderEpoch }
    }
    return true
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return false
    if (thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE') return false
    throw thrown
  }
}
