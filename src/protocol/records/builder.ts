// Makes a record batch of format 2: sizes first, then one buffer of exactly that size, then the checksum.
import { crc32c } from '../../base/crc32c.ts'
import { type Compression, codecNumber, compress } from '../compression/index.ts'
import {
  AT,
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  HEADER_SIZE,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD,
  type TimestampType,
  TRANSACTIONAL_BIT,
} from './batch.ts'
import { sizeOfVarint, writeInt16, writeInt32, writeInt64 } from './fields.ts'
import { type RecordFields, sizeOfRecordBody, writeRecord } from './record.ts'

export interface NewRecord extends RecordFields {
  /** Milliseconds since 1970; -1 where there is none. */
  readonly timestamp: number
  /** Its distance from the base offset where records are missing in between (after compaction); else its place in the list. */
  readonly offsetDelta?: number
}

export interface BatchFields {
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly compression?: Compression
  /** The codec's own level; its default where absent. */
  readonly level?: number | undefined
  readonly timestampType?: TimestampType
  /** What the records' timestamps are stored relative to: the first record's, unless given. */
  readonly baseTimestamp?: number
  /** The largest timestamp inside, unless given; every record's timestamp when the type is LogAppendTime. */
  readonly maxTimestamp?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Stored in place of the base timestamp (KIP-534). */
  readonly deleteHorizonMs?: number | null
  /** At least the last record's delta; larger where compaction removed records from the end. */
  readonly lastOffsetDelta?: number
}

export interface NewBatch extends BatchFields {
  readonly records: readonly NewRecord[]
}

const NO_TIMESTAMP = -1

/** The bytes of a batch that holds `records`. An empty list gives a batch that only keeps a place in the log and its producer's state. */
export function buildBatch(batch: NewBatch): Buffer {
  const { records, compression = 'none' } = batch
  const base = batch.deleteHorizonMs ?? batch.baseTimestamp ?? records[0]?.timestamp ?? batch.maxTimestamp ?? NO_TIMESTAMP
  const sizes = new Array<number>(records.length)
  let payloadSize = 0
  let largest = NO_TIMESTAMP
  let lastDelta = -1
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    lastDelta = record.offsetDelta ?? i
    const size = sizeOfRecordBody(record, record.timestamp - base, lastDelta)
    sizes[i] = size
    payloadSize += sizeOfVarint(size) + size
    if (record.timestamp > largest) largest = record.timestamp
  }
  const start = compression === 'none' ? HEADER_SIZE : 0
  const bytes = Buffer.allocUnsafe(start + payloadSize)
  let at = start
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!
    at = writeRecord(bytes, at, record, record.timestamp - base, record.offsetDelta ?? i, sizes[i]!)
  }
  const whole = compression === 'none' ? bytes : withHeaderRoom(compress(compression, bytes, batch.level))
  writeHeader(whole, batch, { base, largest, lastDelta, count: records.length })
  return whole
}

/** A copy of `payload` with room for a batch header in front of it. */
export function withHeaderRoom(payload: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(HEADER_SIZE + payload.length)
  whole.set(payload, HEADER_SIZE)
  return whole
}

/** What a header says of the records behind it. */
export interface Measured {
  readonly base: number
  readonly largest: number
  readonly lastDelta: number
  readonly count: number
}

/** Writes the header of the one batch that `bytes` hold, its checksum included. */
export function writeHeader(bytes: Uint8Array, batch: BatchFields, measured: Measured): void {
  writeInt64(bytes, AT.baseOffset, batch.baseOffset ?? 0)
  writeInt32(bytes, AT.length, bytes.length - LOG_OVERHEAD)
  writeInt32(bytes, AT.partitionLeaderEpoch, batch.partitionLeaderEpoch ?? -1)
  bytes[AT.magic] = 2
  writeInt16(bytes, AT.attributes, attributesOf(batch))
  writeInt32(bytes, AT.lastOffsetDelta, batch.lastOffsetDelta ?? measured.lastDelta)
  writeInt64(bytes, AT.baseTimestamp, measured.base)
  writeInt64(bytes, AT.maxTimestamp, batch.maxTimestamp ?? measured.largest)
  writeInt64(bytes, AT.producerId, batch.producerId ?? -1)
  writeInt16(bytes, AT.producerEpoch, batch.producerEpoch ?? -1)
  writeInt32(bytes, AT.baseSequence, batch.baseSequence ?? -1)
  writeInt32(bytes, AT.recordCount, measured.count)
  writeChecksum(bytes)
}

function attributesOf(batch: BatchFields): number {
  return (
    codecNumber(batch.compression ?? 'none') |
    (batch.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0) |
    (batch.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (batch.isControl ? CONTROL_BIT : 0) |
    (batch.deleteHorizonMs == null ? 0 : DELETE_HORIZON_BIT)
  )
}

/** Computes the checksum of the one batch that `bytes` hold and puts it in its place. */
export function writeChecksum(bytes: Uint8Array): void {
  writeInt32(bytes, AT.checksum, crc32c(bytes, AT.attributes))
}
