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

/** Keeps released buffers by size class, at most `maxIdleBytes` of them in all; what exceeds that goes to the garbage collector. */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>()
  readonly #maxIdleBytes: number
  #idleBytes = 0

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
    const buffer = this.#free.get(room)?.pop()
    if (buffer) this.#idleBytes -= room
    return new Lent(this, buffer ?? Buffer.allocUnsafeSlow(room), size)
  }

  /** Takes back a buffer that `take` handed out; only `PooledBytes.release` calls it. */
  giveBack(buffer: Buffer): void {
    const room = buffer.length
    if (this.#idleBytes + room > this.#maxIdleBytes) return
    this.#idleBytes += room
    const free = this.#free.get(room)
    if (free) free.push(buffer)
    else this.#free.set(room, [buffer])
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
