// The codecs of record batches, where programs of KafkaJS put their own. All that Kafka knows are built in here; what is put there instead is kept, and not
// asked: records come out the same.

import { type Compression, compress, decompress, ready } from '../protocol/compression/index.ts'
import type { CompressionTypes } from './types/enums.ts'

type Codecs = { [Codec in Exclude<CompressionTypes, CompressionTypes.None>]: () => any }

/** Larger than any batch. */
const MAX_BYTES = 2 ** 31 - 1

const codec = (name: Compression) => () => ({
  /** Of what stands in an encoder. */
  async compress({ buffer }: { buffer: Buffer }): Promise<Buffer> {
    await ready()
    return asBuffer(compress(name, buffer))
  },
  async decompress(buffer: Buffer): Promise<Buffer> {
    await ready()
    return asBuffer(decompress(name, buffer, MAX_BYTES))
  },
})

export const CompressionCodecs: Codecs = {
  1: codec('gzip'),
  2: codec('snappy'),
  3: codec('lz4'),
  4: codec('zstd'),
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
