// The last offset of every key in a stretch of a log, within a bound of memory.

/** What an entry costs besides its key: string header, number, and its share of the table. */
const ENTRY_OVERHEAD = 80
/** A Map takes twice as many at most; one batch may add many at once. */
const MAX_ENTRIES = 2 ** 23

export class LatestOffsets {
  readonly #maxBytes: number
  readonly #offsets = new Map<string, number>()
  #bytes = 0
  /** Everything before it was seen. */
  endOffset: number

  constructor(startOffset: number, maxBytes: number) {
    this.endOffset = startOffset
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#offsets.size
  }

  get isFull(): boolean {
    const { size } = this.#offsets
    return (size > 0 && this.#bytes >= this.#maxBytes) || size >= MAX_ENTRIES // one key at least, so that every pass gets further
  }

  /** Keys are bytes; one character stands for each, so that equal keys and nothing else are equal. */
  put(key: Uint8Array, offset: number): void {
    const name = nameOf(key)
    const { size } = this.#offsets
    this.#offsets.set(name, offset)
    if (this.#offsets.size > size) this.#bytes += name.length + ENTRY_OVERHEAD
  }

  /** -1 where the key did not occur. */
  get(key: Uint8Array): number {
    return this.#offsets.get(nameOf(key)) ?? -1
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
