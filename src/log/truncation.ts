// Cutting off the end of a log: a follower's history parted from its leader's, or the leader no longer has what would come next.

import type { LogState } from './log-state.ts'
import { restoreProducers } from './producer-restore.ts'
import type { Segment } from './segment.ts'

interface Cut {
  readonly keeper: Segment
  readonly position: number
  readonly endOffset: number
}

/**
 * Cuts from the batch that holds `offset` on, or from the damage that holds it. Everything was written and nothing is under way. Throws
 * MalformedBytes before anything changed; a cut that stopped half-way takes the log out of use: only a start brings memory and files together.
 */
export async function truncate(state: LogState, offset: number): Promise<void> {
  const { startOffset, segments } = state
  if (offset < Math.max(startOffset, segments.first.baseOffset)) return truncateFully(state, offset)
  const cut = await placeOf(segments.all[segments.indexOf(offset)]!, offset)
  if (cut.endOffset < startOffset) return truncateFully(state, startOffset) // what is cut holds the start of the log
  await wholly(state, () => cutAt(state, cut))
}

async function placeOf(keeper: Segment, offset: number): Promise<Cut> {
  const damage = keeper.damages.at(offset) // what is known of it would be said of the records that take its offsets
  if (damage) return { keeper, position: damage.position, endOffset: damage.startOffset }
  const first = await keeper.find(
    await keeper.indexes.startFor(offset),
    keeper.sizeInBytes,
    (batch) => batch.lastOffset >= offset,
  )
  return {
    keeper,
    position: first?.position ?? keeper.sizeInBytes,
    endOffset: Math.min(offset, first?.batch.baseOffset ?? offset),
  }
}

async function cutAt(state: LogState, { keeper, position, endOffset }: Cut): Promise<void> {
  const { segments } = state
  const gone = segments.all.filter(({ baseOffset }) => baseOffset > keeper.baseOffset)
  segments.remove(gone)
  await state.retire([...gone].reverse()) // the last first: a crash in between leaves no hole
  state.endOffset = endOffset // before the segment counts its cut: who looks through it from then on has to know where it ends
  state.highWatermark = Math.min(state.highWatermark, endOffset)
  if (state.cleanedUpTo !== null) state.cleanedUpTo = Math.min(state.cleanedUpTo, endOffset)
  await keeper.truncate(position, endOffset)
  state.epochs.truncateFromEnd(endOffset)
  await state.saveEpochs()
  await state.removeSnapshots((at) => at > endOffset)
  await restoreProducers(state, endOffset, { assumeNoneWithoutSnapshot: false })
}

async function wholly(state: LogState, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    throw state.fail(thrown)
  }
}

/** Drops everything; the log goes on at `offset`. */
export function truncateFully(state: LogState, offset: number): Promise<void> {
  return wholly(state, () => dropAll(state, offset))
}

async function dropAll(state: LogState, offset: number): Promise<void> {
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
