// The hot end of logs in memory: appended batches lie in chunks, are written out of them and are served from them until the directory's
// budget needs the room. A chunk's bytes never change while somebody holds them.

import { BufferPool, type PooledBytes } from '../base/buffer-pool.ts'
import { type Link, LinkedList } from '../base/linked-list.ts'

const FIRST_CHUNK = 4 * 1024
const LARGEST_CHUNK = 1024 * 1024

/** Memory for the tails of all logs of a directory. Old chunks go first, so that busy logs, which fill many, also give up many. */
export class TailBudget {
  readonly #maxBytes: number
  readonly #pool: BufferPool
  /** In the order in which they were begun. */
  readonly #chunks = new LinkedList<Chunk>()
  #bytes = 0
  /** Bytes of all tails that no file has yet. */
  unwrittenBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#pool = new BufferPool(Math.floor(maxBytes / 4))
  }

  /** Bytes set aside for chunks at the moment. */
  get bytes(): number {
    return this.#bytes
  }

  /** How large a chunk may be: no log may hold much of the budget with one of them. */
  get largestChunk(): number {
    return Math.min(LARGEST_CHUNK, Math.floor(this.#maxBytes / 16))
  }

  begin(tail: Tail, position: number, size: number): Chunk {
    const chunk = new Chunk(tail, position, this.#pool.take(size))
    chunk.link = this.#chunks.add(chunk)
    this.#bytes += size
    if (this.#bytes > this.#maxBytes) this.#evict(chunk)
    return chunk
  }

  drop(chunk: Chunk): void {
    if (!chunk.link?.remove()) return
    this.#bytes -= chunk.bytes.length
    chunk.release()
  }

  // Unwritten chunks stay, whatever the budget says: they are the only copy.
  #evict(newest: Chunk): void {
    for (const chunk of this.#chunks) {
      if (this.#bytes <= this.#maxBytes) return
      if (chunk !== newest && chunk.isWritten) chunk.tail.forget(chunk)
    }
  }
}

export class Chunk {
  readonly tail: Tail
  /** In the segment's file, of its first byte. */
  readonly position: number
  readonly bytes: Uint8Array
  readonly #memory: PooledBytes
  used = 0
  /** Its place in the budget. */
  link: Link<Chunk> | null = null
  /** Bytes behind this came later than a cut: nothing may be added any more. */
  isClosed = false
  #holders = 1

  constructor(tail: Tail, position: number, memory: PooledBytes) {
    this.tail = tail
    this.position = position
    this.#memory = memory
    this.bytes = memory.bytes
  }

  get end(): number {
    return this.position + this.used
  }

  get isWritten(): boolean {
    return this.end <= this.tail.writtenPosition
  }

  hold(): void {
    this.#holders++
  }

  /** With the last holder's release the memory may be used for something else. */
  release(): void {
    if (--this.#holders === 0) this.#memory.release()
  }
}

/** Views of a tail's bytes, and the chunks they lie in: held until `release`. */
export class TailBytes {
  readonly views: Uint8Array[] = []
  readonly #chunks: Chunk[] = []
  sizeInBytes = 0

  add(chunk: Chunk, from: number, end: number): void {
    chunk.hold()
    this.#chunks.push(chunk)
    this.views.push(chunk.bytes.subarray(from - chunk.position, end - chunk.position))
    this.sizeInBytes += end - from
  }

  release(): void {
    for (const chunk of this.#chunks.splice(0)) chunk.release()
  }
}

/** The end of one segment. Chunks follow each other without gaps, and no batch lies in two of them. */
export class Tail {
  readonly #budget: TailBudget
  #chunks: Chunk[] = []
  #nextSize = FIRST_CHUNK
  /** Where the segment's next byte goes. */
  end: number
  /** Up to where the file has the bytes. */
  writtenPosition: number

  constructor(budget: TailBudget, end: number) {
    this.#budget = budget
    this.end = end
    this.writtenPosition = end
  }

  /** From here to `end` everything is in memory. */
  get position(): number {
    return this.#chunks[0]?.position ?? this.end
  }

  /** Adds a copy of `bytes`, which are whole batches; where the copy lies. */
  append(bytes: Uint8Array): { bytes: Uint8Array; at: number } {
    const chunk = this.#room(bytes.length)
    const at = chunk.used
    chunk.bytes.set(bytes, at)
    chunk.used += bytes.length
    this.end += bytes.length
    return { bytes: chunk.bytes, at }
  }

  #room(size: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last && !last.isClosed && last.bytes.length - last.used >= size) return last
    const chunk = this.#budget.begin(this, this.end, Math.max(size, this.#nextSize))
    this.#chunks.push(chunk)
    this.#nextSize = Math.min(this.#nextSize * 2, this.#budget.largestChunk)
    return chunk
  }

  /** The bytes from `from` (not before `position`) to `end`. */
  views(from: number, end: number): TailBytes {
    const found = new TailBytes()
    for (let i = this.#indexAt(from); i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i]!
      if (chunk.position >= end) break
      if (chunk.end > from) found.add(chunk, Math.max(from, chunk.position), Math.min(end, chunk.end))
    }
    return found
  }

  /** The chunk's bytes that begin at `position`, up to the chunk's end; null where memory does not have them. */
  at(position: number): Uint8Array | null {
    if (position < this.position || position >= this.end) return null
    const chunk = this.#chunks[this.#indexAt(position)]!
    return chunk.bytes.subarray(position - chunk.position, chunk.used)
  }

  #indexAt(position: number): number {
    let at = this.#chunks.length - 1
    while (at > 0 && this.#chunks[at]!.position > position) at--
    return Math.max(at, 0)
  }

  /** Only the budget calls it, oldest chunk first. */
  forget(chunk: Chunk): void {
    if (this.#chunks[0] !== chunk) return
    this.#chunks.shift()
    this.#budget.drop(chunk)
    if (this.#chunks.length === 0) this.#nextSize = FIRST_CHUNK
  }

  /** Everything from `position` on is gone. What readers hold of it stays as it is. */
  truncate(position: number): void {
    while (this.#chunks.length > 0 && this.#chunks.at(-1)!.position >= position) this.#budget.drop(this.#chunks.pop()!)
    const last = this.#chunks.at(-1)
    if (last && last.end > position) {
      last.used = position - last.position
      last.isClosed = true
    }
    this.end = position
    this.writtenPosition = Math.min(this.writtenPosition, position)
  }

  /** Gives all memory back. */
  clear(): void {
    for (const chunk of this.#chunks.splice(0)) this.#budget.drop(chunk)
  }
}
