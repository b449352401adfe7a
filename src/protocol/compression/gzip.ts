// gzip through Node's own zlib.
import { constants, createGunzip, gunzipSync, gzip as gzipOfNode, gzipSync } from 'node:zlib'
import { MalformedBytes } from '../../base/bytes.ts'
import { called, OutputTooLarge } from './bound.ts'
import { type Aside, inTurns, joinSteps } from './steps.ts'

/** DEFLATE cannot make more of a byte than this, so a larger size in the trailer is not believed. */
const LARGEST_RATIO = 1032
const SMALLEST_CHUNK = 16 * 1024
/** A trip through the thread pool should be worth it. */
const SMALLEST_CHUNK_LATER = 1024 * 1024

/** A gzip member of `bytes`. Levels 1 to 9, or -1 for zlib's default (`compression.gzip.level`). */
export function gzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Uint8Array {
  return gzipSync(bytes, { level })
}

/** The same in a thread of Node's pool. */
export function gzipLater(bytes: Uint8Array, level: number | undefined, { run }: Aside): Promise<Uint8Array> {
  const options = { level: level ?? constants.Z_DEFAULT_COMPRESSION }
  return run({ here: () => gzip(bytes, level), elsewhere: () => called((done) => gzipOfNode(bytes, options, done)) })
}

/** What gzip members hold, at most `maxSize` bytes. Throws MalformedBytes. */
export function gunzip(bytes: Uint8Array, maxSize: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(maxSize, 1), chunkSize: expectedSize(bytes, maxSize) })
  } catch (cause) {
    throw explained(cause, maxSize)
  }
}

/** The same in a thread of Node's pool; `bytes` must not change meanwhile. */
export async function gunzipLater(bytes: Uint8Array, maxSize: number, { run, pause }: Aside): Promise<Uint8Array> {
  if (bytes.length === 0) return gunzip(bytes, maxSize) // refused; a stream that ends at once would not complain
  return run({
    here: () => gunzip(bytes, maxSize),
    elsewhere: async () => {
      const parts = await piecesOf(bytes, maxSize)
      const size = parts.reduce((sum, { length }) => sum + length, 0)
      return inTurns(joinSteps(parts, size), pause)
    },
  })
}

// Node's own call for a whole payload puts its pieces together in one go, which takes long where the trailer told too little.
function piecesOf(bytes: Uint8Array, maxSize: number): Promise<Uint8Array[]> {
  const stream = createGunzip({ chunkSize: Math.max(SMALLEST_CHUNK_LATER, expectedSize(bytes, maxSize)) })
  const parts: Uint8Array[] = []
  let total = 0
  return new Promise((resolve, reject) => {
    stream.on('data', (part: Uint8Array) => {
      total += part.length
      if (total > maxSize) stream.destroy(new OutputTooLarge('gzip', maxSize))
      else parts.push(part)
    })
    stream.once('end', () => resolve(parts))
    stream.once('error', (cause) => reject(cause instanceof OutputTooLarge ? cause : explained(cause, maxSize)))
    stream.end(bytes)
  })
}

function explained(cause: unknown, maxSize: number): MalformedBytes {
  if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return new OutputTooLarge('gzip', maxSize)
  return new MalformedBytes(`gzip: ${(cause as Error).message}`, { cause })
}

/** The size that the trailer of the last member names, so that one output buffer is enough; only a hint. */
function expectedSize(bytes: Uint8Array, maxSize: number): number {
  if (bytes.length < 18) return SMALLEST_CHUNK
  const at = bytes.length - 4
  const size = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  return Math.max(SMALLEST_CHUNK, Math.min(size, maxSize, bytes.length * LARGEST_RATIO))
}
