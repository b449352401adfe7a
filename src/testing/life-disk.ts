// The disk as one run of a broker sees it: a slow or failing one where a test says so, and none at all when the run is over.

import type { Disk, File } from '../platform/disk.ts'
import type { DiskFaults } from './disk-faults.ts'
import type { Inode } from './inode.ts'
import { Life } from './life.ts'
import type { Volume } from './volume.ts'

export function lifeDisk(volume: Volume, faults: DiskFaults, life: Life): Disk {
  const call = async <T>(act: () => T): Promise<T> => (life.isOver ? Life.never : act())
  return {
    open: (path, create = 'ifMissing') => call(() => new LifeFile(path, volume.open(path, create), { volume, faults, life })),
    mkdir: (path) => call(() => volume.mkdir(path)),
    list: (path) => call(() => volume.list(path)),
    exists: (path) => call(() => volume.has(path)),
    rename: (from, to) => call(() => volume.rename(from, to)),
    remove: (path) => call(() => volume.remove(path)),
    removeTree: (path) => call(() => volume.removeTree(path)),
    flushDirectory: (path) => call(() => volume.flushDirectory(path)),
    readAtomic: (path) => call(() => volume.readAtomic(path)),
    replaceAtomic: (path, bytes) => call(() => volume.replaceAtomic(path, bytes)),
    lock: (path) =>
      call(() => {
        const release = volume.lock(path)
        return { release: () => call(release) }
      }),
    space: () => call(() => volume.space),
  }
}

interface FileRooms {
  readonly volume: Volume
  readonly faults: DiskFaults
  readonly life: Life
}

class LifeFile implements File {
  readonly path: string
  readonly #inode: Inode
  readonly #rooms: FileRooms
  #isClosed = false

  constructor(path: string, inode: Inode, rooms: FileRooms) {
    this.path = path
    this.#inode = inode
    this.#rooms = rooms
  }

  get size(): number {
    return this.#inode.size
  }

  append(chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    return this.#change(this.size + bytes, () => {
      for (const chunk of chunks) if (chunk.length > 0) this.#inode.write(this.size, chunk)
    })
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#change(Math.max(this.size, at + bytes.length), () => this.#inode.write(at, bytes))
  }

  truncate(size: number): Promise<void> {
    return this.#change(size, () => this.#inode.resize(size))
  }

  /** Done in the order of the calls; a slow disk tells of it later. */
  async #change(size: number, run: () => void): Promise<void> {
    const { volume, faults, life } = this.#rooms
    this.#check()
    if (life.isOver) return Life.never
    volume.change(this.path, this.#inode, size, run)
    await faults.delay(this.path, 'write')
    return life.isOver ? Life.never : undefined
  }

  async read(at: number, length: number) {
    this.#check()
    if (this.#rooms.life.isOver) return Life.never
    return { views: this.#inode.read(at, length), release() {} }
  }

  async flush(): Promise<void> {
    const { faults, life } = this.#rooms
    this.#check()
    await faults.delay(this.path, 'fsync')
    if (life.isOver) return Life.never
    faults.flush(this.path)
    this.#inode.flush()
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #check(): void {
    if (this.#isClosed) throw new Error(`${this.path} is used after it was closed`)
  }
}
