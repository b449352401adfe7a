// The disk of one broker of a test, in memory. It outlives the broker, and forgets what was not flushed when the power goes.

import { DiskError, type Entry } from '../platform/disk.ts'
import { Directory, Inode } from './inode.ts'

export class Volume {
  readonly #maxBytes: number
  readonly #root = new Directory()
  readonly #locked = new Set<string>()
  #usedBytes = 0

  /** `directory` is there from the beginning. Who writes more than `maxBytes` gets ENOSPC. */
  constructor(maxBytes: number, directory: string) {
    this.#maxBytes = maxBytes
    this.mkdir(directory)
    this.#root.flush()
  }

  /** The power goes: contents and names that were not flushed are gone, and nobody holds a lock. */
  powerCut(): void {
    this.#root.forget()
    this.#usedBytes = 0
    this.#count(this.#root, true)
    this.freeLocks()
  }

  /** The process is gone that held them. */
  freeLocks(): void {
    this.#locked.clear()
  }

  open(path: string, create: 'never' | 'ifMissing' | 'exclusive'): Inode {
    const node = this.#find(path)
    if (node instanceof Directory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
    if (node && create === 'exclusive') throw failure(path, 'EEXIST', 'it exists already')
    if (!node && create === 'never') throw failure(path, 'ENOENT', 'the file is not there')
    if (node) return node
    const made = new Inode()
    this.#above(path).entries.set(nameOf(path), made)
    return made
  }

  /** Runs a change of a file after which it has `size` bytes. */
  change(path: string, inode: Inode, size: number, run: () => void): void {
    const growth = size - inode.size
    if (growth > 0 && this.#usedBytes + growth > this.#maxBytes) {
      throw failure(path, 'ENOSPC', `no space is left: this disk in memory holds ${this.#maxBytes} bytes (maxMemoryBytes)`)
    }
    run()
    if (inode.isNamed) this.#usedBytes += growth
  }

  mkdir(path: string): void {
    let at = this.#root
    for (const part of partsOf(path)) {
      let next = at.entries.get(part)
      if (!next) at.entries.set(part, (next = new Directory()))
      if (next instanceof Inode) throw failure(path, 'ENOTDIR', 'a part of the path is a file, not a directory')
      at = next
    }
  }

  list(path: string): Entry[] {
    const found = this.#find(path)
    const entries = found instanceof Directory ? [...found.entries] : []
    return entries
      .map(([name, node]) => {
        const isDirectory = node instanceof Directory
        return { name, isDirectory, sizeInBytes: isDirectory ? 0 : node.size }
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined
  }

  rename(from: string, to: string): void {
    const node = this.#find(from)
    if (!node) throw failure(from, 'ENOENT', 'it is not there')
    const above = this.#above(to)
    const before = this.#find(to)
    if (before === node) return
    if (before instanceof Directory && before.entries.size > 0) throw failure(to, 'ENOTEMPTY', 'the directory is not empty')
    if (before) this.#count(before, false)
    this.#above(from).entries.delete(nameOf(from))
    above.entries.set(nameOf(to), node)
  }

  remove(path: string): void {
    const node = this.#find(path)
    if (node instanceof Directory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
    if (node) this.#drop(path, node)
  }

  removeTree(path: string): void {
    const node = this.#find(path)
    if (node) this.#drop(path, node)
  }

  #drop(path: string, node: Inode | Directory): void {
    this.#count(node, false)
    this.#above(path).entries.delete(nameOf(path))
  }

  flushDirectory(path: string): void {
    const found = this.#find(path)
    if (!(found instanceof Directory)) throw failure(path, 'ENOENT', 'it is not there')
    found.flush()
  }

  readAtomic(path: string): Uint8Array | null {
    const node = this.#find(path)
    if (node instanceof Directory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
    return node ? Uint8Array.from(Buffer.concat(node.read(0, node.size))) : null
  }

  replaceAtomic(path: string, bytes: Uint8Array): void {
    const before = this.#find(path)
    if (before instanceof Directory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
    const above = this.#above(path)
    const fresh = new Inode()
    this.change(path, fresh, bytes.length, () => fresh.write(0, bytes))
    fresh.flush()
    if (before) this.#count(before, false)
    above.entries.set(nameOf(path), fresh)
    above.flush()
  }

  /** Gives what releases it. */
  lock(path: string): () => void {
    const key = partsOf(path).join('/')
    if (this.#locked.has(key)) throw failure(path, 'ELOCKED', 'it is in use by this process itself')
    this.open(path, 'ifMissing')
    this.#locked.add(key)
    return () => void this.#locked.delete(key)
  }

  get space(): { total: number; usable: number } {
    return { total: this.#maxBytes, usable: this.#maxBytes - this.#usedBytes }
  }

  #find(path: string): Inode | Directory | undefined {
    let at: Inode | Directory | undefined = this.#root
    for (const part of partsOf(path)) {
      if (!(at instanceof Directory)) return undefined
      at = at.entries.get(part)
    }
    return at
  }

  #above(path: string): Directory {
    const found = this.#find(partsOf(path).slice(0, -1).join('/'))
    if (!(found instanceof Directory)) throw failure(path, 'ENOENT', 'its directory is not there')
    return found
  }

  /** Keeps the books where files get names, or lose them. */
  #count(node: Inode | Directory, isNamed: boolean): void {
    if (node instanceof Directory) {
      for (const each of node.entries.values()) this.#count(each, isNamed)
      return
    }
    node.isNamed = isNamed
    this.#usedBytes += isNamed ? node.size : -node.size
  }
}

function failure(path: string, code: string, why: string): DiskError {
  return new DiskError(path, code, `${path}: ${why} (${code})`)
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.')
const nameOf = (path: string) => partsOf(path).at(-1) ?? ''
