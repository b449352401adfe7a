// What was appended and is not committed yet, and those who wait for it: committed batches come to them in order and once each.

import type { Logger } from '../platform/logger.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import { Listeners } from './listeners.ts'
import type { ReplicaLog } from './replica-log.ts'

const READ_BYTES = 1 << 20

export class CommittedBatches {
  readonly #log: ReplicaLog
  readonly #onCommit: Listeners<number>
  readonly #onBatches: Listeners<readonly RecordBatch[]>
  /** In the order of their offsets, from the first that is not committed. */
  #waiting: RecordBatch[] = []
  /** What lies below it was there at the start, and is not in memory. */
  #readFrom: number
  #offset = -1

  constructor(log: ReplicaLog, logger: Logger) {
    this.#log = log
    this.#onCommit = new Listeners(logger, 'what is committed')
    this.#onBatches = new Listeners(logger, 'the batches')
    this.#readFrom = log.endOffset
  }

  /** Exclusive; what everybody was told. 0 while nothing is known to be committed. */
  get offset(): number {
    return Math.max(0, this.#offset)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#onCommit.add(run)
  }

  onBatches(run: (batches: readonly RecordBatch[]) => void): void {
    this.#onBatches.add(run)
  }

  add(batch: RecordBatch): void {
    this.#waiting.push(batch)
  }

  truncate(offset: number): void {
    this.#waiting = this.#waiting.filter(({ nextOffset }) => nextOffset <= offset)
    this.#readFrom = Math.min(this.#readFrom, offset)
  }

  /** Everything below `offset` is committed. Where the first such word leaves out records that the log had at the start, they are read before it is passed on. */
  moveTo(offset: number): void | Promise<void> {
    if (this.#offset < 0 && offset < this.#readFrom) return this.#readRest(offset).then(() => this.#tell(offset))
    return this.#tell(offset)
  }

  // Those who follow read for themselves up to the first committed offset, and are told from there on.
  async #readRest(from: number): Promise<void> {
    const found: RecordBatch[] = []
    for (let next = from; next < this.#readFrom; ) {
      const before = next
      for (const batch of batches(await this.#log.read(next, READ_BYTES))) {
        if (batch.nextOffset <= next || batch.baseOffset >= this.#readFrom) continue
        found.push(batch)
        next = batch.nextOffset
      }
      if (next === before) throw new Error(`the metadata log ends at ${this.#readFrom} but gives nothing from ${before}`)
    }
    this.#waiting.unshift(...found)
  }

  #tell(offset: number): void {
    this.#offset = offset
    const count = this.#waiting.findIndex(({ nextOffset }) => nextOffset > offset)
    const committed = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count)
    if (committed.length > 0) this.#onBatches.tell(committed)
    this.#onCommit.tell(offset)
  }
}
