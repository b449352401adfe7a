// What compaction must know of transactions while it goes through a log from its beginning: whose data was aborted, and whether anything
// is left of a transaction when its marker comes.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { controlKind } from '../protocol/records/control.ts'
import type { AbortedEntry } from './transaction-index.ts'

interface OpenAborted {
  readonly entry: AbortedEntry
  /** Whether a batch of it was seen. */
  hasData: boolean
}

/** Batches must be shown in the order of their offsets. */
export class CleanedTransactions {
  /** Aborted transactions whose first offset was not reached yet, in the order of first offsets. */
  readonly #coming: AbortedEntry[]
  readonly #aborted = new Map<number, OpenAborted>()
  readonly #committed = new Set<number>()
  /** Receives what the new segment's transaction index must keep. */
  onKept: (entry: AbortedEntry) => void = () => {}

  constructor(aborted: Iterable<AbortedEntry>) {
    this.#coming = [...aborted].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  #reach(offset: number): void {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= offset) {
      const entry = this.#coming.shift()!
      this.#aborted.set(entry.producerId, { entry, hasData: false })
    }
  }

  /** Whether nothing needs the batch any more for its transaction's sake: aborted data, or the marker of a transaction without data left. */
  isObsolete(batch: RecordBatch): boolean {
    if (batch.isControl) return this.#isObsoleteMarker(batch)
    this.#reach(batch.lastOffset)
    if (!batch.isTransactional) return false
    const open = this.#aborted.get(batch.producerId)
    if (open) {
      open.hasData = true
      return true
    }
    this.#committed.add(batch.producerId)
    return false
  }

  #isObsoleteMarker(batch: RecordBatch): boolean {
    this.#reach(batch.lastOffset)
    const [record] = batch.records()
    const kind = record ? controlKind(record.key) : 'commit'
    if (kind === 'commit') return !this.#committed.delete(batch.producerId)
    if (kind !== 'abort') return false // the quorum's own records
    const open = this.#aborted.get(batch.producerId)
    this.#aborted.delete(batch.producerId)
    if (!open?.hasData) return true
    this.onKept(open.entry)
    return false
  }
}
