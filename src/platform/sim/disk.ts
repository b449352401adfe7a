// The disk of one simulated machine. A dead process loses what it had not handed over; a power cut also what was not flushed.

import { assert } from '../../base/assert.ts'
import { deferred } from '../../base/deferred.ts'
import { type Disk, DiskError, type Entry, type File, type Lock } from '../disk.ts'
import type { Events } from './events.ts'
import { SimFile } from './file.ts'
import { type Inode, SimDirectory, SimInode } from './inode.ts'
import { Journal } from './journal.ts'
import type { SimProcess } from './process.ts'
import type { SeededRandom } from './random.ts'

/** What the device is like now; a scenario changes it. */
export interface DiskWeather {
  /** The longest ordinary call. */
  callMs: number
  /** The longest flush. */
  flushMs: number
  /** Added to every call: a device that stalls. */
  stallMs: number
  /** No write may make a file longer. */
  isFull: boolean
  readErrorShare: number
  flushErrorShare: number
  /** Of flushes that failed: the system forgets what it could not write, and still reads it as written. */
  flushLossShare: number
  /** Directories that are disks of their own, and broken: nothing at or below them works. */
  brokenPaths: readonly string[]
}

export const calmDisk: DiskWeather = {
  callMs: 0.05,
  flushMs: 2,
  stallMs: 0,
  isFull: false,
  readErrorShare: 0,
  flushErrorShare: 0,
  flushLossShare: 0,
  brokenPaths: [],
}

type Kind = 'read' | 'write' | 'grow' | 'truncate' | 'flush' | 'names'
const TOTAL = 1 << 30
const ALMOST_ALL = TOTAL - (1 << 10)

/** How one process calls the device. */
export class DiskCalls {
  readonly #device: SimDevice
  readonly #process: SimProcess
  readonly #open = new Set<SimFile>()

  constructor(device: SimDevice, process: SimProcess) {
    this.#device = device
    this.#process = process
  }

  get random(): SeededRandom {
    return this.#device.random
  }

  /** Does `act` after a while, or fails as the weather has it. */
  call<T>(kind: Kind, path: string, act: () => T): Promise<T> {
    const done = deferred<T>()
    const { events, random, weather } = this.#device
    const ms = weather.stallMs + random.next() * (kind === 'flush' ? weather.flushMs : weather.callMs)
    const run = () => {
      try {
        const code = this.#trouble(kind, path)
        if (code !== null) {
          this.#device.mishaps++
          events.note(`disk ${code} at ${kind} ${path}`)
          events.saw(`the disk failed a ${kind}`)
          throw failure(path, code, 'simulated trouble')
        }
        done.resolve(act())
      } catch (thrown) {
        done.reject(thrown)
      }
    }
    events.after(ms, `disk ${kind} ${path}`, run, this.#process)
    return done.promise
  }

  #trouble(kind: Kind, path: string): string | null {
    const { random, weather } = this.#device
    if (weather.brokenPaths.some((broken) => path === broken || path.startsWith(`${broken}/`))) return 'EIO'
    if (kind === 'grow' && weather.isFull) return 'ENOSPC'
    if (kind === 'read' && random.chance(weather.readErrorShare)) return 'EIO'
    if (kind === 'flush' && random.chance(weather.flushErrorShare)) return 'EIO'
    return null
  }

  get weather(): DiskWeather {
    return this.#device.weather
  }

  /** Counts one of the rare things that runs are made for. */
  saw(what: string): void {
    this.#device.events.saw(what)
  }

  /** Ends the run, whatever the caller does about it. */
  bug(what: string): void {
    this.#device.events.after(0, what, () => assert(false, what))
  }

  opened(path: string, inode: SimInode): File {
    const file = new SimFile(path, inode, this)
    this.#open.add(file)
    return file
  }

  closed(file: SimFile): void {
    this.#open.delete(file)
  }

