// Cutting off the end of a log: a follower's history parted from its leader's, or the leader no longer has what would come next.

import type { LogState } from './log-state.ts'
import { restoreProducers } from './producer-restore.ts'

/** Cuts from the batch that holds `offset` on. Everything was written and nothing is under way. */
export async function truncate(state: LogState, offset: number): Promise<void> {
  const { segments, startOffset } = state
  if (offset < Math.max(startOffset, segments.first.baseOffset)) return truncateFully(state, offset)
  const keeper = segments.all[segments.indexOf(offset)]!
  const first = await keeper.find(await keeper.startFor(offset), keeper.sizeInBytes, (batch) => batch.lastOffset >= offset)
  const endOffset = Math.min(offset, first?.batch.baseOffset ?? offset)
  if (endOffset < startOffset) return truncateFully(state, startOffset) // the batch that holds the start of the log
  const gone = segments.all.filter(({ baseOffset }) => baseOffset > keeper.baseOffset)
  segments.remove(gone)
  await state.retire([...gone].reverse()) // the last first: a crash in between leaves no hole
  await keeper.truncate(first?.position ?? keeper.sizeInBytes, endOffset)
  state.endOffset = endOffset
  state.highWatermark = Math.min(state.highWatermark, endOffset)
  if (state.cleanedUpTo !== null) state.cleanedUpTo = Math.min(state.cleanedUpTo, endOffset)
  state.epochs.truncateFromEnd(endOffset)
  await state.saveEpochs()
  await state.removeSnapshots((at) => at > endOffset)
  await restoreProducers(state, endOffset, { assumeNoneWithoutSnapshot: false })
}

/** Drops everything; the log goes on at `offset`. */
export async function truncateFully(state: LogState, offset: number): Promise<void> {
  const { segments } = state
  const gone = [...segments.all]
  segments.remove(gone)
  await state.retire(gone.reverse())
  state.addSegment(offset)
  state.restartsAt(offset)
  state.highWatermark = offset
  state.cleanedUpTo = null
  state.epochs.clear()
  await state.saveEpochs()
  state.producers.clear()
  await state.removeSnapshots(() => true)
  await state.shared.checkpoint('startOffset')
}
