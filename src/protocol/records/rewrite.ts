// The few changes a broker makes to a batch it takes in: its timestamps, and its codec where the topic wants another one.
import { ByteReader } from '../../base/bytes.ts'
import { type Compression, codecNumber } from '../compression/index.ts'
import {
  AT,
  CODEC_MASK,
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  HEADER_SIZE,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD,
  RecordBatch,
  type TimestampType,
  TRANSACTIONAL_BIT,
} from './batch.ts'
import { buildBatch, withHeaderRoom, writeChecksum } from './builder.ts'
import { writeInt16, writeInt32, writeInt64 } from './fields.ts'
import { type Record, readRecord } from './record.ts'

const KEPT_BITS = TRANSACTIONAL_BIT | CONTROL_BIT | DELETE_HORIZON_BIT

/**
 * Makes the header say this kind and this largest timestamp, in place. The checksum is only computed where something changed; bits that
 * mean nothing are cleared then.
 */
export function stamp(batch: RecordBatch, type: TimestampType, maxTimestamp: number): void {
  if (batch.timestampType === type && batch.maxTimestamp === maxTimestamp) return
  writeStamp(batch.bytes, batch.at, (batch.attributes & (CODEC_MASK | KEPT_BITS)) | bitOf(type), maxTimestamp)
  writeChecksum(batch.slice())
}

/** The same records in another codec, in which `packed` is what the batch holds. */
export function repacked(
  batch: RecordBatch,
  packed: Uint8Array,
  codec: Compression,
  type: TimestampType,
  maxTimestamp: number,
): RecordBatch {
  const whole = withHeaderRoom(packed)
  whole.set(batch.bytes.subarray(batch.at, batch.at + HEADER_SIZE))
  writeInt32(whole, AT.length, whole.length - LOG_OVERHEAD)
  writeStamp(whole, 0, (batch.attributes & KEPT_BITS) | codecNumber(codec) | bitOf(type), maxTimestamp)
  writeChecksum(whole)
  return new RecordBatch(whole)
}

/** The payload again with offset deltas 0, 1, 2 and so on, for the rare client that counts otherwise. */
export function renumbered(batch: RecordBatch, payload: Uint8Array): Uint8Array {
  const reader = new ByteReader(payload)
  const records: Record[] = []
  for (let i = 0; i < batch.recordCount; i++) records.push(readRecord(reader, 0, batch.baseTimestamp, null))
  return buildBatch({ records, baseTimestamp: batch.baseTimestamp }).subarray(HEADER_SIZE)
}

function writeStamp(bytes: Uint8Array, at: number, attributes: number, maxTimestamp: number): void {
  writeInt16(bytes, at + AT.attributes, attributes)
  writeInt64(bytes, at + AT.maxTimestamp, maxTimestamp)
}

function bitOf(type: TimestampType): number {
  return type === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0
}
