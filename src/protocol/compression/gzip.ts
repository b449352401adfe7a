// gzip through Node's own zlib.
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { MalformedBytes } from '../../base/bytes.ts'

/** A gzip member of `bytes`. Levels 1 to 9, or -1 for zlib's default (`compression.gzip.level`). */
export function gzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Uint8Array {
  return gzipSync(bytes, { level })
}

/** What gzip members hold, at most `maxSize` bytes. Throws MalformedBytes. */
export function gunzip(bytes: Uint8Array, maxSize: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(maxSize, 1) })
  } catch (cause) {
    throw new MalformedBytes(`gzip: ${(cause as Error).message}`, { cause })
  }
}
