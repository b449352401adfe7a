// The codecs of record batches behind one door. Every decompression names the largest size it will accept.
import { MalformedBytes } from '../../base/bytes.ts'
import { gunzip, gzip } from './gzip.ts'

/** In the order of their numbers in a batch's attributes. */
const names = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof names)[number]

/** The codec with this number (the lowest three bits of the attributes). Throws MalformedBytes for 5 to 7. */
export function compressionOf(number: number): Compression {
  const name = names[number]
  if (name === undefined) throw new MalformedBytes(`unknown compression codec ${number}`)
  return name
}

/** The codec's number in a batch's attributes. */
export function codecNumber(codec: Compression): number {
  return names.indexOf(codec)
}

export function compress(codec: Compression, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzip(bytes, level)
    default:
      throw new Error(codec)
  }
}

export function decompress(codec: Compression, bytes: Uint8Array, maxSize: number): Uint8Array {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gunzip(bytes, maxSize)
    default:
      throw new Error(codec)
  }
}
