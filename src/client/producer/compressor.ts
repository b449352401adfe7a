// Compresses batches before they are sent: small ones at once, large ones beside the event loop.

import type { Clock } from '../../platform/clock.ts'
import type { Offload } from '../../platform/offload.ts'
import { Slices } from '../../platform/slices.ts'
import { type Compression, compressLater, ready } from '../../protocol/compression/index.ts'
import type { ProducerBatch } from './batch.ts'

/** So much takes less than a thread's coming and going, and about a millisecond. */
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
  readonly #slices: Slices
  #isReady: boolean

  constructor(options: CompressorOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
    this.#isReady = options.codec !== 'zstd'
  }

  /** Null where all of it was done at once. Rejects where the codec cannot be loaded. */
  compress(batches: readonly ProducerBatch[]): Promise<void> | null {
    const { codec, level } = this.#options
    if (codec === 'none') return null
    const sizeInBytes = batches.reduce((sum, batch) => sum + batch.sizeInBytes, 0)
    if (!this.#isReady || sizeInBytes > AT_ONCE_BYTES || this.#slices.isOver) return this.#later(batches)
    for (const batch of batches) batch.compress(codec, level)
    return null
  }

  async #later(batches: readonly ProducerBatch[]): Promise<void> {
    const { offload, codec, level } = this.#options
    if (!this.#isReady) {
      await ready()
      this.#isReady = true
    }
    const slices = this.#slices
    const aside = { pause: () => slices.turn(), run: offload.run.bind(offload) }
    for (const batch of batches) {
      while (slices.isOver) await slices.turn()
      const plain = batch.uncompressed
      if (!plain) continue
      if (plain.length <= AT_ONCE_BYTES) batch.compress(codec, level)
      else batch.compressedElsewhere(codec, await compressLater(codec, plain, level, aside))
    }
  }
}
