// What a partition remembers of one producer.

import { clampInt64 } from '../base/bytes.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { readInt64 } from '../protocol/records/fields.ts'

/** How many batches a producer may have in flight and still have its repetitions recognised. */
const REMEMBERED = 5
const LARGEST_SEQUENCE = 0x7fff_ffff
export const NO_SEQUENCE = -1
export const NO_PRODUCER_EPOCH = -1

export interface RememberedBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** First and last offset are this far apart, and so are first and last sequence. */
  readonly offsetDelta: number
  /** The largest in the batch. */
  readonly timestamp: number
}

export class ProducerEntry {
  readonly producerId: number
  producerEpoch: number
  /** The last five at most, oldest first. */
  batches: RememberedBatch[] = []
  lastTimestamp: number
  /** Of the coordinator that wrote the last marker; -1 where there was none. */
  coordinatorEpoch = -1
  /** Where the open transaction begins; null where none is open. */
  transactionStart: number | null = null

  constructor(producerId: number, producerEpoch: number, lastTimestamp: number) {
    this.producerId = producerId
    this.producerEpoch = producerEpoch
    this.lastTimestamp = lastTimestamp
  }

  get last(): RememberedBatch | undefined {
    return this.batches.at(-1)
  }

  get lastSequence(): number {
    return this.last?.lastSequence ?? NO_SEQUENCE
  }

  /** The remembered batch that this one repeats exactly. */
  sameAs(batch: RecordBatch): RememberedBatch | undefined {
    if (batch.producerEpoch !== this.producerEpoch || this.batches.length === 0) return undefined
    const { baseSequence, lastSequence } = batch
    return this.batches.find((known) => known.lastSequence === lastSequence && firstSequence(known) === baseSequence)
  }

  /** Whether `baseSequence` comes right behind the last batch; sequences go on with 0 after 2147483647. */
  isNext(baseSequence: number): boolean {
    const { lastSequence } = this
    return baseSequence === lastSequence + 1 || (baseSequence === 0 && lastSequence === LARGEST_SEQUENCE)
  }

  /** A newer instance of the producer: nothing of the old one's sequences counts any more. */
  raiseEpoch(epoch: number): void {
    if (epoch === this.producerEpoch) return
    this.producerEpoch = epoch
    this.batches = []
  }

  add(batch: RecordBatch): void {
    const { lastSequence, lastOffset, lastOffsetDelta, maxTimestamp } = batch
    if (this.batches.length === REMEMBERED) this.batches.shift()
    this.batches.push({ lastSequence, lastOffset, offsetDelta: lastOffsetDelta, timestamp: maxTimestamp })
    this.lastTimestamp = maxTimestamp
  }
}

export function firstSequence({ lastSequence, offsetDelta }: RememberedBatch): number {
  const first = lastSequence - offsetDelta
  return first < 0 && lastSequence >= 0 ? first + LARGEST_SEQUENCE + 1 : first
}

const SNAPSHOT_VERSION = 1
const HEADER = 10
const ENTRY = 46
const CRC_AT = 2
const CRC_FROM = 6

export const snapshotLayout = {
  version: SNAPSHOT_VERSION,
  header: HEADER,
  entry: ENTRY,
  crcAt: CRC_AT,
  crcFrom: CRC_FROM,
} as const

export function writeEntry(to: Buffer, at: number, entry: ProducerEntry): void {
  const { last } = entry
  to.writeBigInt64BE(clampInt64(entry.producerId), at)
  to.writeInt16BE(entry.producerEpoch, at + 8)
  to.writeInt32BE(last?.lastSequence ?? NO_SEQUENCE, at + 10)
  to.writeBigInt64BE(BigInt(last?.lastOffset ?? -1), at + 14)
  to.writeInt32BE(last?.offsetDelta ?? 0, at + 22)
  to.writeBigInt64BE(clampInt64(entry.lastTimestamp), at + 26)
  to.writeInt32BE(entry.coordinatorEpoch, at + 34)
  to.writeBigInt64BE(BigInt(entry.transactionStart ?? -1), at + 38)
}

export function readEntry(from: Buffer, at: number): ProducerEntry {
  const timestamp = readInt64(from, at + 26)
  const entry = new ProducerEntry(readInt64(from, at), from.readInt16BE(at + 8), timestamp)
  const lastOffset = readInt64(from, at + 14)
  if (lastOffset >= 0) {
    entry.batches.push({ lastSequence: from.readInt32BE(at + 10), lastOffset, offsetDelta: from.readInt32BE(at + 22), timestamp })
  }
  entry.coordinatorEpoch = from.readInt32BE(at + 34)
  const transactionStart = readInt64(from, at + 38)
  entry.transactionStart = transactionStart >= 0 ? transactionStart : null
  return entry
}
