// Files in memory: what is written is flushed, and all of it is gone with the process. Bounded, so that a test that never stops
// producing meets a full disk and not a dead process.

import { assert } from '../../base/assert.ts'
import { type Disk, DiskError, type Entry, type File, type Lock, type ReadBytes } from '../disk.ts'
import { ChunkList } from './chunk-list.ts'

type Node = ChunkList | 'directory'

/** A disk of `maxBytes`; one who writes more gets ENOSPC. */
export function memoryDisk(maxBytes: number): Disk {
  return new MemoryDisk(maxBytes)
}

class MemoryDisk implements Disk {
  readonly #maxBytes: number
  readonly #nodes = new Map<string, Node>([
    ['/', 'directory'],
    ['.', 'directory'],
  ])
  readonly #locked = new Set<string>()
  /** Files that are gone but still open: theirs to use, no longer counted. */
  readonly #removed = new WeakSet<ChunkList>()
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async open(path: string, create: 'never' | 'ifMissing' | 'exclusive' = 'ifMissing'): Promise<File> {
    const node = this.#nodes.get(clean(path))
    if (node === 'directory') throw failure(path, 'EISDIR', 'it is a directory, not a file')
    if (node && create === 'exclusive') throw failure(path, 'EEXIST', 'it exists already')
    if (!node && create === 'never') throw failure(path, 'ENOENT', 'the file is not there')
    return new MemoryFile(path, node ?? this.#make(path), this)
  }

  #assertParent(path: string): void {
    if (this.#nodes.get(parent(clean(path))) !== 'directory') throw failure(path, 'ENOENT', 'its directory is not there')
  }

  #make(path: string): ChunkList {
    this.#assertParent(path)
    const content = new ChunkList()
    this.#nodes.set(clean(path), content)
    return content
  }

  /** Runs a change of one file that may need up to `growth` more bytes; the books are kept here. */
  change(path: string, content: ChunkList, growth: number, run: () => void): void {
    if (growth > 0 && this.#usedBytes + growth > this.#maxBytes) {
      throw failure(
        path,
        'ENOSPC',
        `no space is left: this disk in memory holds ${this.#maxBytes} bytes; give the broker more or delete topics`,
      )
    }
    const before = content.size
    run()
    if (!this.#removed.has(content)) this.#usedBytes += content.size - before
  }

  async mkdir(path: string): Promise<void> {
    for (let dir = clean(path); this.#nodes.get(dir) !== 'directory'; dir = parent(dir)) {
      if (this.#nodes.has(dir)) throw failure(path, 'ENOTDIR', 'a part of the path is a file, not a directory')
      this.#nodes.set(dir, 'directory')
    }
  }

  async list(dir: string): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const [path, node] of this.#nodes) {
      if (parent(path) !== clean(dir) || path === clean(dir)) continue
      const isDirectory = node === 'directory'
      entries.push({ name: path.slice(path.lastIndexOf('/') + 1), isDirectory, sizeInBytes: isDirectory ? 0 : node.size })
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async exists(path: string): Promise<boolean> {
    return this.#nodes.has(clean(path))
  }

  async rename(from: string, to: string): Promise<void> {
    const source = clean(from)
    const target = clean(to)
    if (!this.#nodes.has(source)) throw failure(from, 'ENOENT', 'it is not there')
    this.#assertParent(to)
    if (source === target) return
    if ((await this.list(target)).length > 0) throw failure(to, 'ENOTEMPTY', 'the directory is not empty')
    this.#forget(target)
    for (const path of this.#below(source)) {
      this.#nodes.set(target + path.slice(source.length), this.#nodes.get(path)!)
      this.#nodes.delete(path)
    }
  }

  async remove(path: string): Promise<void> {
    if (this.#nodes.get(clean(path)) === 'directory') throw failure(path, 'EISDIR', 'it is a directory, not a file')
    this.#forget(clean(path))
  }

  async removeTree(dir: string): Promise<void> {
    for (const path of this.#below(clean(dir))) this.#forget(path)
  }

  #below(path: string): string[] {
    return [...this.#nodes.keys()].filter((other) => other === path || other.startsWith(`${path}/`))
  }

  #forget(path: string): void {
    const node = this.#nodes.get(path)
    if (node instanceof ChunkList) {
      this.#usedBytes -= node.size
      this.#removed.add(node)
    }
    this.#nodes.delete(path)
  }

  async flushDirectory(dir: string): Promise<void> {
    if (this.#nodes.get(clean(dir)) !== 'directory') throw failure(dir, 'ENOENT', 'it is not there')
  }

  async readAtomic(path: string): Promise<Uint8Array | null> {
    const node = this.#nodes.get(clean(path))
    if (node === 'directory') throw failure(path, 'EISDIR', 'it is a directory, not a file')
    return node ? Uint8Array.from(Buffer.concat(node.read(0, node.size))) : null
  }

  async replaceAtomic(path: string, bytes: Uint8Array): Promise<void> {
    if (this.#nodes.get(clean(path)) === 'directory') throw failure(path, 'EISDIR', 'it is a directory, not a file')
    this.#assertParent(path)
    const fresh = new ChunkList()
    this.change(path, fresh, bytes.length, () => fresh.write(0, bytes))
    this.#forget(clean(path))
    this.#nodes.set(clean(path), fresh)
  }

  async lock(path: string): Promise<Lock> {
    const key = clean(path)
    if (this.#locked.has(key)) throw new DiskError(path, 'ELOCKED', `${parent(key)} is in use by this process itself`)
    await this.open(path)
    this.#locked.add(key)
    return {
      release: async () => {
        this.#locked.delete(key)
      },
    }
  }

  async space(_dir: string): Promise<{ total: number; usable: number }> {
    return { total: this.#maxBytes, usable: this.#maxBytes - this.#usedBytes }
  }
}

class MemoryFile implements File {
  readonly path: string
  readonly #content: ChunkList
  readonly #disk: MemoryDisk
  #isClosed = false

  constructor(path: string, content: ChunkList, disk: MemoryDisk) {
    this.path = path
    this.#content = content
    this.#disk = disk
  }

  get size(): number {
    return this.#content.size
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#change(bytes, () => {
      for (const chunk of chunks) this.#content.write(this.#content.size, chunk)
    })
  }

  async write(at: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.#change(at + bytes.length - this.size, () => this.#content.write(at, bytes))
  }

  async read(at: number, length: number): Promise<ReadBytes> {
    this.#assertOpen()
    return { views: this.#content.read(at, length), release() {} }
  }

  async truncate(size: number): Promise<void> {
    this.#change(size - this.size, () => this.#content.resize(size))
  }

  async flush(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #change(growth: number, run: () => void): void {
    this.#assertOpen()
    this.#disk.change(this.path, this.#content, growth, run)
  }

  #assertOpen(): void {
    assert(!this.#isClosed, `${this.path} is used after it was closed`)
  }
}

function failure(path: string, code: string, why: string): DiskError {
  return new DiskError(path, code, `${path}: ${why} (${code})`)
}

function clean(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function parent(path: string): string {
  const at = path.lastIndexOf('/')
  return at > 0 ? path.slice(0, at) : at === 0 ? '/' : '.'
}
