// Snappy, as one raw block or in the framing of the Java library (xerial): a header, then blocks with their sizes. Kafka's own client
// writes the framing, many others a raw block; both are read.
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge } from './bound.ts'
import { namedSize, type SnappyBlocks, snappyBlocks } from './snappy-block.ts'
import { atOnce, type Steps } from './steps.ts'

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER_SIZE = 16
/** What the Java library puts into one block. */
const BLOCK_SIZE = 32 * 1024
/** A copy of 64 bytes takes at least two, so no honest block names a larger size than this many times its own. */
const LARGEST_RATIO = 32

/** `bytes` in xerial framing, as Kafka's Java client writes it. */
export function snappy(bytes: Uint8Array, blocks: SnappyBlocks = snappyBlocks): Uint8Array {
  return atOnce(snappySteps(bytes, blocks))
}

export function* snappySteps(bytes: Uint8Array, blocks: SnappyBlocks = snappyBlocks): Steps<Uint8Array> {
  const header = Buffer.alloc(HEADER_SIZE)
  MAGIC.copy(header)
  header.writeInt32BE(1, 8) // version
  header.writeInt32BE(1, 12) // oldest version that can read it
  const parts: Uint8Array[] = [header]
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const block = blocks.compress(bytes.subarray(at, at + BLOCK_SIZE))
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length)
    parts.push(size, block)
    yield BLOCK_SIZE
  }
  return Buffer.concat(parts)
}

/** What a raw block or a framed stream holds, at most `maxSize` bytes. Throws MalformedBytes. */
export function unsnappy(bytes: Uint8Array, maxSize: number, blocks: SnappyBlocks = snappyBlocks): Uint8Array {
  return atOnce(unsnappySteps(bytes, maxSize, blocks))
}

/** A raw block is one step: it holds at most 32 times its size. */
export function* unsnappySteps(bytes: Uint8Array, maxSize: number, blocks: SnappyBlocks = snappyBlocks): Steps<Uint8Array> {
  if (!isFramed(bytes)) return uncompressBlock(bytes, maxSize, maxSize, blocks)
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const parts: Uint8Array[] = []
  let total = 0
  let at = HEADER_SIZE
  while (at < view.length) {
    // Streams may follow each other, each with its own header.
    if (isFramed(view, at)) {
      at += HEADER_SIZE
      continue
    }
    if (view.length - at < 4) throw new MalformedBytes('snappy: half a block size')
    const size = view.readInt32BE(at)
    at += 4
    if (size < 0 || size > view.length - at)
      throw new MalformedBytes(`snappy: a block of ${size} bytes, ${view.length - at} left`)
    const part = uncompressBlock(view.subarray(at, at + size), maxSize - total, maxSize, blocks)
    parts.push(part)
    total += part.length
    at += size
    yield part.length
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

function isFramed(bytes: Uint8Array, at = 0): boolean {
  if (bytes.length - at < HEADER_SIZE) return false
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false
  return true
}

function uncompressBlock(block: Uint8Array, room: number, maxSize: number, blocks: SnappyBlocks): Uint8Array {
  const [size, next] = namedSize(block)
  if (size > room) throw new OutputTooLarge('snappy', maxSize)
  if (size > block.length * LARGEST_RATIO) throw new MalformedBytes(`snappy: ${block.length} bytes cannot hold ${size}`)
  if (size === 0 && next === block.length) return new Uint8Array(0)
  try {
    return blocks.decompress(block, size)
  } catch (cause) {
    throw new MalformedBytes(`snappy: ${(cause as Error).message}`, { cause })
  }
}