  lost(): void {
    for (const file of this.#open) file.lost()
  }
}

/** What lies on it outlives processes. */
export class SimDevice {
  readonly events: Events
  readonly random: SeededRandom
  /** What it is like when nothing is wrong. */
  usual: DiskWeather = { ...calmDisk }
  weather: DiskWeather = { ...calmDisk }
  readonly journal = new Journal()
  #root = new SimDirectory(this.journal)
  readonly #locks = new Map<string, SimProcess>()
  /** Power cuts and calls that failed so far: while it stays the same, what was written is there for every process. */
  mishaps = 0

  constructor(events: Events, random: SeededRandom) {
    this.events = events
    this.random = random
  }

  /** The device as one process sees it. */
  of(process: SimProcess, calls: DiskCalls): Disk {
    return new SimDisk(this, process, calls)
  }

  calls(process: SimProcess): DiskCalls {
    return new DiskCalls(this, process)
  }

  /** Makes a directory below the root that was there before the world began. */
  prepare(name: string): void {
    this.#root.name([name, new SimDirectory(this.journal)])
    this.#root.flush()
  }

  /** After it the machine starts on what the device kept. */
  powerCut(): void {
    this.mishaps++
    this.mount(this.#root.afterPowerCut(this.random, (what) => this.events.saw(what)))
  }

  /** From here on the device holds this and nothing else, all of it flushed. */
  mount(root: SimDirectory): void {
    this.#root = root
    this.journal.onStep?.({ kind: 'root', root })
  }

  lock(path: string, process: SimProcess): void {
    const holder = this.#locks.get(path)
    if (holder?.isAlive)
      throw new DiskError(path, 'ELOCKED', `${path} is held by ${holder === process ? 'this process' : holder.name}`)
    this.#locks.set(path, process)
  }

  unlock(path: string, process: SimProcess): void {
    if (this.#locks.get(path) === process) this.#locks.delete(path)
  }

  find(path: string): Inode | undefined {
    let node: Inode | undefined = this.#root
    for (const part of partsOf(path)) {
      if (!(node instanceof SimDirectory)) return undefined
      node = node.entries.get(part)
    }
    return node
  }

  /** The content of a file as it is sure to be after a power cut; null where the device does not know its name. */
  onDevice(path: string): Buffer | null {
    let node: Inode | undefined = this.#root
    for (const part of partsOf(path)) node = node instanceof SimDirectory ? node.durable.get(part) : undefined
    return node instanceof SimInode ? node.bytesOnDevice : null
  }

  directory(path: string): SimDirectory | undefined {
    const found = this.find(path)
    return found instanceof SimDirectory ? found : undefined
  }
}

class SimDisk implements Disk {
  readonly #device: SimDevice
  readonly #process: SimProcess
  readonly #calls: DiskCalls
  /** The last replacement of each path: two at once would share their temporary file. */
  readonly #replacing = new Map<string, Promise<void>>()

  constructor(device: SimDevice, process: SimProcess, calls: DiskCalls) {
    this.#device = device
    this.#process = process
    this.#calls = calls
  }

  open(path: string, create: 'never' | 'ifMissing' | 'exclusive' = 'ifMissing'): Promise<File> {
    return this.#calls.call('names', path, () => {
      const node = this.#device.find(path)
      if (node instanceof SimDirectory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
      if (node && create === 'exclusive') throw failure(path, 'EEXIST', 'it exists already')
      if (!node && create === 'never') throw failure(path, 'ENOENT', 'the file is not there')
      return this.#calls.opened(path, node ?? this.#make(path))
    })
  }

  #make(path: string): SimInode {
    const made = new SimInode(this.#device.journal)
    this.#parent(path).name([baseOf(path), made])
    return made
  }

  #parent(path: string): SimDirectory {
    const found = this.#device.directory(parentOf(path))
    if (!found) throw failure(path, 'ENOENT', 'its directory is not there')
    return found
  }

