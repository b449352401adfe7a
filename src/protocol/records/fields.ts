// Big-endian numbers at fixed places of a byte array. Unlike a DataView these need no object of their own, so that a view of a batch
// costs one allocation and nothing per field.

import { clampInt64 } from '../../base/bytes.ts'

const HIGH = 0x1_0000_0000

export function readInt8(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) >> 24
}

export function readInt16(bytes: Uint8Array, at: number): number {
  return (((bytes[at]! << 8) | bytes[at + 1]!) << 16) >> 16
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0
}

/** A signed 64-bit number: exact up to 2^53, rounded above it. */
export function readInt64(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) * HIGH + readUint32(bytes, at + 4)
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

/** Writes a whole number as a signed 64-bit one; beyond the largest and the smallest of those, these. */
export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  if (!Number.isSafeInteger(value)) return writeBigInt64(bytes, at, clampInt64(value))
  const high = Math.floor(value / HIGH)
  writeInt32(bytes, at, high)
  writeInt32(bytes, at + 4, value - high * HIGH)
}

function writeBigInt64(bytes: Uint8Array, at: number, value: bigint): void {
  writeInt32(bytes, at, Number(value >> 32n))
  writeInt32(bytes, at + 4, Number(BigInt.asIntN(32, value)))
}

/** How many bytes the zig-zag varint of a signed 32-bit number takes. */
export function sizeOfVarint(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0
  return rest < 0x80 ? 1 : rest < 0x4000 ? 2 : rest < 0x20_0000 ? 3 : rest < 0x1000_0000 ? 4 : 5
}

/** How many bytes the zig-zag varlong of a safe integer takes. */
export function sizeOfVarlong(value: number): number {
  let rest = value >= 0 ? value * 2 : -2 * value - 1
  let size = 1
  for (; rest >= 0x80; size++) rest = Math.floor(rest / 0x80)
  return size
}

/** Writes a zig-zag varint and returns where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let to = at
  for (; rest >= 0x80; rest >>>= 7) bytes[to++] = (rest & 0x7f) | 0x80
  bytes[to++] = rest
  return to
}

/** Writes a zig-zag varlong of a safe integer and returns where the next byte goes. */
export function writeVarlong(bytes: Uint8Array, at: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(bytes, at, value)
  // Doubling may leave the safe range by one bit; BigInt is exact, and deltas this large are rare.
  const wide = clampInt64(value)
  let rest = wide >= 0n ? wide * 2n : wide * -2n - 1n
  let to = at
  for (; rest >= 0x80n; rest >>= 7n) bytes[to++] = Number(rest & 0x7fn) | 0x80
  bytes[to++] = Number(rest)
  return to
}
