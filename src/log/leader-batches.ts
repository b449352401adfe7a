// What a follower takes from its leader: looked at before any of it is appended, because it came from outside.

import { MalformedBytes } from '../base/bytes.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import type { LogState } from './log-state.ts'

/**
 * The whole batches in `bytes`, in their order, half a batch at the end left out; none that was written in an epoch after `leaderEpoch`, which its
 * giver cannot know. Throws CORRUPT_MESSAGE where a checksum does not match, or offsets or epochs go back.
 */
export function leaderBatches(bytes: Uint8Array, state: LogState, leaderEpoch: number): RecordBatch[] {
  const taken: RecordBatch[] = []
  let next = state.endOffset
  let epoch = state.epochs.lastBefore(next)
  for (const batch of wholeBatches(bytes, state)) {
    if (batch.partitionLeaderEpoch > leaderEpoch) break
    const fault = faultOf(batch, next, epoch)
    if (fault) throw refusal(state, `at offset ${batch.baseOffset}: ${fault}`)
    taken.push(batch)
    next = batch.nextOffset
    epoch = batch.partitionLeaderEpoch
  }
  return taken
}

function* wholeBatches(bytes: Uint8Array, state: LogState): Generator<RecordBatch, void, undefined> {
  try {
    yield* batches(bytes)
  } catch (thrown) {
    throw thrown instanceof MalformedBytes ? refusal(state, thrown.message, thrown) : thrown
  }
}

// Gaps between batches are what compaction left.
function faultOf(batch: RecordBatch, next: number, epoch: number): string | null {
  if (batch.isLegacy) return `it has message format ${batch.magic}`
  if (!batch.checksumMatches()) return 'its checksum does not match'
  if (batch.baseOffset < next) return `offset ${next} was to come`
  if (batch.lastOffsetDelta < 0) return `it ends before it begins`
  if (batch.partitionLeaderEpoch < epoch)
    return `its leader epoch is ${batch.partitionLeaderEpoch}, and that of the batch before is ${epoch}`
  return null
}

function refusal({ name }: LogState, why: string, cause?: unknown): KafkaError {
  return new KafkaError('CORRUPT_MESSAGE', `the leader of ${name} sent a damaged batch ${why}`, { cause })
}
