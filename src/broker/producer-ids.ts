// Producer ids out of blocks that the controller hands out: an id is never given twice, whatever crashes (KIP-730).

import { assert } from '../base/assert.ts'

export interface ProducerIdBlock {
  readonly first: number
  readonly size: number
}

export class ProducerIds {
  readonly #allocate: () => Promise<ProducerIdBlock>
  #next = 0
  #end = 0
  #asking: Promise<void> | null = null

  /** @param allocate asks the controller for the next block; it is committed when this resolves */
  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate
  }

  async next(): Promise<number> {
    for (let attempt = 0; attempt < 1000; attempt++) {
      if (this.#next < this.#end) return this.#next++
      await (this.#asking ??= this.#refill())
    }
    assert(false, 'a thousand blocks of producer ids were used up while one request waited')
  }

  async #refill(): Promise<void> {
    try {
      const { first, size } = await this.#allocate()
      this.#next = first
      this.#end = first + size
    } finally {
      this.#asking = null
    }
  }
}
