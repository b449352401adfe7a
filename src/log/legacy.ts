// Messages of formats 0 and 1, as brokers before 0.11 wrote them: recognised, so that they are never taken for damage and cut off.

import type { RecordBatch } from '../protocol/records/batch.ts'

const CRC_AT = 12
/** Behind the checksum of such a message. */
export const LEGACY_CRC_FROM = 16
const REVERSED_POLYNOMIAL = 0xedb88320

/** Whether the entry is a message of an old format, whole by its own checksum. */
export function isLegacyMessage({ bytes, at, magic, sizeInBytes }: RecordBatch): boolean {
  if (magic !== 0 && magic !== 1) return false
  const message = Buffer.from(bytes.buffer, bytes.byteOffset + at, sizeInBytes)
  return legacyCrc(message.subarray(LEGACY_CRC_FROM)) === message.readUInt32BE(CRC_AT)
}

/** CRC-32 as in zip, bit by bit: it runs once, on the first such message. `before` is that of the bytes that come first. */
export function legacyCrc(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REVERSED_POLYNOMIAL : crc >>> 1
  }
  return ~crc >>> 0
}
