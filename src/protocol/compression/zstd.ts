// Zstandard: Node's own where it has it (22.15 and later), else a WebAssembly build, which must be loaded before its first use.
import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { assert } from '../../base/assert.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import type { Library, Program, Threads } from '../../base/work.ts'
import { called, OutputTooLarge } from './bound.ts'
import { type Aside, inTurns, joinSteps, Turns } from './steps.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frame.ts'

interface Zstd {
  compress(bytes: Uint8Array, level: number): Uint8Array
  /** One frame of at most `capacity` bytes. */
  decompress(frame: Uint8Array, capacity: number): Uint8Array
  compressElsewhere(bytes: Uint8Array, level: number, threads: Threads): Promise<Uint8Array>
  decompressElsewhere(frame: Uint8Array, capacity: number, threads: Threads): Promise<Uint8Array>
}

type CompressOptions = { params: { [parameter: number]: number }; pledgedSrcSize: number }
type DecompressOptions = { maxOutputLength: number; chunkSize: number }
type Done = (error: Error | null, bytes: Uint8Array) => void

/** What this Node may have and the oldest one's types do not know. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Uint8Array, options: CompressOptions): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array, options: DecompressOptions): Uint8Array
  zstdCompress?(bytes: Uint8Array, options: CompressOptions, done: Done): void
  zstdDecompress?(bytes: Uint8Array, options: DecompressOptions, done: Done): void
  constants: { ZSTD_c_compressionLevel?: number }
}

const SMALLEST_CHUNK = 16 * 1024
const DEFAULT_LEVEL = 3
/** What a frame may hold to be opened at once, and what opening one costs besides, in bytes. */
const SMALL = 256 * 1024
const FRAME_COST = 16 * 1024

let codec = zstdOfNode()
let wasm: Promise<Library> | undefined

function zstdOfNode(): Zstd | null {
  const { zstdCompressSync, zstdDecompressSync, zstdCompress, zstdDecompress, constants } = zlib as unknown as ZlibWithZstd
  if (!zstdCompressSync || !zstdDecompressSync || !zstdCompress || !zstdDecompress) return null
  const levelParameter = constants.ZSTD_c_compressionLevel!
  // With its size pledged, a frame made in another thread is the same as one made here, and tells readers how much comes out.
  const compressing = (bytes: Uint8Array, level: number) => ({
    params: { [levelParameter]: level },
    pledgedSrcSize: bytes.length,
  })
  const decompressing = (capacity: number) => ({
    maxOutputLength: Math.max(capacity, 1),
    chunkSize: Math.max(capacity, SMALLEST_CHUNK),
  })
  return {
    compress: (bytes, level) => zstdCompressSync(bytes, compressing(bytes, level)),
    decompress: (frame, capacity) => zstdDecompressSync(frame, decompressing(capacity)),
    compressElsewhere: (bytes, level) => called((done) => zstdCompress(bytes, compressing(bytes, level), done)),
    decompressElsewhere: (frame, capacity) => called((done) => zstdDecompress(frame, decompressing(capacity), done)),
  }
}

/** Resolves once zstd may be used; cheap when called again. */
export async function zstdReady(): Promise<void> {
  codec ??= await loadWasm()
}

/** The WebAssembly build: here for what is small, and once more in a thread. */
const wasmProgram: Program = async (load) => {
  const library = load('@bokuweb/zstd-wasm') as {
    init(): Promise<void>
    compress(bytes: Uint8Array, level: number): Uint8Array
    decompress(bytes: Uint8Array, options: { defaultHeapSize: number }): Uint8Array
  }
  await library.init()
  return {
    compress: (bytes, level) => library.compress(bytes, level),
    decompress: (frame, capacity) => library.decompress(frame, { defaultHeapSize: Math.max(capacity, 1) }),
  }
}

/** Made ready once: the library must not be initialized while it is used. Exported for the test that compares both. */
export async function loadWasm(): Promise<Zstd> {
  const { compress, decompress } = await (wasm ??= wasmProgram(createRequire(import.meta.url)))
  return {
    compress: compress!,
    decompress: decompress!,
    compressElsewhere: (bytes, level, threads) => threads.call(wasmProgram, 'compress', bytes, level),
    decompressElsewhere: (frame, capacity, threads) => threads.call(wasmProgram, 'decompress', frame, capacity),
  }
}

function ready(): Zstd {
  assert(codec, 'zstd was used before ready() of protocol/compression was awaited')
  return codec
}

/** A frame of `bytes`; levels -131072 to 22 (`compression.zstd.level`). */
export function zstd(bytes: Uint8Array, level = DEFAULT_LEVEL, by: Zstd = ready()): Uint8Array {
  return by.compress(bytes, level)
}

/** The same in another thread. */
export function zstdLater(bytes: Uint8Array, level: number | undefined, { run }: Aside, by: Zstd = ready()): Promise<Uint8Array> {
  const at = level ?? DEFAULT_LEVEL
  return run({
    here: () => by.compress(bytes, at),
    elsewhere: (threads) => by.compressElsewhere(bytes, at, threads),
  })
}

/** What the frames hold, at most `maxSize` bytes in all. Throws MalformedBytes. */
export function unzstd(bytes: Uint8Array, maxSize: number, by: Zstd = ready()): Uint8Array {
  const parts: Uint8Array[] = []
  let total = 0
  for (const frame of zstdFrames(bytes)) {
    const room = maxSize - total
    const capacity = capacityFor(frame, room, maxSize)
    try {
      const part = by.decompress(bytes.subarray(frame.start, frame.end), capacity)
      total += part.length
      parts.push(part)
    } catch (cause) {
      throw explained(cause, frame, room, maxSize)
    }
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

/** The same, large frames in another thread; `bytes` must not change meanwhile. */
export async function unzstdLater(bytes: Uint8Array, maxSize: number, aside: Aside, by: Zstd = ready()): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  const turns = new Turns(aside.pause)
  for (const frame of zstdFrames(bytes)) {
    const room = maxSize - total
    const capacity = capacityFor(frame, room, maxSize)
    const packed = bytes.subarray(frame.start, frame.end)
    const here = () => by.decompress(packed, capacity)
    try {
      const isSmall = capacity < SMALL
      const part = isSmall
        ? here()
        : await aside.run({ here, elsewhere: (threads) => by.decompressElsewhere(packed, capacity, threads) })
      total += part.length
      parts.push(part)
      await turns.after(isSmall ? part.length + FRAME_COST : 0)
    } catch (cause) {
      throw explained(cause, frame, room, maxSize)
    }
  }
  return inTurns(joinSteps(parts, total), aside.pause)
}

/** How many bytes the frame may hold, as far as its header and its blocks tell. */
function capacityFor({ contentSize, largestSize }: ZstdFrame, room: number, maxSize: number): number {
  if (contentSize !== null && contentSize > room) throw new OutputTooLarge('zstd', maxSize)
  // A header that promises more than its blocks can give would only make the library take memory in vain.
  if (contentSize !== null && contentSize > largestSize) throw new MalformedBytes(`zstd: blocks cannot hold ${contentSize} bytes`)
  return contentSize ?? Math.min(largestSize, room)
}

function explained(cause: unknown, { contentSize, largestSize }: ZstdFrame, room: number, maxSize: number): MalformedBytes {
  if (contentSize === null && largestSize > room) return new OutputTooLarge('zstd', maxSize)
  return new MalformedBytes(`zstd: ${(cause as Error).message}`, { cause })
}
