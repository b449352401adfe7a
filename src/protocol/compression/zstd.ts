// Zstandard: Node's own where it has it (22.15 and later), else a WebAssembly build, which must be loaded before its first use.
import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { assert } from '../../base/assert.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import { called, OutputTooLarge } from './bound.ts'
import type { Pause } from './steps.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frame.ts'

interface Zstd {
  compress(bytes: Uint8Array, level: number): Uint8Array
  /** One frame of at most `capacity` bytes. */
  decompress(frame: Uint8Array, capacity: number): Uint8Array
  /** The same in other threads, where that can be. */
  readonly inThread?: {
    compress(bytes: Uint8Array, level: number): Promise<Uint8Array>
    decompress(frame: Uint8Array, capacity: number): Promise<Uint8Array>
  }
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

let codec = zstdOfNode()
let loading: Promise<void> | undefined

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
    inThread: {
      compress: (bytes, level) => called((done) => zstdCompress(bytes, compressing(bytes, level), done)),
      decompress: (frame, capacity) => called((done) => zstdDecompress(frame, decompressing(capacity), done)),
    },
  }
}

/** Resolves once zstd may be used; cheap when called again. */
export function zstdReady(): Promise<void> {
  if (codec) return Promise.resolve()
  loading ??= loadWasm().then((loaded) => {
    codec = loaded
  })
  return loading
}

/** The WebAssembly build; exported for the test that compares both. */
export async function loadWasm(): Promise<Zstd> {
  const wasm = createRequire(import.meta.url)('@bokuweb/zstd-wasm') as {
    init(): Promise<void>
    compress(bytes: Uint8Array, level: number): Uint8Array
    decompress(bytes: Uint8Array, options: { defaultHeapSize: number }): Uint8Array
  }
  await wasm.init()
  return {
    compress: (bytes, level) => wasm.compress(bytes, level),
    decompress: (frame, capacity) => wasm.decompress(frame, { defaultHeapSize: Math.max(capacity, 1) }),
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

/** The same in another thread where Node has zstd of its own; elsewhere at once. */
export async function zstdInThread(bytes: Uint8Array, level = DEFAULT_LEVEL, by: Zstd = ready()): Promise<Uint8Array> {
  return by.inThread ? by.inThread.compress(bytes, level) : by.compress(bytes, level)
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

/** The same in another thread where Node has zstd of its own, elsewhere frame by frame; `bytes` must not change meanwhile. */
export async function unzstdInThread(bytes: Uint8Array, maxSize: number, pause: Pause, by: Zstd = ready()): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let total = 0
  for (const frame of zstdFrames(bytes)) {
    const room = maxSize - total
    const capacity = capacityFor(frame, room, maxSize)
    const packed = bytes.subarray(frame.start, frame.end)
    try {
      const part = by.inThread ? await by.inThread.decompress(packed, capacity) : by.decompress(packed, capacity)
      total += part.length
      parts.push(part)
    } catch (cause) {
      throw explained(cause, frame, room, maxSize)
    }
    if (!by.inThread) await pause()
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
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
