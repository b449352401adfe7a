// Open files of a log directory: as many as are in use, and at most `maxOpen` that are not. Ten thousand partitions have thirty
// thousand files; few of them are touched at a time.

import type { Disk, File } from '../platform/disk.ts'

export class OpenFiles {
  readonly disk: Disk
  readonly #maxOpen: number
  readonly #onFailure: (why: unknown) => void
  /** Open files that nobody uses and that hold nothing unflushed, in the order in which they became so. */
  readonly #idle = new Set<FileHandle>()
  #count = 0

  /** `onFailure` hears of files that could not be closed. */
  constructor(disk: Disk, maxOpen: number, onFailure: (why: unknown) => void) {
    this.disk = disk
    this.#onFailure = onFailure
    this.#maxOpen = maxOpen
  }

  /** How many are open. */
  get count(): number {
    return this.#count
  }

  handle(path: string): FileHandle {
    return new FileHandle(this, path)
  }

  // ---- only handles call these

  opened(): void {
    this.#count++
    this.#trim()
  }

  closed(handle: FileHandle): void {
    this.#count--
    this.#idle.delete(handle)
  }

  busy(handle: FileHandle): void {
    this.#idle.delete(handle)
  }

  idle(handle: FileHandle): void {
    this.#idle.delete(handle)
    this.#idle.add(handle)
    this.#trim()
  }

  #trim(): void {
    for (const handle of this.#idle) {
      if (this.#count <= this.#maxOpen) return
      handle.close().catch(this.#onFailure)
    }
  }
}

/** The log of that file is closed, or its segment removed: nothing is wrong with the disk. */
export class ClosedFile extends Error {
  override readonly name = 'ClosedFile'
}

/** A file that is opened when it is used. Its path may change while it is in use. */
export class FileHandle {
  path: string
  readonly #files: OpenFiles
  #file: File | null = null
  #opening: Promise<File> | null = null
  #closing: Promise<void> | null = null
  #users = 0
  #isDirty = false
  #onIdle: (() => void)[] = []
  #isEnded = false

  constructor(files: OpenFiles, path: string) {
    this.#files = files
    this.path = path
  }

  /** Has bytes that are not flushed: it stays open, because a new descriptor would not tell of an error that the old one met. */
  get isDirty(): boolean {
    return this.#isDirty
  }

  set isDirty(isDirty: boolean) {
    if (isDirty === this.#isDirty) return
    this.#isDirty = isDirty
    if (isDirty) this.#files.busy(this)
    else this.#rest()
  }

  #rest(): void {
    if (this.#users === 0 && !this.#isDirty && this.#file !== null) this.#files.idle(this)
  }

  /** Runs `work` on the open file; at once where it is open. Makes the file where it is missing. Throws ClosedFile after `end`. */
  async use<T>(work: (file: File) => Promise<T>): Promise<T> {
    if (this.#isEnded) throw new ClosedFile(`${this.path} is closed`)
    if (this.#users++ === 0) this.#files.busy(this)
    try {
      return await work(this.#file ?? (await this.#open()))
    } finally {
      if (--this.#users === 0) {
        for (const resolve of this.#onIdle.splice(0)) resolve()
        this.#rest()
      }
    }
  }

  #open(): Promise<File> {
    this.#opening ??= this.#reallyOpen()
    return this.#opening
  }

  async #reallyOpen(): Promise<File> {
    try {
      if (this.#closing) await this.#closing
      this.#file = await this.#files.disk.open(this.path)
      this.#files.opened()
      return this.#file
    } finally {
      this.#opening = null
    }
  }

  /** Closes the file for good once nobody uses it. Who came before is served; who comes later is refused, and opens nothing. */
  end(): Promise<void> {
    this.#isEnded = true
    return this.close()
  }

  /** Gives the descriptor back once nobody uses it; the next use opens the file again. */
  async close(): Promise<void> {
    while (this.#users > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
    const file = this.#file
    if (!file) return this.#closing ?? undefined
    this.#file = null
    this.#isDirty = false
    this.#files.closed(this)
    const closing = file.close().finally(() => {
      if (this.#closing === closing) this.#closing = null
    })
    this.#closing = closing
    await closing
  }
}
