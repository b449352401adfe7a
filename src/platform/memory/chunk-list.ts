// The bytes of one file in memory, as blocks of one size: an append copies only what it adds.

/** Small files stay small, large ones are made of these. */
const BLOCK = 64 * 1024

export class ChunkList {
  #blocks: Uint8Array[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Bytes that are set aside; never less than `size`. */
  get capacity(): number {
    return this.#blocks.length === 0 ? 0 : (this.#blocks.length - 1) * BLOCK + this.#blocks.at(-1)!.length
  }

  /** Puts bytes at `at`, filling a gap behind the end with zeros. */
  write(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.#size) this.resize(at + bytes.length)
    for (let done = 0; done < bytes.length; ) {
      const block = this.#blocks[Math.floor((at + done) / BLOCK)]!
      const inBlock = (at + done) % BLOCK
      const count = Math.min(bytes.length - done, BLOCK - inBlock)
      block.set(bytes.subarray(done, done + count), inBlock)
      done += count
    }
  }

  /** Views of at most `length` bytes from `at`. They show later writes to the same place, but never later appends or cuts. */
  read(at: number, length: number): Uint8Array[] {
    const end = Math.min(at + length, this.#size)
    const views: Uint8Array[] = []
    while (at < end) {
      const inBlock = at % BLOCK
      const count = Math.min(end - at, BLOCK - inBlock)
      views.push(this.#blocks[Math.floor(at / BLOCK)]!.subarray(inBlock, inBlock + count))
      at += count
    }
    return views
  }

  /** Cuts off the end, or adds zeros. */
  resize(size: number): void {
    if (size < this.#size) this.#cut(size)
    else this.#grow(size)
    this.#size = size
  }

  #cut(size: number): void {
    this.#blocks.length = Math.ceil(size / BLOCK)
    const inLast = size % BLOCK
    const last = this.#blocks.at(-1)
    // A reader may still look at the bytes beyond the cut, so the block is copied before they are overwritten.
    if (last && inLast > 0) this.#blocks[this.#blocks.length - 1] = copyOf(last.subarray(0, inLast), last.length)
  }

  #grow(size: number): void {
    const count = Math.ceil(size / BLOCK)
    while (this.#blocks.length < count) {
      this.#growLast(BLOCK)
      this.#blocks.push(new Uint8Array(0))
    }
    this.#growLast(size - (count - 1) * BLOCK)
  }

  /** The last block doubles until it is full. */
  #growLast(room: number): void {
    const last = this.#blocks.at(-1)
    if (!last || last.length >= room) return
    let larger = Math.max(1024, last.length)
    while (larger < room) larger *= 2
    this.#blocks[this.#blocks.length - 1] = copyOf(last, Math.min(larger, BLOCK))
  }
}

function copyOf(bytes: Uint8Array, room: number): Uint8Array {
  const copy = new Uint8Array(room)
  copy.set(bytes)
  return copy
}
