// A record batch of format 2 as a view of the bytes it lies in: fields are read at their fixed places, records only when asked for.
import { ByteReader, MalformedBytes } from '../../base/bytes.ts'
import { crc32c } from '../../base/crc32c.ts'
import { type Compression, compressionOf, decompress } from '../compression/index.ts'
import { readInt8, readInt16, readInt32, readInt64, readUint32, writeInt32, writeInt64 } from './fields.ts'
import { type Record, readRecord } from './record.ts'

/** Where each field stands, counted from the first byte of the batch. */
export const AT = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const

/** The size of a batch before its records. */
export const HEADER_SIZE = 61
/** Base offset and length: what the length field does not count. */
export const LOG_OVERHEAD = 12
/** What the length field of the smallest message of format 0 says; anything below cannot be a batch of any format. */
export const SMALLEST_LENGTH = 14

/** Bits of the attributes field. */
export const CODEC_MASK = 0x07
export const LOG_APPEND_TIME_BIT = 0x08
export const TRANSACTIONAL_BIT = 0x10
export const CONTROL_BIT = 0x20
export const DELETE_HORIZON_BIT = 0x40

export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** How much a compressed payload may grow to when a reader names no bound of its own. */
export const DEFAULT_MAX_DECOMPRESSED = 256 * 1024 * 1024

const LARGEST_SEQUENCE = 0x7fffffff

/** A batch inside `bytes`, starting at `at`. Whoever makes one has seen that the bytes hold the whole batch (`batches` does). */
export class RecordBatch {
  readonly bytes: Uint8Array
  readonly at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  get baseOffset(): number {
    return readInt64(this.bytes, this.at)
  }

  get sizeInBytes(): number {
    return readInt32(this.bytes, this.at + AT.length) + LOG_OVERHEAD
  }

  get partitionLeaderEpoch(): number {
    return readInt32(this.bytes, this.at + AT.partitionLeaderEpoch)
  }

  /** The format: 2, or 0 and 1 in segments of very old brokers, of which only offset, size and magic can be read here. */
  get magic(): number {
    return readInt8(this.bytes, this.at + AT.magic)
  }

  /** Whether this is a message of the formats before Kafka 0.11, whose header is another one and whose records are not read here. */
  get isLegacy(): boolean {
    return this.magic < 2
  }

  get checksum(): number {
    return readUint32(this.bytes, this.at + AT.checksum)
  }

  get attributes(): number {
    return readInt16(this.bytes, this.at + AT.attributes)
  }

  get lastOffsetDelta(): number {
    return readInt32(this.bytes, this.at + AT.lastOffsetDelta)
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  /** The offset that follows the batch. */
  get nextOffset(): number {
    return this.lastOffset + 1
  }

  /** The time that the records' deltas start from; with a delete horizon (KIP-534) it is that horizon. */
  get baseTimestamp(): number {
    return readInt64(this.bytes, this.at + AT.baseTimestamp)
  }

  get maxTimestamp(): number {
    return readInt64(this.bytes, this.at + AT.maxTimestamp)
  }

  get producerId(): number {
    return readInt64(this.bytes, this.at + AT.producerId)
  }

  get producerEpoch(): number {
    return readInt16(this.bytes, this.at + AT.producerEpoch)
  }

  /** -1 without an idempotent producer. */
  get baseSequence(): number {
    return readInt32(this.bytes, this.at + AT.baseSequence)
  }

  /** The sequence of the last record; sequences go on with 0 after 2147483647. */
  get lastSequence(): number {
    const base = this.baseSequence
    if (base < 0) return base
    const last = base + this.lastOffsetDelta
    return last > LARGEST_SEQUENCE ? last - LARGEST_SEQUENCE - 1 : last
  }

  get recordCount(): number {
    return readInt32(this.bytes, this.at + AT.recordCount)
  }

  /** Throws MalformedBytes for a codec number that Kafka does not know. */
  get compression(): Compression {
    return compressionOf(this.attributes & CODEC_MASK)
  }

  get isCompressed(): boolean {
    return (this.attributes & CODEC_MASK) !== 0
  }

  get timestampType(): TimestampType {
    return this.attributes & LOG_APPEND_TIME_BIT ? 'LogAppendTime' : 'CreateTime'
  }

  get isTransactional(): boolean {
    return (this.attributes & TRANSACTIONAL_BIT) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & CONTROL_BIT) !== 0
  }

