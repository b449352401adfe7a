// Snappy, as one raw block or in the framing of the Java library (xerial): a header, then blocks with their sizes. Kafka's own client
// writes the framing, many others a raw block; both are read.
import { createRequire } from 'node:module'
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge, optionalLibrary } from './bound.ts'

interface Snappy {
  compress(bytes: Uint8Array): Uint8Array
  uncompress(bytes: Uint8Array, maxSize: number): Uint8Array
}

const library = nativeSnappy() ?? portableSnappy()

function nativeSnappy(): Snappy | null {
  type Native = {
    compressSync(bytes: Uint8Array): Uint8Array
    uncompressSync(bytes: Uint8Array, options: { asBuffer: true }): Uint8Array
  }
  const native = optionalLibrary<Native>('snappy')
  return native && { compress: native.compressSync, uncompress: (bytes) => native.uncompressSync(bytes, { asBuffer: true }) }
}

/** The same in JavaScript; exported for the test that compares both. */
export function portableSnappy(): Snappy {
  return createRequire(import.meta.url)('snappyjs') as Snappy
}

const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER_SIZE = 16
/** What the Java library puts into one block. */
const BLOCK_SIZE = 32 * 1024
/** A copy of 64 bytes takes at least two, so no honest block names a larger size than this many times its own. */
const LARGEST_RATIO = 32

/** `bytes` in xerial framing, as Kafka's Java client writes it. */
export function snappy(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_SIZE)
  MAGIC.copy(header)
  header.writeInt32BE(1, 8) // version
  header.writeInt32BE(1, 12) // oldest version that can read it
  const parts: Uint8Array[] = [header]
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const block = library.compress(bytes.subarray(at, at + BLOCK_SIZE))
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length)
    parts.push(size, block)
  }
  return Buffer.concat(parts)
}

/** What a raw block or a framed stream holds, at most `maxSize` bytes. Throws MalformedBytes. */
export function unsnappy(bytes: Uint8Array, maxSize: number, codec: Snappy = library): Uint8Array {
  if (!isFramed(bytes)) return uncompressBlock(bytes, maxSize, maxSize, codec)
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
    const part = uncompressBlock(view.subarray(at, at + size), maxSize - total, maxSize, codec)
    parts.push(part)
    total += part.length
    at += size
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

function isFramed(bytes: Uint8Array, at = 0): boolean {
  if (bytes.length - at < HEADER_SIZE) return false
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false
  return true
}

function uncompressBlock(block: Uint8Array, room: number, maxSize: number, codec: Snappy): Uint8Array {
  const size = namedSize(block)
  if (size > room) throw new OutputTooLarge('snappy', maxSize)
  if (size > block.length * LARGEST_RATIO) throw new MalformedBytes(`snappy: ${block.length} bytes cannot hold ${size}`)
  if (size === 0) return new Uint8Array(0)
  try {
    return codec.uncompress(block, size)
  } catch (cause) {
    throw new MalformedBytes(`snappy: ${(cause as Error).message}`, { cause })
  }
}

/** The size that stands in front of a raw block as a little-endian varint; looked at before the library allocates it. */
function namedSize(block: Uint8Array): number {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return size
  }
  throw new MalformedBytes('snappy: no size in front of the block')
}
