// Raw Snappy blocks: a size, then literals and back references. A native library does it where one is installed.
import { createRequire } from 'node:module'
import { MalformedBytes } from '../../base/bytes.ts'
import { optionalLibrary } from './bound.ts'
import { type Aside, atOnce, inTurns, type Steps } from './steps.ts'

export interface SnappyBlocks {
  compress(bytes: Uint8Array): Uint8Array
  /** Gives exactly `size` bytes, the number that stands in front of the block (`namedSize`). Throws MalformedBytes. */
  decompress(block: Uint8Array, size: number): Uint8Array
  /** The same for a large block, without holding up the event loop. */
  later(block: Uint8Array, size: number, aside: Aside): Promise<Uint8Array>
}

/** What JavaScript opens in a step, and how much slower it is than what the bytes of a turn are meant for. */
const STEP_BYTES = 64 * 1024
const SLOWER = 4

/** Without this each output is memory outside the heap with a finalizer of its own, which costs five to ten times as much. */
const COPIED = { asBuffer: true, copyOutputData: true }

interface NativeSnappy {
  compressSync(bytes: Uint8Array, options: typeof COPIED): Uint8Array
  uncompressSync(bytes: Uint8Array, options: typeof COPIED): Uint8Array
  /** In a thread of Node's pool. A large output is not copied. */
  uncompress(bytes: Uint8Array, options: { asBuffer: true }): Promise<Uint8Array>
}

function nativeBlocks(): SnappyBlocks | null {
  const native = optionalLibrary<NativeSnappy>('snappy')
  if (!native) return null
  const decompress = (block: Uint8Array) => explaining(() => native.uncompressSync(block, COPIED))
  return {
    compress: (bytes) => native.compressSync(bytes, COPIED),
    decompress,
    later: (block, _, aside) =>
      aside.run({
        here: () => decompress(block),
        elsewhere: () => native.uncompress(block, { asBuffer: true }).catch(malformed),
      }),
  }
}

function explaining<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    return malformed(cause)
  }
}

function malformed(cause: unknown): never {
  throw new MalformedBytes(`snappy: ${(cause as Error).message}`, { cause })
}

const require = createRequire(import.meta.url)

/**
 * The same in JavaScript, for machines without a prebuilt library. Only the compressor is snappyjs: its reader takes a length of four
 * bytes as signed and goes round for ever on some damaged blocks.
 */
export const portableSnappy: SnappyBlocks = {
  compress: (bytes) => (require('snappyjs') as { compress(bytes: Uint8Array): Uint8Array }).compress(bytes),
  decompress: (block, size) => atOnce(blockSteps(block, size)),
  later: (block, size, { pause }) => inTurns(blockSteps(block, size), pause),
}

/** The size that a block names, a little-endian varint at its start, and where its content begins. Throws MalformedBytes. */
export function namedSize(block: Uint8Array): [size: number, next: number] {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return [size, i + 1]
  }
  throw new MalformedBytes('snappy: no size in front of the block')
}

function* blockSteps(block: Uint8Array, size: number): Steps<Uint8Array> {
  const to = new Uint8Array(size)
  let at = namedSize(block)[1]
  let out = 0
  let told = 0
  while (at < block.length) {
    if (out - told >= STEP_BYTES) {
      yield (out - told) * SLOWER
      told = out
    }
    const tag = block[at++]!
    const kind = tag & 3
    // How many bytes of length (a long literal) or distance (a reference) follow the tag.
    const extra = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind
    if (extra > block.length - at) throw new MalformedBytes('snappy: half a tag')
    const number = littleEndian(block, at, extra)
    at += extra
    if (kind === 0) {
      const length = (extra === 0 ? tag >> 2 : number) + 1
      if (length > block.length - at || length > size - out) throw new MalformedBytes('snappy: a literal beyond the block')
      to.set(block.subarray(at, at + length), out)
      at += length
      out += length
      continue
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const distance = kind === 1 ? ((tag >> 5) << 8) | number : number
    if (distance === 0 || distance > out || length > size - out)
      throw new MalformedBytes(`snappy: ${distance} bytes back where ${out} are`)
    if (distance >= length) to.copyWithin(out, out - distance, out - distance + length)
    // An overlapping reference repeats what it is just writing.
    else for (let i = out; i < out + length; i++) to[i] = to[i - distance]!
    out += length
  }
  if (out !== size) throw new MalformedBytes(`snappy: ${out} bytes where ${size} were named`)
  return to
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

let chosen: SnappyBlocks | null = null

/** What this machine uses; the native library is loaded with the first batch, not with every start. */
export function snappyBlocks(): SnappyBlocks {
  chosen ??= nativeBlocks() ?? portableSnappy
  return chosen
}
