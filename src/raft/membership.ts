// Who votes, as the log itself says it: the newest word counts, committed or not, and a log that is cut goes back to the word before (KIP-853).

import type { RecordBatch } from '../protocol/records/batch.ts'
import { readControl } from '../protocol/records/control.ts'
import { type Voter, voterOf } from './voters.ts'

interface Word {
  /** Of the batch that said it; -1 for what stands in a snapshot or in the configuration. */
  readonly offset: number
  readonly kraftVersion: number
  readonly voters: readonly Voter[]
  /** Whether the voters stand in the log, or in a snapshot of it, and not only in the configuration or in what formatting wrote. */
  readonly votersInLog: boolean
}

export class Membership {
  /** Oldest first; never empty. */
  #words: Word[]

  constructor(kraftVersion = 0, voters: readonly Voter[] = [], votersInLog = false) {
    this.#words = [{ offset: -1, kraftVersion, voters, votersInLog }]
  }

  get #last(): Word {
    return this.#words.at(-1)!
  }

  get kraftVersion(): number {
    return this.#last.kraftVersion
  }

  get voters(): readonly Voter[] {
    return this.#last.voters
  }

  get votersInLog(): boolean {
    return this.#last.votersInLog
  }

  /** Of the batch that said it; -1 for what stands in a snapshot or in the configuration. */
  get offset(): number {
    return this.#last.offset
  }

  /** What a log that ends at `endOffset` says. */
  at(endOffset: number): { readonly kraftVersion: number; readonly voters: readonly Voter[] } {
    return this.#words.findLast(({ offset }) => offset < endOffset) ?? this.#words[0]!
  }

  /** A batch of the log. Most of them say nothing of this. */
  note(batch: RecordBatch): void {
    if (!batch.isControl) return
    const word = wordOf(batch, this.#last)
    if (!word) return
    const votersInLog = this.votersInLog || word.voters !== this.voters
    this.#words.push({ ...word, offset: batch.baseOffset, votersInLog })
  }

  /** A batch of a snapshot that stands for all of the log up to its end. */
  noteSnapshot(batch: RecordBatch, holdsRecords: boolean): void {
    const word = batch.isControl ? wordOf(batch, this.#last) : null
    if (!word) return
    const votersInLog = holdsRecords && (this.votersInLog || word.voters !== this.voters)
    this.#words = [{ ...word, offset: -1, votersInLog }]
  }

  /** Where the log does not say who votes, this does; also below the first word of it that does, since that may be cut off again. */
  assume(voters: readonly Voter[]): void {
    this.#words = this.#words.map((word) => (word.voters.length === 0 ? { ...word, voters } : word))
  }

  /** A snapshot stands for everything below `endOffset`: nothing of it is taken back any more, and the newest word there is the oldest one needed. */
  settle(endOffset: number): void {
    const at = this.#words.findLastIndex(({ offset }) => offset < endOffset)
    this.#words = this.#words.slice(at).map((word, i) => (i === 0 ? { ...word, offset: -1 } : word))
  }

  truncate(offset: number): void {
    this.#words = this.#words.filter((word) => word.offset < offset)
  }
}

function wordOf(batch: RecordBatch, before: Word): Word | null {
  let word: Word | null = null
  for (const record of batch.records()) {
    const control = readControl(record)
    if (control?.kind === 'kraftVersion') word = { ...(word ?? before), kraftVersion: control.kRaftVersion }
    if (control?.kind === 'kraftVoters') word = { ...(word ?? before), voters: control.voters.map(voterOf) }
  }
  return word
}
