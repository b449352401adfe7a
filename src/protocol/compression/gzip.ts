// gzip through Node's own zlib.
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { MalformedBytes } from '../../base/bytes.ts'
import { OutputTooLarge } from './bound.ts'

/** DEFLATE cannot make more of a byte than this, so a larger size in the trailer is not believed. */
const LARGEST_RATIO = 1032
const SMALLEST_CHUNK = 16 * 1024

/** A gzip member of `bytes`. Levels 1 to 9, or -1 for zlib's default (`compression.gzip.level`). */
export function gzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Uint8Array {
  return gzipSync(bytes, { level })
}

/** What gzip members hold, at most `maxSize` bytes. Throws MalformedBytes. */
export function gunzip(bytes: Uint8Array, maxSize: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(maxSize, 1), chunkSize: expectedSize(bytes, maxSize) })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new OutputTooLarge('gzip', maxSize)
    throw new MalformedBytes(`gzip: ${(cause as Error).message}`, { cause })
  }
}

/** The size that the trailer of the last member names, so that one output buffer is enough; only a hint. */
function expectedSize(bytes: Uint8Array, maxSize: number): number {
  if (bytes.length < 18) return SMALLEST_CHUNK
  const at = bytes.length - 4
  const size = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  return Math.max(SMALLEST_CHUNK, Math.min(size, maxSize, bytes.length * LARGEST_RATIO))
}