  mkdir(path: string): Promise<void> {
    return this.#calls.call('names', path, () => {
      const parts = partsOf(path)
      for (let count = 1; count <= parts.length; count++) {
        const dir = `/${parts.slice(0, count).join('/')}`
        const node = this.#device.find(dir)
        if (node instanceof SimInode) throw failure(path, 'ENOTDIR', 'a part of the path is a file, not a directory')
        if (!node) this.#parent(dir).name([baseOf(dir), new SimDirectory(this.#device.journal)])
      }
    })
  }

  list(dir: string): Promise<Entry[]> {
    return this.#calls.call('names', dir, () => {
      const entries = [...(this.#device.directory(dir)?.entries ?? [])].map(([name, node]) => ({
        name,
        isDirectory: node instanceof SimDirectory,
        sizeInBytes: node instanceof SimInode ? node.content.size : 0,
      }))
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  exists(path: string): Promise<boolean> {
    return this.#calls.call('names', path, () => this.#device.find(path) !== undefined)
  }

  rename(from: string, to: string): Promise<void> {
    return this.#calls.call('names', from, () => {
      const node = this.#device.find(from)
      if (!node) throw failure(from, 'ENOENT', 'it is not there')
      const [source, target] = [this.#parent(from), this.#parent(to)]
      if ((this.#device.directory(to)?.entries.size ?? 0) > 0 && node !== this.#device.find(to)) {
        throw failure(to, 'ENOTEMPTY', 'the directory is not empty')
      }
      if (source === target) return source.name([baseOf(from), null], [baseOf(to), node])
      target.name([baseOf(to), node])
      source.name([baseOf(from), null])
    })
  }

  remove(path: string): Promise<void> {
    return this.#calls.call('names', path, () => {
      const node = this.#device.find(path)
      if (node instanceof SimDirectory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
      if (node) this.#parent(path).name([baseOf(path), null])
    })
  }

  removeTree(dir: string): Promise<void> {
    return this.#calls.call('names', dir, () => {
      if (this.#device.find(dir)) this.#parent(dir).name([baseOf(dir), null])
    })
  }

  flushDirectory(dir: string): Promise<void> {
    return this.#calls.call('flush', dir, () => {
      const found = this.#device.directory(dir)
      if (!found) throw failure(dir, 'ENOENT', 'it is not there')
      found.flush()
    })
  }

  readAtomic(path: string): Promise<Uint8Array | null> {
    return this.#calls.call('read', path, () => {
      const node = this.#device.find(path)
      if (node instanceof SimDirectory) throw failure(path, 'EISDIR', 'it is a directory, not a file')
      return node ? node.bytes : null
    })
  }

  async replaceAtomic(path: string, bytes: Uint8Array): Promise<void> {
    const before = this.#replacing.get(path)
    const mine = (async () => {
      await before?.catch(() => {}) // its own caller was told
      await this.#replace(path, Uint8Array.from(bytes))
    })()
    this.#replacing.set(path, mine)
    try {
      await mine
    } finally {
      if (this.#replacing.get(path) === mine) this.#replacing.delete(path)
    }
  }

  async #replace(path: string, bytes: Uint8Array): Promise<void> {
    const beside = await this.open(`${path}.tmp`)
    try {
      await beside.truncate(0) // one that a crash left behind
      await beside.append([bytes])
      await beside.flush()
    } finally {
      await beside.close()
    }
    await this.rename(beside.path, path)
    await this.flushDirectory(parentOf(path))
  }

  async lock(path: string): Promise<Lock> {
    const file = await this.open(path)
    this.#device.lock(path, this.#process)
    await file.close()
    return { release: async () => this.#device.unlock(path, this.#process) }
  }

  space(dir: string): Promise<{ total: number; usable: number }> {
    return this.#calls.call('names', dir, () => ({ total: TOTAL, usable: this.#device.weather.isFull ? 0 : ALMOST_ALL }))
  }
}

function failure(path: string, code: string, why: string): DiskError {
  return new DiskError(path, code, `${path}: ${why} (${code})`)
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '')
const baseOf = (path: string) => partsOf(path).at(-1) ?? ''
const parentOf = (path: string) => `/${partsOf(path).slice(0, -1).join('/')}`
