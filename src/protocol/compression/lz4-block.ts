// LZ4 blocks: literals and back references, without any frame around them. A native library does it where one is installed.
import { MalformedBytes } from '../../base/bytes.ts'
import { optionalLibrary } from './bound.ts'

export interface Lz4Blocks {
  compress(bytes: Uint8Array): Uint8Array
  /** Throws MalformedBytes, also where the block holds more than `maxSize` bytes. */
  decompress(block: Uint8Array, maxSize: number): Uint8Array
}

/** The library keeps the size in four bytes, little-endian, before each block; a frame has no use for them. */
const SIZE_PREFIX = 4
/** Blocks up to this size are given to the library in one buffer that is used again: memory outside of the heap that is left behind makes V8 collect. */
const REUSED = 64 * 1024

function nativeBlocks(): Lz4Blocks | null {
  const native = optionalLibrary<{ compressSync(bytes: Uint8Array): Buffer; uncompressSync(bytes: Uint8Array): Buffer }>(
    'lz4-napi',
  )
  const reused = Buffer.allocUnsafeSlow(SIZE_PREFIX + REUSED)
  return (
    native && {
      compress: (bytes) => native.compressSync(bytes).subarray(SIZE_PREFIX),
      decompress(block, maxSize) {
        const prefixed =
          block.length <= REUSED ? reused.subarray(0, SIZE_PREFIX + block.length) : Buffer.allocUnsafe(SIZE_PREFIX + block.length)
        prefixed.writeUInt32LE(maxSize)
        prefixed.set(block, SIZE_PREFIX)
        try {
          return native.uncompressSync(prefixed)
        } catch (cause) {
          throw new MalformedBytes(`lz4: ${(cause as Error).message}`, { cause })
        }
      },
    }
  )
}

const MIN_MATCH = 4
/** The format ends every block with at least this many literals... */
const LAST_LITERALS = 5
/** ...and starts no match in its last twelve bytes. */
const NO_MATCH_IN_LAST = 12
const HASH_BITS = 13
const FARTHEST = 0xffff

/** The same in JavaScript, for machines without a prebuilt library: greedy, one candidate per hash. */
export const portableBlocks: Lz4Blocks = {
  compress(bytes) {
    const to = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 16)
    const table = new Int32Array(1 << HASH_BITS).fill(-1)
    const matchLimit = bytes.length - LAST_LITERALS
    let out = 0
    let literalsFrom = 0
    let at = 0
    while (at < bytes.length - NO_MATCH_IN_LAST) {
      const word = wordAt(bytes, at)
      const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
      const candidate = table[slot]!
      table[slot] = at
      if (candidate < 0 || at - candidate > FARTHEST || wordAt(bytes, candidate) !== word) {
        at++
        continue
      }
      let length = MIN_MATCH
      while (at + length < matchLimit && bytes[at + length] === bytes[candidate + length]) length++
      out = writeSequence(to, out, bytes, literalsFrom, at, at - candidate, length)
      at += length
      literalsFrom = at
    }
    return to.subarray(0, writeSequence(to, out, bytes, literalsFrom, bytes.length, 0, 0))
  },

  decompress(block, maxSize) {
    let to: Uint8Array = new Uint8Array(Math.min(maxSize, Math.max(block.length * 4, 1024)))
    let out = 0
    let at = 0
    while (at < block.length) {
      const token = block[at++]!
      let literals = token >> 4
      if (literals === 15) [literals, at] = readLength(block, at, literals)
      if (at + literals > block.length) throw new MalformedBytes('lz4: literals beyond the block')
      to = roomFor(to, out + literals, maxSize)
      to.set(block.subarray(at, at + literals), out)
      at += literals
      out += literals
      if (at === block.length) break
      if (at + 2 > block.length) throw new MalformedBytes('lz4: half an offset')
      const distance = block[at]! | (block[at + 1]! << 8)
      at += 2
      let length = token & 15
      if (length === 15) [length, at] = readLength(block, at, length)
      length += MIN_MATCH
      if (distance === 0 || distance > out) throw new MalformedBytes(`lz4: ${distance} bytes back where ${out} are`)
      to = roomFor(to, out + length, maxSize)
      repeat(to, out, distance, length)
      out += length
    }
    return to.subarray(0, out)
  },
}

function writeSequence(
  to: Uint8Array,
  at: number,
  from: Uint8Array,
  start: number,
  end: number,
  distance: number,
  length: number,
): number {
  const literals = end - start
  const matched = distance === 0 ? 0 : length - MIN_MATCH
  let out = at
  to[out++] = (Math.min(literals, 15) << 4) | Math.min(matched, 15)
  if (literals >= 15) out = writeLength(to, out, literals - 15)
  to.set(from.subarray(start, end), out)
  out += literals
  if (distance === 0) return out
  to[out++] = distance & 0xff
  to[out++] = distance >> 8
  return matched >= 15 ? writeLength(to, out, matched - 15) : out
}

function writeLength(to: Uint8Array, at: number, length: number): number {
  let out = at
  let rest = length
  for (; rest >= 255; rest -= 255) to[out++] = 255
  to[out++] = rest
  return out
}

function readLength(block: Uint8Array, from: number, start: number): [length: number, next: number] {
  let length = start
  let at = from
  for (;;) {
    const byte = block[at++]
    if (byte === undefined) throw new MalformedBytes('lz4: a length beyond the block')
    length += byte
    if (byte < 255) return [length, at]
  }
}

function roomFor(to: Uint8Array, size: number, maxSize: number): Uint8Array {
  if (size <= to.length) return to
  if (size > maxSize) throw new MalformedBytes(`lz4: a block holds more than ${maxSize} bytes`)
  const larger = new Uint8Array(Math.min(maxSize, Math.max(size, to.length * 2)))
  larger.set(to)
  return larger
}

function repeat(to: Uint8Array, at: number, distance: number, length: number): void {
  if (distance >= length) to.copyWithin(at, at - distance, at - distance + length)
  // An overlapping reference repeats what it is just writing.
  else for (let i = at; i < at + length; i++) to[i] = to[i - distance]!
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

let chosen: Lz4Blocks | null = null

/** What this machine uses; the native library is loaded with the first batch, not with every start. */
export function lz4Blocks(): Lz4Blocks {
  chosen ??= nativeBlocks() ?? portableBlocks
  return chosen
}
