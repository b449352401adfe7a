// The codecs of record batches behind one door. Every decompression names the largest size it will accept.
import { MalformedBytes } from '../../base/bytes.ts'
import { gunzip, gunzipLater, gzip, gzipLater } from './gzip.ts'
import { lz4, lz4Steps, unlz4, unlz4Steps } from './lz4.ts'
import { snappy, snappySteps, unsnappy, unsnappyLater } from './snappy.ts'
import { type Aside, inTurns } from './steps.ts'
import { unzstd, unzstdLater, zstd, zstdLater, zstdReady } from './zstd.ts'

export { OutputTooLarge } from './bound.ts'
export type { Aside, Pause } from './steps.ts'

/** In the order of their numbers in a batch's attributes. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof compressions)[number]

/** The codec with this number (the lowest three bits of the attributes). Throws MalformedBytes for 5 to 7. */
export function compressionOf(number: number): Compression {
  const name = compressions[number]
  if (name === undefined) throw new MalformedBytes(`unknown compression codec ${number}`)
  return name
}

/** The codec's number in a batch's attributes. */
export function codecNumber(codec: Compression): number {
  return compressions.indexOf(codec)
}

/** Must have resolved before zstd is used; at once where nothing needs to be loaded. */
export function ready(): Promise<void> {
  return zstdReady()
}

/** `bytes` in the codec's form as Kafka's clients read it. The level counts for gzip and zstd; snappy has none, and lz4's library one. */
export function compress(codec: Compression, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzip(bytes, level)
    case 'snappy':
      return snappy(bytes)
    case 'lz4':
      return lz4(bytes)
    case 'zstd':
      return zstd(bytes, level)
  }
}

/** What `bytes` hold. Throws OutputTooLarge beyond `maxSize` bytes, and MalformedBytes where they cannot be read. */
export function decompress(codec: Compression, bytes: Uint8Array, maxSize: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gunzip(bytes, maxSize)
    case 'snappy':
      return unsnappy(bytes, maxSize)
    case 'lz4':
      return unlz4(bytes, maxSize)
    case 'zstd':
      return unzstd(bytes, maxSize)
  }
}

/** As `compress`, without holding up the event loop: in another thread, or with pauses. `bytes` must not change meanwhile. */
export async function compressLater(
  codec: Compression,
  bytes: Uint8Array,
  level: number | undefined,
  aside: Aside,
): Promise<Uint8Array> {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipLater(bytes, level, aside)
    case 'snappy':
      return inTurns(snappySteps(bytes), aside.pause)
    case 'lz4':
      return inTurns(lz4Steps(bytes), aside.pause)
    case 'zstd':
      return zstdLater(bytes, level, aside)
  }
}

/** As `decompress`, without holding up the event loop: in another thread, or with pauses. `bytes` must not change meanwhile. */
export async function decompressLater(codec: Compression, bytes: Uint8Array, maxSize: number, aside: Aside): Promise<Uint8Array> {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gunzipLater(bytes, maxSize, aside)
    case 'snappy':
      return unsnappyLater(bytes, maxSize, aside)
    case 'lz4':
      return inTurns(unlz4Steps(bytes, maxSize), aside.pause)
    case 'zstd':
      return unzstdLater(bytes, maxSize, aside)
  }
}
