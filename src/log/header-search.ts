// Going through a segment by the headers of its batches alone.

import { MalformedBytes } from '../base/bytes.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'

/** Goes from header to header until one is wanted. */
export class HeaderSearch {
  readonly #isWanted: (batch: RecordBatch) => boolean
  /** Of the batch that is looked at next, or that was found. */
  position: number
  found: RecordBatch | null = null

  constructor(position: number, isWanted: (batch: RecordBatch) => boolean) {
    this.position = position
    this.#isWanted = isWanted
  }

  /** Looks at the headers that lie whole in `bytes`, which begin at `position`. */
  through(bytes: Uint8Array): void {
    const start = this.position
    while (bytes.length - (this.position - start) >= HEADER_SIZE) {
      const batch = new RecordBatch(bytes, this.position - start)
      const size = batch.sizeInBytes
      if (size < HEADER_SIZE) throw new MalformedBytes(`a batch of ${size} bytes at position ${this.position}`)
      if (this.#isWanted(batch)) {
        this.found = batch
        return
      }
      this.position += size
    }
  }

  /** The pool takes the bytes back, so what is kept of them is copied. */
  keepHeader(): void {
    if (this.found)
      this.found = new RecordBatch(Uint8Array.from(this.found.bytes.subarray(this.found.at, this.found.at + HEADER_SIZE)))
  }
}
