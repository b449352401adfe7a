// Which leader epochs wrote this log, and where each of them began (KIP-101): by it two replicas find out where their histories part.

import { checkpointText, DamagedFile, parseCheckpoint } from './text-files.ts'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

export const NO_EPOCH = -1
const LINE = /^(\d+) (\d+)$/

/** Invariant: epochs and start offsets both grow from entry to entry. */
export class LeaderEpochs {
  #entries: EpochStart[]
  /** What the checkpoint says; a missing one says nothing. */
  savedText = checkpointText([])
  /** There was nothing to read: missing, empty or damaged. If the log has records, only its batches know. */
  isWithoutFile = false

  static withoutFile(): LeaderEpochs {
    const epochs = new LeaderEpochs()
    epochs.isWithoutFile = true
    return epochs
  }

  constructor(entries: readonly EpochStart[] = []) {
    this.#entries = [...entries]
  }

  /** Throws DamagedFile. */
  static parse(path: string, text: string): LeaderEpochs {
    const epochs = new LeaderEpochs()
    for (const line of parseCheckpoint(path, text)) {
      const match = LINE.exec(line)
      if (!match) throw new DamagedFile(`${path} has the line "${line}"`)
      const [epoch, startOffset] = [Number(match[1]), Number(match[2])]
      const last = epochs.#entries.at(-1)
      if (last && (epoch <= last.epoch || startOffset <= last.startOffset))
        throw new DamagedFile(`${path} has "${line}" out of order`)
      epochs.assign(epoch, startOffset)
    }
    epochs.savedText = text
    epochs.isWithoutFile = text === '' // as Kafka leaves one that it never wrote to
    return epochs
  }

  /** The checkpoint's text. An epoch that has no record yet (it begins at `endOffset`) will be assigned again by whoever leads next. */
  toText(endOffset: number): string {
    const kept = this.#entries.filter(({ startOffset }) => startOffset < endOffset)
    return checkpointText(kept.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
  }

  get entries(): readonly EpochStart[] {
    return this.#entries
  }

  /** -1 where none is known. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? NO_EPOCH
  }

  /** The epoch of the record before `offset`, or of the last one before that; -1 where none is known. */
  lastBefore(offset: number): number {
    return this.#entries.findLast(({ startOffset }) => startOffset < offset)?.epoch ?? NO_EPOCH
  }

  /** `epoch` begins at `startOffset`, unless it or a later one began before. Epochs that began there or behind have no records: they go. */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0 || epoch <= this.latest) return
    while ((this.#entries.at(-1)?.startOffset ?? -1) >= startOffset) this.#entries.pop()
    this.#entries.push({ epoch, startOffset })
  }

  /** The largest epoch up to `epoch` and where it ended: -1 and -1 where nothing is known of it. `endOffset` is the log's. */
  endOffsetFor(epoch: number, endOffset: number): { epoch: number; endOffset: number } {
    const latest = this.latest
    if (epoch < 0 || latest === NO_EPOCH || epoch > latest) return { epoch: NO_EPOCH, endOffset: -1 }
    if (epoch === latest) return { epoch, endOffset }
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch)
    const { startOffset } = this.#entries[next]!
    // Asked for one older than all that is known: it ended, at the latest, where the first known one begins.
    return { epoch: this.#entries[next - 1]?.epoch ?? epoch, endOffset: startOffset }
  }

  /** The epoch that wrote the record at `offset`; null where that is not known. */
  epochAt(offset: number): number | null {
    return this.#entries.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? null
  }

  /** Forgets epochs that begin at or behind `offset`. */
  truncateFromEnd(offset: number): void {
    if ((this.#entries.at(-1)?.startOffset ?? -1) < offset) return
    this.#entries = this.#entries.filter(({ startOffset }) => startOffset < offset)
  }

  /** Forgets epochs that ended before `offset`; the one that holds it begins there now. */
  truncateFromStart(offset: number): void {
    const first = this.#entries[0]
    if (!first || first.startOffset >= offset) return
    const holder = this.#entries.findLast(({ startOffset }) => startOffset <= offset)!
    this.#entries = [
      { epoch: holder.epoch, startOffset: offset },
      ...this.#entries.filter(({ startOffset }) => startOffset > offset),
    ]
  }

  clear(): void {
    this.#entries = []
  }
}
