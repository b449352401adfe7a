// What has to be loaded before fetched records can be opened.

import { codecNumber } from '../../protocol/compression/index.ts'
import { batches, CODEC_MASK } from '../../protocol/records/batch.ts'

/** Zstandard may have to be loaded (`ready`): not by everybody who reads, but before the first batch in it is opened. */
export function needsCodecs(fetched: readonly (Uint8Array | null)[]): boolean {
  const zstd = codecNumber('zstd')
  for (const bytes of fetched) {
    if (bytes === null) continue
    for (const { attributes } of batches(bytes)) if ((attributes & CODEC_MASK) === zstd) return true
  }
  return false
}
