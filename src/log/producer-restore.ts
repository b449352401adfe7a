// Builds the state of the producers again: the latest snapshot before an offset, and what the log says from there on.

import { aroundDamage } from './around-damage.ts'
import type { LogState } from './log-state.ts'
import { lookBack } from './look-back.ts'
import { DamagedFile } from './text-files.ts'

export interface RestoreOptions {
  /** After a clean stop a missing snapshot means that there were no producers: nothing has to be read. */
  readonly assumeNoneWithoutSnapshot: boolean
}

/** Makes the producers' state what it was when the log ended at `endOffset`. */
export async function restoreProducers(
  state: LogState,
  endOffset: number,
  { assumeNoneWithoutSnapshot }: RestoreOptions,
): Promise<void> {
  const hadSnapshots = state.snapshots.size > 0
  const from = await loadSnapshot(state, endOffset)
  if (from === null && !hadSnapshots && assumeNoneWithoutSnapshot) return
  if (from !== null) await lookBack(state, from)
  await replay(state, from ?? state.segments.first.baseOffset, endOffset)
}

/** Loads the latest snapshot at or before `offset` that can be read; where it stands, or null (and no producers) where there is none. */
async function loadSnapshot(state: LogState, offset: number): Promise<number | null> {
  const { producers, shared, snapshots } = state
  producers.clear()
  const candidates = [...snapshots].filter((at) => at <= offset).sort((one, other) => other - one)
  for (const at of candidates) {
    const path = state.snapshotPath(at)
    const bytes = await shared.disk.readAtomic(path)
    try {
      if (!bytes) throw new DamagedFile(`${path} is missing`)
      producers.restore(path, bytes, shared.clock.now())
      return at
    } catch (thrown) {
      if (!(thrown instanceof DamagedFile)) throw thrown
      shared.logger.warn('a producer snapshot is left out; an older one and the log say the same', { why: thrown.message })
      snapshots.delete(at)
      await shared.disk.remove(path)
    }
  }
  return null
}

async function replay(state: LogState, from: number, endOffset: number): Promise<void> {
  if (from >= endOffset) return
  const { segments, producers } = state
  for (const segment of segments.from(from)) {
    if (segment.baseOffset >= endOffset) return
    let position = await aroundDamage(state, segment, () => segment.indexes.startFor(from))
    await aroundDamage(state, segment, async () => {
      for await (const { batch, position: at } of segment.contents(position, segment.sizeInBytes)) {
        if (batch.baseOffset >= endOffset) return
        if (batch.baseOffset >= from) producers.add(batch) // aborted transactions of closed segments are in their own index
        position = at + batch.sizeInBytes
      }
    })
  }
}
