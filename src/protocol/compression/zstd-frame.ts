// Walks Zstandard frames (RFC 8878) without opening them, to know how large their content can be before any memory is given to it.
import { MalformedBytes } from '../../base/bytes.ts'

const MAGIC = 0xfd2fb528
/** Sixteen magic numbers of frames to be skipped, from this one on. */
const SKIPPABLE = 0x184d2a50
/** No block gives more than this. */
const LARGEST_BLOCK = 128 * 1024

export interface ZstdFrame {
  readonly start: number
  /** Exclusive. */
  readonly end: number
  /** What the frame's header says, or null where it was streamed and says nothing. */
  readonly contentSize: number | null
  /** Blocks stored or repeated say their size; a compressed one gives at most 128 KB. */
  readonly largestSize: number
}

/** The frames in `bytes`, skippable ones left out. Throws MalformedBytes. */
export function zstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames: ZstdFrame[] = []
  let at = 0
  while (at < from.length) {
    const magic = wordAt(from, at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) at += 8 + wordAt(from, at + 4)
    else if (magic === MAGIC) at = frames[frames.push(readFrame(from, at)) - 1]!.end
    else throw new MalformedBytes('zstd: not a frame')
    if (at > from.length) throw tooShort()
  }
  if (frames.length === 0) throw new MalformedBytes('zstd: no frame')
  return frames
}

function readFrame(from: Buffer, start: number): ZstdFrame {
  const descriptor = from[start + 4]
  if (descriptor === undefined) throw tooShort()
  const single = (descriptor & 0x20) !== 0
  const dictionarySize = [0, 1, 2, 4][descriptor & 3]!
  const sizeAt = start + 5 + (single ? 0 : 1) + dictionarySize
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  if (sizeAt + sizeBytes > from.length) throw tooShort()
  let at = sizeAt + sizeBytes
  let largestSize = 0
  for (;;) {
    if (at + 3 > from.length) throw tooShort()
    const block = from.readUIntLE(at, 3)
    const size = block >> 3
    const kind = (block >> 1) & 3
    if (kind === 3) throw new MalformedBytes('zstd: a reserved kind of block')
    largestSize += kind === 2 ? LARGEST_BLOCK : size
    at += 3 + (kind === 1 ? 1 : size)
    if (block & 1) break
  }
  const end = at + (descriptor & 4 ? 4 : 0) // a checksum of the content may follow
  if (end > from.length) throw tooShort()
  return { start, end, contentSize: readContentSize(from, sizeAt, sizeBytes), largestSize }
}

function readContentSize(from: Buffer, at: number, size: number): number | null {
  switch (size) {
    case 0:
      return null
    case 1:
      return from[at]!
    case 2:
      return from.readUInt16LE(at) + 256
    case 4:
      return from.readUInt32LE(at)
    default:
      return Number(from.readBigUInt64LE(at))
  }
}

function wordAt(from: Buffer, at: number): number {
  if (from.length - at < 4) throw tooShort()
  return from.readUInt32LE(at)
}

function tooShort(): MalformedBytes {
  return new MalformedBytes('zstd: the frame ends too early')
}
