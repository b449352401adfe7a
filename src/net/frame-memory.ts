// Where frames live. Small ones share slabs, large ones have a buffer of their own; both come from a pool and go back to it when the frames
// are released. A frame that is never released is only slower: its memory is left to the garbage collector.

import { BufferPool, type PooledBytes } from '../base/buffer-pool.ts'

const SLAB = 128 * 1024
/** What is larger would waste the end of too many slabs. */
const SLICE_MAX = 16 * 1024
/** Much of the time frames of one kind follow each other, so a few megabytes are enough to never ask the kernel. */
const MAX_IDLE = 16 * 1024 * 1024

/** A frame up to this size has its place at once when some of it came: pages that nothing was read into cost nothing. Others move as they grow. */
const USUAL = 1280 * 1024

/** What frames may have of memory before their bytes came, all together: nobody is charged for it. */
const MOST_AHEAD = 64 * 1024 * 1024

export class FrameMemory {
  readonly #pool: BufferPool
  /** Up to which size a frame gets all its room when little of it came. */
  readonly usual: number
  #slab: Slab | null = null
  #ahead = 0

  constructor(pool = new BufferPool(MAX_IDLE), usual = USUAL) {
    this.#pool = pool
    this.usual = usual
  }

  /** Exactly `size` bytes with arbitrary content. */
  take(size: number): PooledBytes {
    if (size > SLICE_MAX) return this.#pool.take(size)
    if (!this.#slab?.hasRoom(size)) {
      this.#slab?.retire()
      this.#slab = new Slab(this.#pool.take(SLAB))
    }
    return this.#slab.cut(size)
  }

  /** May a frame have `bytes` of memory before they come? Then `giveAhead` follows when it is whole, moves or is given up. */
  takeAhead(bytes: number): boolean {
    if (this.#ahead + bytes > MOST_AHEAD) return false
    this.#ahead += bytes
    return true
  }

  giveAhead(bytes: number): void {
    this.#ahead -= bytes
  }

  /** The same bytes for a frame that may be kept for minutes: one small frame must not hold a whole slab for so long. Releases `frame`. */
  apart(frame: PooledBytes): PooledBytes {
    if (frame.bytes.length > SLICE_MAX) return frame
    const bytes = new Uint8Array(frame.bytes)
    frame.release()
    return { bytes, release() {} }
  }
}

/** A buffer that many frames share. It goes back to the pool when it is full and all of them were released. */
class Slab {
  readonly #buffer: PooledBytes
  #at = 0
  /** Frames that are not released, and one for whoever may still cut from it. */
  #users = 1

  constructor(buffer: PooledBytes) {
    this.#buffer = buffer
  }

  hasRoom(size: number): boolean {
    return this.#at + size <= this.#buffer.bytes.length
  }

  cut(size: number): PooledBytes {
    const bytes = this.#buffer.bytes.subarray(this.#at, this.#at + size)
    this.#at += size
    this.#users++
    return new Slice(this, bytes)
  }

  retire(): void {
    if (--this.#users === 0) this.#buffer.release()
  }
}

class Slice implements PooledBytes {
  readonly bytes: Uint8Array
  #slab: Slab | null

  constructor(slab: Slab, bytes: Uint8Array) {
    this.#slab = slab
    this.bytes = bytes
  }

  release(): void {
    this.#slab?.retire()
    this.#slab = null
  }
}
