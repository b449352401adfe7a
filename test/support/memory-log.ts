// A replicated log of one process's memory, for tests of machines: nothing is lost, and the test says when it commits.

import type { Appended, ReplicatedLog } from '../../src/machine/machine.ts'
import type { KafkaError } from '../../src/protocol/errors.ts'
import { RecordBatch } from '../../src/protocol/records/batch.ts'

export class MemoryLog implements ReplicatedLog {
  readonly #batches: { readonly baseOffset: number; readonly nextOffset: number; readonly bytes: Uint8Array }[] = []
  readonly #listeners: ((committedOffset: number) => void)[] = []
  readonly #onRetired: ((why: KafkaError) => void)[] = []
  #retired: KafkaError | null = null
  readonly startOffset = 0
  leaderEpoch = 0
  endOffset = 0
  committedOffset = 0
  /** Commit with every append (in a later microtask), or only when the test calls `commit`. */
  commits: 'atOnce' | 'whenTold'
  /** Thrown by the next appends, as a full or offline log would. */
  refusal: Error | null = null

  constructor(commits: 'atOnce' | 'whenTold' = 'atOnce') {
    this.commits = commits
  }

  append(bytes: Uint8Array): Appended {
    if (this.refusal) throw this.refusal
    const batch = new RecordBatch(bytes)
    batch.assign(this.endOffset, this.leaderEpoch)
    const appended = { baseOffset: this.endOffset, lastOffset: batch.lastOffset, appendTime: -1 }
    this.#batches.push({ baseOffset: this.endOffset, nextOffset: batch.nextOffset, bytes })
    this.endOffset = batch.nextOffset
    if (this.commits === 'atOnce') queueMicrotask(() => this.commit())
    return appended
  }

  /** Everything below `offset` (default: all there is) is committed. */
  commit(offset: number = this.endOffset): void {
    if (offset <= this.committedOffset) return
    this.committedOffset = offset
    for (const run of this.#listeners) run(offset)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#listeners.push(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    if (this.#retired) run(this.#retired)
    else this.#onRetired.push(run)
  }

  /** As when the disk below fails: nothing is taken, and nothing is committed any more. */
  retire(why: KafkaError): void {
    this.refusal = this.#retired = why
    this.commits = 'whenTold'
    for (const run of this.#onRetired) run(why)
  }

  async read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    const found: Uint8Array[] = []
    let size = 0
    for (const { nextOffset, bytes } of this.#batches) {
      if (nextOffset <= from) continue
      if (found.length > 0 && size + bytes.length > maxBytes) break
      found.push(bytes)
      size += bytes.length
    }
    return found
  }
}
