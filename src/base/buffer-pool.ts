// Buffers that are used again: a fresh megabyte costs the kernel more than filling it does.

/** Bytes out of a pool. Released once, after the last use of `bytes`; whoever never releases leaves them to the garbage collector. */
export interface PooledBytes {
  readonly bytes: Uint8Array
  release(): void
}

const SMALLEST = 4096
const nothing: PooledBytes = { bytes: new Uint8Array(0), release() {} }

/** The size that a buffer for `size` bytes really has: four steps between two powers of two, so at most a quarter is wasted. */
export function sizeClass(size: number): number {
  if (size <= SMALLEST) return SMALLEST
  const step = 2 ** (Math.floor(Math.log2(size - 1)) - 2)
  return Math.ceil(size / step) * step
}

/** After so many takes of other sizes a size counts as one that nobody asks for any more. */
const STALE_TAKES = 64

interface SizeClass {
  readonly idle: Buffer[]
  /** Which take of the pool was the last of this class. */
  takenAt: number
}

/**
 * Keeps released buffers by size class, at most `maxIdleBytes` of them in all; what exceeds that goes to the garbage collector. Sizes that nobody asks for any
 * more make room for those of now: a pool that is full of yesterday's would never serve anybody again.
 */
export class BufferPool {
  /** Of all sizes ever asked for: four between two powers of two. */
  readonly #classes = new Map<number, SizeClass>()
  readonly #maxIdleBytes: number
  #idleBytes = 0
  #takes = 0

  constructor(maxIdleBytes: number) {
    this.#maxIdleBytes = maxIdleBytes
  }

  /** Bytes kept for the next one who asks. */
  get idleBytes(): number {
    return this.#idleBytes
  }

  /** `size` bytes with arbitrary content. */
  take(size: number): PooledBytes {
    if (size === 0) return nothing
    const room = sizeClass(size)
    const known = this.#classes.get(room)
    this.#takes++
    if (known) known.takenAt = this.#takes
    else this.#classes.set(room, { idle: [], takenAt: this.#takes })
    const buffer = known?.idle.pop()
    if (buffer) this.#idleBytes -= room
    return new Lent(this, buffer ?? Buffer.allocUnsafeSlow(room), size)
  }

  /** Takes back a buffer that `take` handed out; only `PooledBytes.release` calls it. */
  giveBack(buffer: Buffer): void {
    const room = buffer.length
    if (this.#idleBytes + room > this.#maxIdleBytes) this.#dropStale(this.#idleBytes + room - this.#maxIdleBytes)
    if (this.#idleBytes + room > this.#maxIdleBytes) return
    this.#idleBytes += room
    this.#classes.get(room)!.idle.push(buffer)
  }

  /** Lets go of at least so many bytes, if as many are of sizes that nobody asks for any more. */
  #dropStale(bytes: number): void {
    const least = this.#idleBytes - bytes
    for (const [room, { idle, takenAt }] of this.#classes) {
      if (this.#takes - takenAt <= STALE_TAKES) continue
      while (idle.length > 0 && this.#idleBytes > least) {
        idle.pop()
        this.#idleBytes -= room
      }
    }
  }
}

class Lent implements PooledBytes {
  readonly bytes: Uint8Array
  readonly #pool: BufferPool
  #buffer: Buffer | null

  constructor(pool: BufferPool, buffer: Buffer, size: number) {
    this.#pool = pool
    this.#buffer = buffer
    this.bytes = size === buffer.length ? buffer : buffer.subarray(0, size)
  }

  release(): void {
    const buffer = this.#buffer
    if (!buffer) return
    this.#buffer = null
    this.#pool.giveBack(buffer)
  }
}
