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
  /** Undefined: the codec's own. */
  readonly levelOf: (codec: Compression) => number | undefined
}

export class Compressor {
  readonly #options: CompressorOptions
  readonly #slices: Slices
  /** Zstandard may have to be loaded. */
  #isReady = false

  constructor(options: CompressorOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
  }

  /** Null where all of it was done at once. Rejects where the codec cannot be loaded. */
  compress(batches: readonly ProducerBatch[]): Promise<void> | null {
    const packed = batches.filter(({ codec }) => codec !== 'none')
    if (packed.length === 0) return null
    const sizeInBytes = packed.reduce((sum, batch) => sum + batch.sizeInBytes, 0)
    const isLong = sizeInBytes > AT_ONCE_BYTES || this.#slices.isOver
    if (isLong || this.#mustLoad(packed)) return this.#later(packed)
    for (const batch of packed) batch.compress(this.#options.levelOf(batch.codec))
    return null
  }

  async #later(batches: readonly ProducerBatch[]): Promise<void> {
    const { offload, levelOf } = this.#options
    if (this.#mustLoad(batches)) {
      await ready()
      this.#isReady = true
    }
    const slices = this.#slices
    const aside = { pause: () => slices.turn(), run: offload.run.bind(offload) }
    for (const batch of batches) {
      while (slices.isOver) await slices.turn()
      const plain = batch.uncompressed
      if (!plain) continue
      const { codec } = batch
      if (plain.length <= AT_ONCE_BYTES) batch.compress(levelOf(codec))
      else batch.compressedElsewhere(await compressLater(codec, plain, levelOf(codec), aside))
    }
  }

  #mustLoad(batches: readonly ProducerBatch[]): boolean {
    return !this.#isReady && batches.some(({ codec }) => codec === 'zstd')
  }
}
