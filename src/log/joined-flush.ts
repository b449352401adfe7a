// One flush of a directory for many who wait: making, renaming and using ten thousand logs must not cost ten thousand flushes.

import type { Disk } from '../platform/disk.ts'

export class JoinedFlush {
  readonly #disk: Disk
  readonly #path: string
  #current: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Resolves when the names in the directory are on the device as they are now; the flush serves all who ask before it begins. */
  run(): Promise<void> {
    if (!this.#current) return this.#begin()
    this.#next ??= this.#current.catch(() => {}).then(() => this.#begin()) // who asked for that one is told
    return this.#next
  }

  #begin(): Promise<void> {
    this.#next = null
    const flush = this.#disk.flushDirectory(this.#path).finally(() => {
      if (this.#current === flush) this.#current = null
    })
    this.#current = flush
    return flush
  }
}
