// CRC-32C (Castagnoli), the checksum of record batches and snapshots. A native library does the long inputs where one is installed;
// our own table-driven code does the short ones, where a call into native code would cost more than the sum itself.
import { createRequire } from 'node:module'

type Checksum = (bytes: Uint8Array, state?: number) => number

/** From this many bytes on the native library is quicker than our own loop (measured on x64: the two meet near 400). */
const NATIVE_FROM = 384

const REVERSED_POLYNOMIAL = 0x82f63b78
const STEP = 16

/** Table k holds the checksum of a byte followed by k zero bytes; sixteen of them take sixteen bytes per step. */
const tables = makeTables()

function makeTables(): Int32Array {
  const all = new Int32Array(STEP * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REVERSED_POLYNOMIAL : crc >>> 1
    all[byte] = crc
  }
  for (let at = 256; at < all.length; at++) {
    const before = all[at - 256]!
    all[at] = all[before & 0xff]! ^ (before >>> 8)
  }
  return all
}

const native = loadNative()

function loadNative(): Checksum | null {
  try {
    return (createRequire(import.meta.url)('@node-rs/crc32') as { crc32c: Checksum }).crc32c
  } catch {
    // An optional dependency: it is absent where no prebuilt binary fits, and the portable code serves alone.
    return null
  }
}

/** The CRC-32C of `bytes` from `from` up to `end` (exclusive), as an unsigned 32-bit number; `before` is that of the bytes that come first. */
export function crc32c(bytes: Uint8Array, from = 0, end = bytes.length, before = 0): number {
  if (native !== null && end - from >= NATIVE_FROM) {
    return native(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end), before) >>> 0
  }
  return crc32cPortable(bytes, from, end, before)
}

/** The same in JavaScript alone: slicing by sixteen. */
export function crc32cPortable(bytes: Uint8Array, from = 0, end = bytes.length, before = 0): number {
  const t = tables
  let crc = ~before
  let at = from
  for (const last = end - STEP; at <= last; at += STEP) {
    crc =
      t[0xf00 | (bytes[at]! ^ (crc & 0xff))]! ^
      t[0xe00 | (bytes[at + 1]! ^ ((crc >>> 8) & 0xff))]! ^
      t[0xd00 | (bytes[at + 2]! ^ ((crc >>> 16) & 0xff))]! ^
      t[0xc00 | (bytes[at + 3]! ^ (crc >>> 24))]! ^
      t[0xb00 | bytes[at + 4]!]! ^
      t[0xa00 | bytes[at + 5]!]! ^
      t[0x900 | bytes[at + 6]!]! ^
      t[0x800 | bytes[at + 7]!]! ^
      t[0x700 | bytes[at + 8]!]! ^
      t[0x600 | bytes[at + 9]!]! ^
      t[0x500 | bytes[at + 10]!]! ^
      t[0x400 | bytes[at + 11]!]! ^
      t[0x300 | bytes[at + 12]!]! ^
      t[0x200 | bytes[at + 13]!]! ^
      t[0x100 | bytes[at + 14]!]! ^
      t[bytes[at + 15]!]!
  }
  for (; at < end; at++) crc = t[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
