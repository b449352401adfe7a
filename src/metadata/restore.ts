// Where images come from and go to: the snapshots of a metadata log.

import type { ReplicatedLog } from '../machine/machine.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { MetadataImage } from './image.ts'
import type { ImageObserver } from './observer.ts'
import { type MetadataRecord, metadataCodec } from './records.ts'

export interface SnapshotPlace {
  readonly endOffset: number
  readonly epoch: number
}

/** The metadata log as this room needs it; raft's is one. */
export interface MetadataLogSource extends ReplicatedLog {
  /** Runs for every batch that became committed while the process runs, in order, before `onCommit` answers anyone. */
  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void
  /** Runs where the log goes on behind a snapshot that some other node wrote: whoever follows begins anew with it. */
  onRestored?(run: (snapshot: SnapshotPlace) => void): void
  /** The newest snapshot; null where there is none, or only the empty one that formatting wrote. */
  newestSnapshot(): SnapshotPlace | null
  readSnapshot(snapshot: SnapshotPlace): AsyncIterable<RecordBatch>
  /** Keeps `batches` as everything below `endOffset`, which must be committed; older snapshots are removed. */
  writeSnapshot(
    endOffset: number,
    lastTimestamp: number,
    batches: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void>
}

/**
 * Fills an empty image from the newest snapshot; gives the offset from which the log goes on.
 * @param passed hears of records that this build does not know or cannot read; they are passed over
 */
export async function restoreImage(
  log: MetadataLogSource,
  image: MetadataImage,
  observer?: ImageObserver,
  passed?: (about: { readonly offset: number; readonly error?: unknown }) => void,
): Promise<number> {
  const newest = log.newestSnapshot()
  if (!newest) return log.startOffset
  for await (const batch of log.readSnapshot(newest)) {
    if (batch.isControl) continue
    for (const { offset, key, value } of batch.records()) {
      const record = decoded(key, value, (error) => passed?.({ offset, error }))
      if (record) image.apply(record, observer)
    }
  }
  return newest.endOffset
}

function decoded(key: Uint8Array | null, value: Uint8Array | null, failed: (why?: unknown) => void): MetadataRecord | null {
  try {
    const record = metadataCodec.decode(key, value)
    if (!record) failed()
    return record
  } catch (thrown) {
    failed(thrown)
    return null
  }
}
