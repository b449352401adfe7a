// The real disk.

import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { BufferPool } from '../../base/buffer-pool.ts'
import type { Disk, Entry, File, Lock } from '../disk.ts'
import { closeFd, flushAllOfFd, openFd, readAll, statFd } from './calls.ts'
import { onDisk } from './disk-errors.ts'
import { type DiskState, NodeFile } from './file.ts'
import { lockFile } from './lock.ts'
import { Pace } from './pace.ts'

const { O_RDWR, O_CREAT, O_EXCL, O_RDONLY } = constants
const openFlags = { never: O_RDWR, ifMissing: O_RDWR | O_CREAT, exclusive: O_RDWR | O_CREAT | O_EXCL }

const MODE = 0o644
/** Larger ones are read through the thread pool. */
const SMALL_FILE = 64 * 1024
/** How long a list may be for each millisecond that it takes. */
const ENTRIES_PER_MS = 200

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
      const fd = await this.#openFd(path, openFlags[create])
      try {
        return new NodeFile(path, fd, await this.#sizeOf(fd), this.#state)
      } catch (thrown) {
        await closeFd(fd)
        throw thrown
      }
    })
  }

  #openFd(path: string, flags: number): number | Promise<number> {
    const { writes } = this.#state
    return writes.isQuick ? writes.measure(() => openSync(path, flags, MODE)) : writes.watch(() => openFd(path, flags, MODE))
  }

  #sizeOf(fd: number): number | Promise<number> {
    const { reads } = this.#state
    return reads.isQuick ? reads.measure(() => fstatSync(fd).size) : reads.watch(async () => (await statFd(fd)).size)
  }

  #closeFd(fd: number): void | Promise<void> {
    const { writes } = this.#state
    return writes.isQuick ? writes.measure(() => closeSync(fd)) : closeFd(fd)
  }

  async mkdir(path: string): Promise<void> {
    const { writes } = this.#state
    await onDisk(path, 'make the directory', async () => {
      if (writes.isQuick) writes.measure(() => mkdirSync(path, { recursive: true }))
      else await writes.watch(() => fs.mkdir(path, { recursive: true }))
    })
  }

  list(dir: string, needsSize: (name: string) => boolean = () => true): Promise<Entry[]> {
    return onDisk(dir, 'list', async () => {
      const { reads } = this.#state
      const entries = reads.isQuick
        ? reads.measure(() => listNow(dir, needsSize), patienceForList)
        : await this.#listSoon(dir, needsSize)
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  async #listSoon(dir: string, needsSize: (name: string) => boolean): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const entry of (await orIfMissing(() => fs.readdir(dir, { withFileTypes: true }))) ?? []) {
      const { name } = entry
      const isDirectory = entry.isDirectory()
      const sizeInBytes = isDirectory || !needsSize(name) ? 0 : await this.#sizeAt(`${dir}/${name}`)
      if (sizeInBytes !== null) entries.push({ name, isDirectory, sizeInBytes }) // removed meanwhile: not there
    }
    return entries
  }

  /** Null where there is nothing. */
  #sizeAt(path: string): Promise<number | null> {
    const { reads } = this.#state
    return orIfMissing(async () => (reads.isQuick ? reads.measure(() => statSync(path)) : await fs.stat(path)).size)
  }

  exists(path: string): Promise<boolean> {
    return onDisk(path, 'look for', async () => (await this.#sizeAt(path)) !== null)
  }

  rename(from: string, to: string): Promise<void> {
    return onDisk(from, `rename to ${to}:`, async () => {
      const { writes } = this.#state
      if (writes.isQuick) writes.measure(() => renameSync(from, to))
      else await writes.watch(() => fs.rename(from, to))
    })
  }

  async remove(path: string): Promise<void> {
    await onDisk(path, 'remove', () => orIfMissing(() => fs.unlink(path)))
  }

  removeTree(dir: string): Promise<void> {
    return onDisk(dir, 'remove', () => fs.rm(dir, { recursive: true, force: true }))
  }

  flushDirectory(dir: string): Promise<void> {
    return onDisk(dir, 'flush', async () => {
      const fd = await this.#openFd(dir, O_RDONLY)
      try {
        await this.#state.writes.watch(() => flushAllOfFd(fd))
      } finally {
        await this.#closeFd(fd)
      }
    })
  }

  readAtomic(path: string): Promise<Uint8Array | null> {
    return onDisk(path, 'read', () =>
      orIfMissing(async () => {
        const { reads } = this.#state
        const bytes = reads.isQuick ? reads.measure(() => readSmallNow(path)) : null
        return bytes ?? (await this.#readSoon(path))
      }),
    )
  }

  async #readSoon(path: string): Promise<Uint8Array> {
    const { reads } = this.#state
    const fd = await reads.watch(() => openFd(path, O_RDONLY, MODE))
    try {
      const bytes = Buffer.allocUnsafeSlow((await reads.watch(() => statFd(fd))).size)
      return bytes.subarray(0, await reads.watch(() => readAll(fd, bytes, 0), bytes.length))
    } finally {
      await closeFd(fd)
    }
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
    const file = await this.open(beside)
    try {
      if (file.size > 0) await file.truncate(0) // one that a crash left behind
      await file.append([bytes])
      await file.flush()
    } finally {
      await file.close()
    }
    await this.rename(beside, path)
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

/** On this thread, without a promise for each entry: a start asks ten thousand directories. */
function listNow(dir: string, needsSize: (name: string) => boolean): Entry[] {
  const entries: Entry[] = []
  for (const entry of nowOrIfMissing(() => readdirSync(dir, { withFileTypes: true })) ?? []) {
    const { name } = entry
    const isDirectory = entry.isDirectory()
    const sizeInBytes = isDirectory || !needsSize(name) ? 0 : nowOrIfMissing(() => statSync(`${dir}/${name}`).size)
    if (sizeInBytes !== null) entries.push({ name, isDirectory, sizeInBytes }) // removed meanwhile: not there
  }
  return entries
}

/** Long lists take their time. */
function patienceForList(entries: readonly Entry[]): number {
  return entries.length / ENTRIES_PER_MS
}

/** Null where the file is too large to be read on this thread, or where a call gave less than there is. */
function readSmallNow(path: string): Uint8Array | null {
  const fd = openSync(path, O_RDONLY)
  try {
    const { size } = fstatSync(fd)
    if (size > SMALL_FILE) return null
    const bytes = Buffer.allocUnsafeSlow(size)
    return readSync(fd, bytes, 0, size, 0) === size ? bytes : null
  } finally {
    closeSync(fd)
  }
}

function nowOrIfMissing<T>(call: () => T): T | null {
  try {
    return call()
  } catch (thrown) {
    return nullIfMissing(thrown)
  }
}

function nullIfMissing(thrown: unknown): null {
  if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw thrown
}

/** Null where the file or directory is missing. */
async function orIfMissing<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (thrown) {
    return nullIfMissing(thrown)
  }
}