  get hasProducerId(): boolean {
    return this.producerId >= 0
  }

  /** From when on compaction may drop the tombstones and markers inside (KIP-534); null where no cleaner set it. */
  get deleteHorizonMs(): number | null {
    return this.attributes & DELETE_HORIZON_BIT ? this.baseTimestamp : null
  }

  /** The batch's own bytes, as a view. */
  slice(): Uint8Array {
    return this.bytes.subarray(this.at, this.at + this.sizeInBytes)
  }

  /** The broker's only edit: both fields lie before the checksum, so it stays valid. */
  assign(baseOffset: number, leaderEpoch: number): void {
    writeInt64(this.bytes, this.at + AT.baseOffset, baseOffset)
    writeInt32(this.bytes, this.at + AT.partitionLeaderEpoch, leaderEpoch)
  }

  /** Whether the bytes from the attributes on have the checksum that the batch names. */
  checksumMatches(): boolean {
    return crc32c(this.bytes, this.at + AT.attributes, this.at + this.sizeInBytes) === this.checksum
  }

  /** What follows the header, uncompressed: a view, or fresh bytes of at most `maxSize`. Throws MalformedBytes. */
  payload(maxSize = DEFAULT_MAX_DECOMPRESSED): Uint8Array {
    if (this.isLegacy) throw new MalformedBytes(`message format ${this.magic}, from before Kafka 0.11; only format 2 is read`)
    const stored = this.bytes.subarray(this.at + HEADER_SIZE, this.at + this.sizeInBytes)
    const codec = this.compression
    return codec === 'none' ? stored : decompress(codec, stored, maxSize)
  }

  /**
   * The records, one after the other; a compressed payload is opened with the first one and may grow to `maxSize` bytes. The produce and
   * fetch paths never call this. Throws MalformedBytes where the bytes contradict themselves.
   */
  *records(maxSize = DEFAULT_MAX_DECOMPRESSED): Generator<Record, void, undefined> {
    const reader = new ByteReader(this.payload(maxSize))
    const { baseOffset, baseTimestamp, recordCount } = this
    const logAppendTime = this.timestampType === 'LogAppendTime' ? this.maxTimestamp : null
    for (let i = 0; i < recordCount; i++) yield readRecord(reader, baseOffset, baseTimestamp, logAppendTime)
    if (reader.left > 0) throw new MalformedBytes(`${reader.left} bytes follow the last of ${recordCount} records`)
  }
}

/**
 * The batches that lie whole in `bytes` from place `from` on; stops without a word at half a batch. Throws MalformedBytes where a length
 * is too small for any batch. Formats 0 and 1 come out too: look at `magic` before other fields where they may occur.
 */
export function* batches(bytes: Uint8Array, from = 0): Generator<RecordBatch, void, undefined> {
  let at = from
  while (bytes.length - at >= LOG_OVERHEAD + SMALLEST_LENGTH) {
    const length = readInt32(bytes, at + AT.length)
    if (length < SMALLEST_LENGTH) throw new MalformedBytes(`a batch of length ${length} at byte ${at}`)
    const end = at + LOG_OVERHEAD + length
    if (end > bytes.length) return
    if (readInt8(bytes, at + AT.magic) >= 2 && length < HEADER_SIZE - LOG_OVERHEAD)
      throw new MalformedBytes(`a batch of length ${length} at byte ${at}: shorter than its header`)
    yield new RecordBatch(bytes, at)
    at = end
  }
}
