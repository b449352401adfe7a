// A snapshot, in Kafka's format, keeps only the last batch of each producer, but a producer may repeat up to five: those that were on their
// way when the broker stopped. The others are found at the end of what lies before the snapshot.

import { MalformedBytes } from '../base/bytes.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { aroundDamage } from './around-damage.ts'
import type { LogState } from './log-state.ts'
import { firstSequence, type ProducerEntry, type RememberedBatch } from './producer-entry.ts'
import type { Segment } from './segment.ts'

/** How much is looked through: what a few producers can have on their way, and little enough for a quick start. */
const LOOK_BACK_BYTES = 256 * 1024
const BEFORE_LAST = 4

/** Gives producers that a snapshot at `offset` told of the batches before their last one, as far as they are near the end. */
export async function lookBack(state: LogState, offset: number): Promise<void> {
  const { segments, producers } = state
  if (producers.count === 0) return
  const earlier = new Map<ProducerEntry, RememberedBatch[]>()
  let budget = LOOK_BACK_BYTES
  const range: [segment: Segment, from: number][] = []
  for (let i = segments.all.length - 1; i >= 0 && budget > 0; i--) {
    const segment = segments.all[i]!
    if (segment.baseOffset >= offset || segment.sizeInBytes === 0) continue
    range.push([segment, await aroundDamage(state, segment, () => startIn(segment, segment.sizeInBytes - budget))])
    budget -= segment.sizeInBytes
  }
  for (const [segment, from] of range.reverse()) await note(segment, from)
  for (const [entry, batches] of earlier) entry.batches = [...unbroken(batches, entry.last!), entry.last!]

  async function note(segment: Segment, from: number): Promise<void> {
    try {
      await segment.find(from, segment.sizeInBytes, (batch) => {
        if (batch.baseOffset >= offset) return true
        const entry = producers.entries.get(batch.producerId)
        if (entry?.last && isEarlier(batch, entry)) {
          const { lastSequence, lastOffset, lastOffsetDelta, maxTimestamp } = batch
          const remembered = { lastSequence, lastOffset, offsetDelta: lastOffsetDelta, timestamp: maxTimestamp }
          earlier.set(entry, [...(earlier.get(entry) ?? []).slice(1 - BEFORE_LAST), remembered])
        }
        return false
      })
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown // whoever reads there is told; producers only repeat less
    }
  }
}

/** Where to begin so that about everything behind `position` is seen: the beginning of a batch. */
async function startIn(segment: Segment, position: number): Promise<number> {
  if (position <= 0) return 0
  const { offsets } = await segment.indexes.books()
  const indexed = offsets.offsetFrom(position)
  return segment.indexes.startFor(indexed ?? segment.nextOffset)
}

function isEarlier(batch: RecordBatch, { producerEpoch, last }: ProducerEntry): boolean {
  return batch.producerEpoch === producerEpoch && !batch.isControl && batch.lastOffset < last!.lastOffset
}

/** The batches whose sequences lead without a gap to `last`, oldest first: a gap would make a repetition of something that is not there. */
function unbroken(batches: readonly RememberedBatch[], last: RememberedBatch): RememberedBatch[] {
  const found: RememberedBatch[] = []
  let next = last
  for (const batch of [...batches].reverse()) {
    const follows =
      firstSequence(next) === batch.lastSequence + 1 || (firstSequence(next) === 0 && batch.lastSequence === 0x7fff_ffff)
    if (!follows) break
    found.unshift(batch)
    next = batch
  }
  return found
}
