// Snappy, as one raw block or in the framing of the Java library (xerial): a header, then blocks with their sizes. Kafka's own client
// writes the framing, many others a raw block; both are read.
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge } from './bound.ts'
import { namedSize, type SnappyBlocks, snappyBlocks } from './snappy-block.ts'
import { type Aside, atOnce, inTurns, joinSteps, type Steps, Turns } from './steps.ts'

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER_SIZE = 16
/** What the Java library puts into one block. */
const BLOCK_SIZE = 32 * 1024
/** Blocks that open to so much do not belong into one turn of the event loop. */
const LARGE = 1024 * 1024
const NOTHING = new Uint8Array(0)
/** A copy of 64 bytes takes at least two, so no honest block names a larger size than this many times its own. */
const LARGEST_RATIO = 32

/** `bytes` in xerial framing, as Kafka's Java client writes it. */
export function snappy(bytes: Uint8Array, blocks: SnappyBlocks = snappyBlocks()): Uint8Array {
  return atOnce(snappySteps(bytes, blocks))
}

export function* snappySteps(bytes: Uint8Array, blocks: SnappyBlocks = snappyBlocks()): Steps<Uint8Array> {
  const header = Buffer.alloc(HEADER_SIZE)
  MAGIC.copy(header)
  header.writeInt32BE(1, 8) // version
  header.writeInt32BE(1, 12) // oldest version that can read it
  const parts: Uint8Array[] = [header]
  let total = HEADER_SIZE
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const block = blocks.compress(bytes.subarray(at, at + BLOCK_SIZE))
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length)
    parts.push(size, block)
    total += size.length + block.length
    yield BLOCK_SIZE
  }
  return yield* joinSteps(parts, total)
}

/** What a raw block or a framed stream holds, at most `maxSize` bytes. Throws MalformedBytes. */
export function unsnappy(bytes: Uint8Array, maxSize: number, blocks: SnappyBlocks = snappyBlocks()): Uint8Array {
  const parts: Uint8Array[] = []
  let total = 0
  for (const block of blocksIn(bytes)) {
    const size = sizeWithin(block, maxSize - total, maxSize)
    parts.push(size === 0 ? NOTHING : blocks.decompress(block, size))
    total += size
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

/** The same with pauses, and with large blocks in another thread where a library can. `bytes` must not change meanwhile. */
export async function unsnappyLater(
  bytes: Uint8Array,
  maxSize: number,
  aside: Aside,
  blocks: SnappyBlocks = snappyBlocks(),
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  const turns = new Turns(aside.pause)
  for (const block of blocksIn(bytes)) {
    const size = sizeWithin(block, maxSize - total, maxSize)
    const part = size === 0 ? NOTHING : size < LARGE ? blocks.decompress(block, size) : await blocks.later(block, size, aside)
    parts.push(part)
    total += size
    await turns.after(size)
  }
  return inTurns(joinSteps(parts, total), aside.pause)
}

/** A raw block is all that there is; the blocks of a stream stand behind their sizes. */
function* blocksIn(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  if (!isFramed(bytes)) return void (yield bytes)
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
    yield view.subarray(at, at + size)
    at += size
  }
}

function isFramed(bytes: Uint8Array, at = 0): boolean {
  if (bytes.length - at < HEADER_SIZE) return false
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false
  return true
}

/** The size that the block names, where it can be true and fits into `room`. */
function sizeWithin(block: Uint8Array, room: number, maxSize: number): number {
  const [size, next] = namedSize(block)
  if (size > room) throw new OutputTooLarge('snappy', maxSize)
  if (size > block.length * LARGEST_RATIO) throw new MalformedBytes(`snappy: ${block.length} bytes cannot hold ${size}`)
  if (size === 0 && next !== block.length) throw new MalformedBytes('snappy: bytes in an empty block')
  return size
}
