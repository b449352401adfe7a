// The real disk.

import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BufferPool } from '../../base/buffer-pool.ts'
import type { Disk, Entry, File, Lock } from '../disk.ts'
import { closeFd, flushAllOfFd, flushFd, openFd, statFd, truncateFd, writeAll } from './calls.ts'
import { onDisk } from './disk-errors.ts'
import { type DiskState, NodeFile } from './file.ts'
import { lockFile } from './lock.ts'
import { Pace } from './pace.ts'

const { O_RDWR, O_CREAT, O_EXCL, O_RDONLY } = constants
const openFlags = { never: O_RDWR, ifMissing: O_RDWR | O_CREAT, exclusive: O_RDWR | O_CREAT | O_EXCL }

const MODE = 0o644

export interface NodeDiskOptions {
  /** How many bytes of read buffers are kept between reads. */
  readonly maxIdleBufferBytes?: number
}

export function nodeDisk({ maxIdleBufferBytes = 32 * 1024 * 1024 }: NodeDiskOptions = {}): Disk {
  return new NodeDisk({ buffers: new BufferPool(maxIdleBufferBytes), reads: new Pace(), writes: new Pace() })
}

class NodeDisk implements Disk {
  readonly #state: DiskState
  /** The last replacement of each path that is under way: two at once would share their temporary file. */
  readonly #replacing = new Map<string, Promise<void>>()

  constructor(state: DiskState) {
    this.#state = state
  }

  open(path: string, create: 'never' | 'ifMissing' | 'exclusive' = 'ifMissing'): Promise<File> {
    return onDisk(path, 'open', async () => {
      const fd = await openFd(path, openFlags[create], MODE)
      try {
        return new NodeFile(path, fd, (await statFd(fd)).size, this.#state)
      } catch (thrown) {
        await closeFd(fd)
        throw thrown
      }
    })
  }

  async mkdir(path: string): Promise<void> {
    await onDisk(path, 'make the directory', () => fs.mkdir(path, { recursive: true }))
  }

  list(dir: string): Promise<Entry[]> {
    return onDisk(dir, 'list', async () => {
      const found = await orIfMissing(fs.readdir(dir, { withFileTypes: true }), [])
      const entries: Entry[] = []
      for (const entry of found) {
        const isDirectory = entry.isDirectory()
        const stat = isDirectory ? null : await orIfMissing(fs.stat(join(dir, entry.name)), undefined)
        if (stat !== undefined) entries.push({ name: entry.name, isDirectory, sizeInBytes: stat?.size ?? 0 }) // removed meanwhile: not there
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  exists(path: string): Promise<boolean> {
    return onDisk(path, 'look for', async () => (await orIfMissing(fs.stat(path), null)) !== null)
  }

  rename(from: string, to: string): Promise<void> {
    return onDisk(from, `rename to ${to}:`, () => fs.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return onDisk(path, 'remove', () => orIfMissing(fs.unlink(path), undefined))
  }

  removeTree(dir: string): Promise<void> {
    return onDisk(dir, 'remove', () => fs.rm(dir, { recursive: true, force: true }))
  }

  flushDirectory(dir: string): Promise<void> {
    return onDisk(dir, 'flush', async () => {
      const fd = await openFd(dir, O_RDONLY)
      try {
        await flushAllOfFd(fd)
      } finally {
        await closeFd(fd)
      }
    })
  }

  readAtomic(path: string): Promise<Uint8Array | null> {
    return onDisk(path, 'read', () => orIfMissing(fs.readFile(path), null))
  }

  async replaceAtomic(path: string, bytes: Uint8Array): Promise<void> {
    const before = this.#replacing.get(path)
    const mine = onDisk(path, 'replace', async () => {
      await before?.catch(() => {}) // its own caller was told
      await this.#replace(path, bytes)
    })
    this.#replacing.set(path, mine)
    try {
      await mine
    } finally {
      if (this.#replacing.get(path) === mine) this.#replacing.delete(path)
    }
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const beside = `${path}.tmp`
    const fd = await openFd(beside, openFlags.ifMissing, MODE)
    try {
      await truncateFd(fd, 0) // one that a crash left behind
      await writeAll(fd, [bytes], 0)
      await flushFd(fd)
    } finally {
      await closeFd(fd)
    }
    await fs.rename(beside, path)
    await this.flushDirectory(dirname(path))
  }

  lock(path: string): Promise<Lock> {
    return onDisk(path, 'lock', () => lockFile(path))
  }

  space(dir: string): Promise<{ total: number; usable: number }> {
    return onDisk(dir, 'measure the space of', async () => {
      const { blocks, bavail, bsize } = await fs.statfs(dir)
      return { total: blocks * bsize, usable: bavail * bsize }
    })
  }
}

async function orIfMissing<T, U>(found: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await found
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw thrown
  }
}
