// Compresses batches before they are sent: small ones at once, large ones beside the event loop.

import type { Clock } from '../../platform/clock.ts'
import type { Offload } from '../../platform/offload.ts'
import { Slices } from '../../platform/slices.ts'
import { type Compression, compressLater, ready } from '../../protocol/compression/index.ts'
import type { ProducerBatch } from './batch.ts'

/** Up to here it takes less than a thread's coming and going, and about a millisecond. */
const AT_ONCE_BYTES = 32 * 1024

export interface CompressorOptions {
  readonly clock: Clock
  readonly offload: Offload
  readonly codec: Compression
  /** Undefined: the codec's own. */
  readonly level: number | undefined
}

export class Compressor {
  readonly #options: CompressorOptions
  #isReady: boolean

  constructor(options: CompressorOptions) {
    this.#options = options
    this.#isReady = options.codec !== 'zstd'
  }

  /** Null where all of it was done at once. Rejects where the codec cannot be loaded. */
  compress(batches: readonly ProducerBatch[]): Promise<void> | null {
    const { codec, level } = this.#options
    if (codec === 'none') return null
    if (!this.#isReady || batches.some(({ sizeInBytes }) => sizeInBytes > AT_ONCE_BYTES)) return this.#later(batches)
    for (const batch of batches) batch.compress(codec, level)
    return null
  }

  async #later(batches: readonly ProducerBatch[]): Promise<void> {
    const { clock, offload, codec, level } = this.#options
    if (!this.#isReady) {
      await ready()
      this.#isReady = true
    }
    const slices = Slices.of(clock)
    const aside = { pause: () => slices.turn(), run: offload.run.bind(offload) }
    for (const batch of batches) {
      const plain = batch.uncompressed
      if (plain) batch.compressedElsewhere(codec, await compressLater(codec, plain, level, aside))
    }
  }
}
