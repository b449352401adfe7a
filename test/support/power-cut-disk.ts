// A disk that can lose its power: of a file only what was flushed is sure to stay, of a directory only the entries it had when it was flushed.

import { basename, dirname } from 'node:path'
import type { Disk, Entry, File, Lock, ReadBytes } from '../../src/platform/disk.ts'
import { DiskError } from '../../src/platform/disk.ts'
import type { Random } from '../../src/platform/random.ts'

class Inode {
  bytes = Buffer.alloc(0)
  flushed = Buffer.alloc(0)
}

/** Null stands for a directory. */
type Names = Map<string, Inode | null>

export class PowerCutDisk implements Disk {
  /** By whole path, and as the device has them. */
  readonly #nodes: Names
  readonly #durable: Names

  constructor(nodes: Names = new Map()) {
    this.#nodes = nodes
    this.#durable = new Map(nodes)
  }

  /** What is found when the power is back. Unflushed bytes are there up to some place; unflushed names are there or not, by directory. */
  cut(random: Random): PowerCutDisk {
    const kept: Names = new Map()
    const directories = new Set([...this.#nodes.keys(), ...this.#durable.keys()].map((path) => dirname(path)))
    for (const directory of [...directories].sort()) {
      const names = random.next() < 0.5 ? this.#nodes : this.#durable
      if (kept.size > 0 && directory !== '/' && !kept.has(directory)) continue
      for (const [path, inode] of names) if (dirname(path) === directory) kept.set(path, inode && cutFile(inode, random))
    }
    return new PowerCutDisk(kept)
  }

  async open(path: string, create = 'ifMissing'): Promise<File> {
    await new Promise(setImmediate) // a cut, or a flush of the directory, can come before the file is made
    let inode = this.#nodes.get(path)
    if (create === 'never' && !inode) throw new DiskError(path, 'ENOENT', 'not there')
    if (!inode) this.#nodes.set(path, (inode = new Inode()))
    return fileOf(path, inode)
  }

  async mkdir(path: string): Promise<void> {
    if (path === '/' || this.#nodes.has(path)) return
    await this.mkdir(dirname(path))
    this.#nodes.set(path, null)
  }

  async list(dir: string): Promise<Entry[]> {
    const found: Entry[] = []
    for (const [path, inode] of this.#nodes) {
      if (dirname(path) === dir)
        found.push({ name: basename(path), isDirectory: inode === null, sizeInBytes: inode?.bytes.length ?? 0 })
    }
    return found.sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  async exists(path: string): Promise<boolean> {
    return this.#nodes.has(path)
  }

  async rename(from: string, to: string): Promise<void> {
    for (const [path, inode] of [...this.#nodes]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#nodes.delete(path)
      this.#nodes.set(to + path.slice(from.length), inode)
    }
  }

  async remove(path: string): Promise<void> {
    this.#nodes.delete(path)
  }

  async removeTree(dir: string): Promise<void> {
    for (const path of [...this.#nodes.keys()]) if (path === dir || path.startsWith(`${dir}/`)) this.#nodes.delete(path)
  }

  async flushDirectory(dir: string): Promise<void> {
    for (const path of [...this.#durable.keys()]) if (dirname(path) === dir) this.#durable.delete(path)
    for (const [path, inode] of this.#nodes) if (dirname(path) === dir) this.#durable.set(path, inode)
  }

  async readAtomic(path: string): Promise<Uint8Array | null> {
    const inode = this.#nodes.get(path)
    return inode ? Buffer.from(inode.bytes) : null
  }

  async replaceAtomic(path: string, bytes: Uint8Array): Promise<void> {
    const inode = new Inode()
    inode.bytes = inode.flushed = Buffer.from(bytes)
    this.#nodes.set(path, inode)
    await this.flushDirectory(dirname(path))
  }

  async lock(): Promise<Lock> {
    return { release: async () => {} }
  }

  async space(): Promise<{ total: number; usable: number }> {
    return { total: 0, usable: 0 }
  }
}

function cutFile({ bytes, flushed }: Inode, random: Random): Inode {
  const inode = new Inode()
  const isGrown = bytes.length >= flushed.length && bytes.subarray(0, flushed.length).equals(flushed)
  const extra = isGrown ? Math.floor(random.next() * (bytes.length - flushed.length + 1)) : 0
  // The size may be known to the device before the bytes are: zeros then stand for them.
  const zeros = isGrown && random.next() < 0.3 ? bytes.length - flushed.length - extra : 0
  inode.bytes = inode.flushed = isGrown
    ? Buffer.concat([bytes.subarray(0, flushed.length + extra), Buffer.alloc(zeros)])
    : random.next() < 0.5
      ? bytes
      : flushed
  return inode
}

function fileOf(path: string, inode: Inode): File {
  return {
    path,
    get size() {
      return inode.bytes.length
    },
    // Writes and flushes take a turn of the event loop, so that a cut can come between any two of them.
    async append(chunks) {
      await new Promise(setImmediate)
      inode.bytes = Buffer.concat([inode.bytes, ...chunks])
    },
    async write(at, bytes) {
      const grown = Buffer.alloc(Math.max(inode.bytes.length, at + bytes.length))
      inode.bytes.copy(grown)
      grown.set(bytes, at)
      inode.bytes = grown
    },
    async read(at, length): Promise<ReadBytes> {
      return { views: [Buffer.from(inode.bytes.subarray(at, at + length))], release() {} }
    },
    async truncate(size) {
      inode.bytes = Buffer.from(inode.bytes.subarray(0, size))
    },
    async flush() {
      const { bytes } = inode
      await new Promise(setImmediate)
      inode.flushed = bytes
    },
    async close() {},
  }
}
