/** Record batches (magic 2, uncompressed) made by hand, for requests that are built once and sent a million times. */
import { gzipSync } from 'node:zlib'

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** CRC-32C (Castagnoli), one byte at a time: slow and obvious. */
export function crc32c(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function varint(value) {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes = []
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function record(value, index) {
  const body = Buffer.concat([Buffer.from([0]), varint(0), varint(index), varint(-1), varint(value.length), value, varint(0)])
  return Buffer.concat([varint(body.length), body])
}

/** One batch of these values, without keys, at offset 0, stamped now; of an idempotent producer where its id and the first sequence are given. */
export function recordBatch(values, timestamp = Date.now(), { producerId = -1, sequence = -1 } = {}) {
  const records = Buffer.concat(values.map(record))
  const batch = Buffer.alloc(61 + records.length)
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(-1, 12)
  batch.writeInt8(2, 16)
  batch.writeInt32BE(values.length - 1, 23)
  batch.writeBigInt64BE(BigInt(timestamp), 27)
  batch.writeBigInt64BE(BigInt(timestamp), 35)
  batch.writeBigInt64BE(BigInt(producerId), 43)
  batch.writeInt16BE(producerId < 0 ? -1 : 0, 51)
  batch.writeInt32BE(sequence, 53)
  batch.writeInt32BE(values.length, 57)
  records.copy(batch, 61)
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17)
  return batch
}

/** The batch as an idempotent producer of epoch 0 sends it, perhaps compressed. */
export function sequenced(batch, producerId, sequence, isCompressed = false) {
  const records = isCompressed ? gzipSync(batch.subarray(61)) : batch.subarray(61)
  const made = Buffer.concat([batch.subarray(0, 61), records])
  made.writeInt32BE(made.length - 12, 8)
  made.writeInt16BE(isCompressed ? 1 : 0, 21)
  made.writeBigInt64BE(BigInt(producerId), 43)
  made.writeInt16BE(0, 51)
  made.writeInt32BE(sequence, 53)
  made.writeUInt32BE(crc32c(made.subarray(21)), 17)
  return made
}

/** A batch of `count` values of `size` random lower-case letters, the same in every run. */
export function letterBatch(count, size) {
  let seed = 42
  const letter = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return 97 + ((seed >>> 8) % 26)
  }
  return recordBatch(Array.from({ length: count }, () => Buffer.from(Array.from({ length: size }, letter))))
}

/** The batches that lie whole in these fetched bytes: where they begin and end, and their offsets. */
export function* wholeBatches(bytes) {
  for (let at = 0; at + 61 <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) return
    const baseOffset = Number(bytes.readBigInt64BE(at))
    yield {
      at,
      end,
      baseOffset,
      nextOffset: baseOffset + bytes.readInt32BE(at + 23) + 1,
      recordCount: bytes.readInt32BE(at + 57),
    }
    at = end
  }
}
