// Zstandard: Node's own where it has it (22.15 and later), else a WebAssembly build, which must be loaded before its first use.
import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import { assert } from '../../base/assert.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge } from './bound.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frame.ts'

interface Zstd {
  compress(bytes: Uint8Array, level: number): Uint8Array
  /** One frame of at most `capacity` bytes. */
  decompress(frame: Uint8Array, capacity: number): Uint8Array
}

/** What this Node may have and the oldest one's types do not know. */
interface ZlibWithZstd {
  zstdCompressSync?(bytes: Uint8Array, options: { params: { [parameter: number]: number } }): Uint8Array
  zstdDecompressSync?(bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }): Uint8Array
  constants: { ZSTD_c_compressionLevel?: number }
}

const SMALLEST_CHUNK = 16 * 1024
const DEFAULT_LEVEL = 3

let codec = zstdOfNode()
let loading: Promise<void> | undefined

function zstdOfNode(): Zstd | null {
  const { zstdCompressSync, zstdDecompressSync, constants } = zlib as unknown as ZlibWithZstd
  if (!zstdCompressSync || !zstdDecompressSync) return null
  const levelParameter = constants.ZSTD_c_compressionLevel!
  return {
    compress: (bytes, level) => zstdCompressSync(bytes, { params: { [levelParameter]: level } }),
    decompress: (frame, capacity) =>
      zstdDecompressSync(frame, { maxOutputLength: Math.max(capacity, 1), chunkSize: Math.max(capacity, SMALLEST_CHUNK) }),
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

/** What the frames hold, at most `maxSize` bytes in all. Throws MalformedBytes. */
export function unzstd(bytes: Uint8Array, maxSize: number, by: Zstd = ready()): Uint8Array {
  const frames = zstdFrames(bytes)
  const parts: Uint8Array[] = []
  let total = 0
  for (const frame of frames) {
    const part = openFrame(bytes, frame, maxSize - total, maxSize, by)
    parts.push(part)
    total += part.length
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, total)
}

function openFrame(bytes: Uint8Array, frame: ZstdFrame, room: number, maxSize: number, by: Zstd): Uint8Array {
  const { contentSize, largestSize } = frame
  if (contentSize !== null && contentSize > room) throw new OutputTooLarge('zstd', maxSize)
  // A header that promises more than its blocks can give would only make the library take memory in vain.
  if (contentSize !== null && contentSize > largestSize) throw new MalformedBytes(`zstd: blocks cannot hold ${contentSize} bytes`)
  try {
    return by.decompress(bytes.subarray(frame.start, frame.end), contentSize ?? Math.min(largestSize, room))
  } catch (cause) {
    if (contentSize === null && largestSize > room) throw new OutputTooLarge('zstd', maxSize)
    throw new MalformedBytes(`zstd: ${(cause as Error).message}`, { cause })
  }
}
