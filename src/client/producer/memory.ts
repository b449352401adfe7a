// The producer's memory: batches take it, and who finds none waits for it in turn.

import { BufferPool, type PooledBytes } from '../../base/buffer-pool.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import { OptionError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'

interface Waiter {
  readonly size: number
  readonly turn: Deferred<void>
}

export class BatchMemory {
  readonly #totalBytes: number
  readonly #pool: BufferPool
  readonly #waiters: Waiter[] = []
  #free: number

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes
    this.#free = totalBytes
    this.#pool = new BufferPool(totalBytes)
  }

  /** Somebody waits: what is here should be sent, full or not. */
  get isScarce(): boolean {
    return this.#waiters.length > 0
  }

  /** Null where there is none, or somebody else waits for it. */
  tryTake(size: number): PooledBytes | null {
    if (this.#waiters.length > 0 || size > this.#free) return null
    this.#free -= size
    return this.#pool.take(size)
  }

  /** Waits for its turn. Throws where it can never be, and what the patience throws. */
  async take(size: number, patience: Patience): Promise<PooledBytes> {
    if (size > this.#totalBytes) {
      throw new OptionError('bufferMemory', `a batch of ${size} bytes does not fit into bufferMemory=${this.#totalBytes}`)
    }
    const taken = this.tryTake(size)
    if (taken) return taken
    const waiter = { size, turn: deferred<void>() }
    this.#waiters.push(waiter)
    try {
      await patience.race(waiter.turn.promise)
    } catch (thrown) {
      const at = this.#waiters.indexOf(waiter)
      if (at >= 0) this.#waiters.splice(at, 1)
      else this.#give(size) // its turn came, and nobody was there any more
      throw thrown
    }
    return this.#pool.take(size)
  }

  /** So many bytes are free again. */
  give(size: number): void {
    this.#give(size)
  }

  #give(size: number): void {
    this.#free += size
    for (;;) {
      const next = this.#waiters[0]
      if (!next || next.size > this.#free) return
      this.#waiters.shift()
      this.#free -= next.size
      next.turn.resolve()
    }
  }
}
