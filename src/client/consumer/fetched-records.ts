// One partition's share of an answer to Fetch, read record by record: batches are opened when their turn comes, and what is not for this reader is passed
// over: markers, aborted transactions, and what lies before the offset that was asked for.

import { ByteReader, MalformedBytes } from '../../base/bytes.ts'
import { batches, CODEC_MASK, type RecordBatch, type TimestampType } from '../../protocol/records/batch.ts'
import { controlKind } from '../../protocol/records/control.ts'
import { type Record, readRecord } from '../../protocol/records/record.ts'
import { BrokerError } from '../errors/index.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchedOptions {
  /** For messages: `orders-3`. */
  readonly name: string
  readonly bytes: Uint8Array
  /** Records before it are not for this reader. */
  readonly from: number
  /** With read_committed the transactions that were aborted, else null. */
  readonly aborted: readonly AbortedTransaction[] | null
  readonly checksCrcs: boolean
  /** Called once, when the bytes are not needed any more: what was handed out is no view of them. */
  readonly release: () => void
  /** Told how much more memory (or, below 0, less) is taken by a compressed batch that is open. */
  readonly charge: (bytes: number) => void
}

/** What a first walk over the bytes of an answer shows. */
export interface Survey {
  /** Behind the last batch that lies whole in the bytes; null where none does. */
  readonly endOffset: number | null
  /** Of the batches up to there. */
  readonly sizeInBytes: number
  readonly codecs: ReadonlySet<number>
  /** Why the walk ended before the end; null where it did not. */
  readonly damage: MalformedBytes | null
}

export function surveyOf(bytes: Uint8Array): Survey {
  let endOffset: number | null = null
  let sizeInBytes = 0
  const codecs = new Set<number>()
  try {
    for (const batch of batches(bytes)) {
      endOffset = batch.nextOffset
      sizeInBytes = batch.at + batch.sizeInBytes
      codecs.add(batch.attributes & CODEC_MASK)
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    return { endOffset, sizeInBytes, codecs, damage: thrown }
  }
  return { endOffset, sizeInBytes, codecs, damage: null }
}

export class FetchedRecords {
  readonly sizeInBytes: number
  /** Where the reader goes on: behind everything that was read or passed over. */
  nextOffset: number
  /** Of the batch that was read last; -1 before the first. */
  leaderEpoch = -1
  timestampType: TimestampType = 'CreateTime'
  readonly #name: string
  readonly #checksCrcs: boolean
  readonly #batches: Iterator<RecordBatch, void, undefined>
  /** By first offset. */
  readonly #aborted: AbortedTransaction[] | null
  readonly #abortedProducers = new Set<number>()
  #release: (() => void) | null
  readonly #charge: (bytes: number) => void
  /** Of the open batch, where it was compressed. */
  #openBytes = 0
  #batch: RecordBatch | null = null
  #reader: ByteReader | null = null
  #left = 0
  #baseOffset = 0
  #baseTimestamp = 0
  #logAppendTime: number | null = null

  constructor({ name, bytes, from, aborted, checksCrcs, release, charge }: FetchedOptions) {
    this.sizeInBytes = bytes.length
    this.nextOffset = from
    this.#name = name
    this.#checksCrcs = checksCrcs
    this.#batches = batches(bytes)
    this.#aborted = aborted && [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#release = release
    this.#charge = charge
  }

  /** How many records of the open batch are still to be read. */
  get leftInBatch(): number {
    return this.#reader ? this.#left : 0
  }

  /** The next record; null at the end. Throws a ClientError where the bytes contradict themselves; it cannot go on after that. */
  next(): Record | null {
    try {
      for (;;) {
        const reader = this.#reader
        if (reader) {
          while (this.#left > 0) {
            this.#left--
            const record = readRecord(reader, this.#baseOffset, this.#baseTimestamp, this.#logAppendTime)
            if (record.offset < this.nextOffset) continue
            this.nextOffset = record.offset + 1
            return record
          }
          if (reader.left > 0) throw new MalformedBytes(`${reader.left} bytes follow the last record`)
          this.#pass(this.#batch!)
          this.#shut()
        }
        if (!this.#open()) return null
      }
    } catch (thrown) {
      this.close()
      if (!(thrown instanceof MalformedBytes)) throw thrown
      throw this.#corrupt(thrown.message, thrown)
    }
  }

  /** Lets go of the bytes. */
  close(): void {
    this.#shut()
    this.#release?.()
    this.#release = null
  }

  #shut(): void {
    this.#reader = null
    if (this.#openBytes > 0) this.#charge(-this.#openBytes)
    this.#openBytes = 0
  }

  /** Goes to the next batch with records for this reader; false at the end. */
  #open(): boolean {
    while (this.#release) {
      const { done, value: batch } = this.#batches.next()
      if (done) {
        this.close()
        return false
      }
      if (batch.lastOffset < this.nextOffset) continue
      if (this.#checksCrcs && !batch.checksumMatches()) throw this.#corrupt(`the checksum of the batch at ${batch.baseOffset}`)
      if (this.#isForReader(batch)) {
        this.#begin(batch)
        return true
      }
      this.#pass(batch)
    }
    return false
  }

  #begin(batch: RecordBatch): void {
    this.#batch = batch
    // No view of the answer, whose memory is used again; and who keeps a record keeps its batch in memory, and no more. A codec may store what it cannot compress.
    const stored = batch.payload()
    const payload = stored.buffer === batch.bytes.buffer ? Buffer.from(stored) : stored
    this.#reader = new ByteReader(payload)
    if (batch.isCompressed) this.#charge((this.#openBytes = payload.length))
    this.#left = batch.recordCount
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.timestampType = batch.timestampType
    this.#logAppendTime = this.timestampType === 'LogAppendTime' ? batch.maxTimestamp : null
    this.leaderEpoch = batch.partitionLeaderEpoch
  }

  #pass(batch: RecordBatch): void {
    this.nextOffset = Math.max(this.nextOffset, batch.nextOffset)
    this.leaderEpoch = batch.partitionLeaderEpoch
  }

  #isForReader(batch: RecordBatch): boolean {
    if (this.#aborted === null || !batch.hasProducerId) return !batch.isControl
    for (let first = this.#aborted[0]; first && first.firstOffset <= batch.lastOffset; first = this.#aborted[0]) {
      this.#abortedProducers.add(first.producerId)
      this.#aborted.shift()
    }
    if (batch.isControl) {
      // The marker ends the aborted transaction; what its producer writes from there on is another one.
      for (const { key } of batch.records()) if (controlKind(key) === 'abort') this.#abortedProducers.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && this.#abortedProducers.has(batch.producerId))
  }

  #corrupt(what: string, cause?: unknown): BrokerError {
    const message = `${this.#name} at offset ${this.nextOffset}: ${what}: the bytes are damaged`
    return new BrokerError('CORRUPT_MESSAGE', message, { cause })
  }
}
