// LZ4 frames as Kafka's Java client writes and accepts them: version 1, independent blocks, no dictionary. The frame is walked here,
// block by block, because the library's own frame reader has no bound for its output.
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge } from './bound.ts'
import { type Lz4Blocks, lz4Blocks } from './lz4-block.ts'
import { atOnce, joinSteps, type Steps } from './steps.ts'
import { XxHash32, xxhash32 } from './xxhash32.ts'

const MAGIC = 0x184d2204
const VERSION = 0x40
const BLOCKS_INDEPENDENT = 0x20
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const CONTENT_CHECKSUM = 0x04
const RESERVED = 0x03
/** In a block's size: the block is stored as it is. */
const STORED = 0x8000_0000
/** Code 4 in the block descriptor, which is what Kafka writes. */
const BLOCK_SIZE = 64 * 1024
const BLOCK_DESCRIPTOR = 4 << 4
const END_MARK = new Uint8Array(4)
/** A byte of a block stands for at most 255 bytes, so that a small block is given a small buffer. */
const LARGEST_RATIO = 256

/** A frame of `bytes`. The library has one level only, so `compression.lz4.level` changes nothing. */
export function lz4(bytes: Uint8Array, blocks: Lz4Blocks = lz4Blocks()): Uint8Array {
  return atOnce(lz4Steps(bytes, blocks))
}

export function* lz4Steps(bytes: Uint8Array, blocks: Lz4Blocks = lz4Blocks()): Steps<Uint8Array> {
  const header = Buffer.allocUnsafe(7)
  header.writeUInt32LE(MAGIC)
  header[4] = VERSION | BLOCKS_INDEPENDENT
  header[5] = BLOCK_DESCRIPTOR
  header[6] = headerChecksum(header, 4, 6)
  const parts: Uint8Array[] = [header]
  let total = header.length + END_MARK.length
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const plain = bytes.subarray(at, at + BLOCK_SIZE)
    const packed = blocks.compress(plain)
    const stored = packed.length >= plain.length
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32LE(stored ? plain.length + STORED : packed.length)
    parts.push(size, stored ? plain : packed)
    total += size.length + (stored ? plain : packed).length
    yield plain.length
  }
  parts.push(END_MARK)
  return yield* joinSteps(parts, total)
}

/** What the frame holds, at most `maxSize` bytes; what follows its end mark is ignored, as Kafka does. Throws MalformedBytes. */
export function unlz4(bytes: Uint8Array, maxSize: number, blocks: Lz4Blocks = lz4Blocks()): Uint8Array {
  return atOnce(unlz4Steps(bytes, maxSize, blocks))
}

export function* unlz4Steps(bytes: Uint8Array, maxSize: number, blocks: Lz4Blocks = lz4Blocks()): Steps<Uint8Array> {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frame = readHeader(from)
  const parts: Uint8Array[] = []
  const checksum = frame.contentChecksum ? new XxHash32() : null
  let total = 0
  let at = frame.size
  for (;;) {
    const named = wordAt(from, at)
    at += 4
    if (named === 0) break
    const size = named & 0x7fff_ffff
    if (size > frame.blockSize || size > from.length - at)
      throw new MalformedBytes(`lz4: a block of ${size} bytes, ${from.length - at} left`)
    const block = from.subarray(at, at + size)
    at += size
    if (frame.blockChecksums) {
      if (wordAt(from, at) !== xxhash32(block)) throw new MalformedBytes('lz4: wrong checksum of a block')
      at += 4
    }
    const plain = named >= STORED ? block : blocks.decompress(block, Math.min(frame.blockSize, size * LARGEST_RATIO))
    total += plain.length
    if (total > maxSize) throw new OutputTooLarge('lz4', maxSize)
    parts.push(plain)
    checksum?.add(plain)
    yield plain.length
  }
  if (checksum && wordAt(from, at) !== checksum.digest()) throw new MalformedBytes('lz4: wrong checksum of the content')
  return yield* joinSteps(parts, total)
}

interface FrameHeader {
  readonly size: number
  readonly blockSize: number
  readonly blockChecksums: boolean
  readonly contentChecksum: boolean
}

function readHeader(from: Buffer): FrameHeader {
  if (from.length < 7 || from.readUInt32LE(0) !== MAGIC) throw new MalformedBytes('lz4: not a frame')
  const flags = from[4]!
  const descriptor = from[5]!
  if ((flags & 0xc0) !== VERSION || flags & RESERVED || descriptor & 0x8f || descriptor >> 4 < 4)
    throw new MalformedBytes(`lz4: unknown frame flags ${flags.toString(16)} ${descriptor.toString(16)}`)
  if (!(flags & BLOCKS_INDEPENDENT))
    throw new MalformedBytes('lz4: blocks that depend on each other, which Kafka does not accept')
  const end = flags & CONTENT_SIZE ? 14 : 6
  if (from.length <= end || headerChecksum(from, 4, end) !== from[end])
    throw new MalformedBytes('lz4: wrong checksum of the frame header')
  return {
    size: end + 1,
    blockSize: 1 << (8 + 2 * (descriptor >> 4)),
    blockChecksums: (flags & BLOCK_CHECKSUMS) !== 0,
    contentChecksum: (flags & CONTENT_CHECKSUM) !== 0,
  }
}

function headerChecksum(bytes: Uint8Array, from: number, end: number): number {
  return (xxhash32(bytes, from, end) >>> 8) & 0xff
}

function wordAt(from: Buffer, at: number): number {
  if (from.length - at < 4) throw new MalformedBytes('lz4: the frame ends too early')
  return from.readUInt32LE(at)
}
