// Files and directories of a test's disk, which remember what of them was flushed.

import { ChunkList } from '../platform/memory/chunk-list.ts'

export class Inode {
  readonly #content = new ChunkList()
  #flushedSize = 0
  /** What stood in the flushed part before it was written over, in that order. */
  #undo: { readonly at: number; readonly bytes: Uint8Array }[] = []
  /** Has a name; what has none counts for nobody. */
  isNamed = true

  get size(): number {
    return this.#content.size
  }

  read(at: number, length: number): Uint8Array[] {
    return this.#content.read(at, length)
  }

  write(at: number, bytes: Uint8Array): void {
    this.#keep(at, at + bytes.length)
    this.#content.write(at, bytes)
  }

  resize(size: number): void {
    this.#keep(size, this.#flushedSize)
    this.#content.resize(size)
  }

  #keep(from: number, to: number): void {
    const end = Math.min(to, this.#flushedSize, this.#content.size)
    if (from < end) this.#undo.push({ at: from, bytes: Uint8Array.from(Buffer.concat(this.#content.read(from, end - from))) })
  }

  flush(): void {
    this.#flushedSize = this.#content.size
    this.#undo = []
  }

  /** The power goes: what was not flushed was never written. */
  forget(): void {
    for (const { at, bytes } of this.#undo.reverse()) this.#content.write(at, bytes)
    this.#content.resize(this.#flushedSize)
    this.#undo = []
  }
}

export class Directory {
  readonly entries = new Map<string, Inode | Directory>()
  #flushed = new Map<string, Inode | Directory>()

  flush(): void {
    this.#flushed = new Map(this.entries)
  }

  forget(): void {
    this.entries.clear()
    for (const [name, node] of this.#flushed) {
      node.forget()
      this.entries.set(name, node)
    }
  }
}
