// One open file: appends in order, joined into one write at a time; reads out of pooled buffers; flushes beside them.

import { closeSync, readSync } from 'node:fs'
import { assert } from '../../base/assert.ts'
import type { BufferPool } from '../../base/buffer-pool.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import type { File, ReadBytes } from '../disk.ts'
import { closeFd, flushFd, readAll, truncateFd, writeAll, writeAllNow } from './calls.ts'
import { diskError } from './disk-errors.ts'
import type { Pace } from './pace.ts'

/** Measured: 5 µs against 29 through the thread pool at 16 KB, and beyond this the kernel may throttle the writer. */
const WRITE_NOW_MAX = 64 * 1024
/** Measured from the page cache: 24 µs against 72 at 256 KB; at 1 MB the thread pool's second core wins. */
const READ_NOW_MAX = 256 * 1024
/** The last to close a file that was removed waits until the kernel has given up its cached pages: 240 ms a gigabyte. */
const CLOSE_NOW_MAX = 1024 * 1024
/** How much is joined into one write. */
const JOIN_MAX = 8 * 1024 * 1024

/** What the files of one disk share. */
export interface DiskState {
  readonly buffers: BufferPool
  readonly reads: Pace
  readonly writes: Pace
}

interface Write {
  readonly kind: 'write'
  readonly at: number
  readonly chunks: readonly Uint8Array[]
  readonly bytes: number
  /** The file's size before it: where the file ends again if it fails. */
  readonly sizeBefore: number
  readonly done: Deferred<void>
}

interface Cut {
  readonly kind: 'cut'
  readonly at: number
  readonly sizeBefore: number
  readonly done: Deferred<void>
}

interface Mark {
  readonly kind: 'mark'
  readonly done: Deferred<void>
}

type Work = Write | Cut | Mark

const noBytes: ReadBytes = { views: [], release() {} }

export class NodeFile implements File {
  readonly path: string
  readonly #fd: number
  readonly #disk: DiskState
  #size: number
  #queue: Work[] = []
  #underWay: Work[] = []
  /** A failed write may have left bytes beyond `size`; they are cut off before anything else is written. */
  #isTorn = false
  #users = 0
  #onIdle: (() => void) | null = null
  #closing: Promise<void> | null = null

  constructor(path: string, fd: number, size: number, disk: DiskState) {
    this.path = path
    this.#fd = fd
    this.#size = size
    this.#disk = disk
  }

  get size(): number {
    return this.#size
  }

  /**
   * Small ones are written at once while the disk is quick, all others through the thread pool. If a write fails, those waiting behind it fail
   * with it and the file ends where the first of them began.
   */
  append(chunks: readonly Uint8Array[]): Promise<void> {
    return this.#write(this.#size, chunks)
  }

  write(at: number, bytes: Uint8Array): Promise<void> {
    return this.#write(at, [bytes])
  }

  #write(at: number, chunks: readonly Uint8Array[]): Promise<void> {
    this.#assertOpen()
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    const sizeBefore = this.#size
    if (bytes > 0) this.#size = Math.max(sizeBefore, at + bytes)
    if (bytes <= WRITE_NOW_MAX && this.#isQuiet && this.#disk.writes.isQuick) return this.#writeNow(at, chunks, sizeBefore)
    return this.#enqueue({ kind: 'write', at, chunks, bytes, sizeBefore, done: deferred() })
  }

  get #isQuiet(): boolean {
    return this.#underWay.length === 0 && this.#queue.length === 0 && !this.#isTorn
  }

  async #writeNow(at: number, chunks: readonly Uint8Array[], sizeBefore: number): Promise<void> {
    try {
      this.#disk.writes.measure(() => writeAllNow(this.#fd, chunks, at))
    } catch (thrown) {
      this.#tear(sizeBefore)
      void this.#work()
      throw diskError(this.path, 'write to', thrown)
    }
  }

  async read(at: number, length: number): Promise<ReadBytes> {
    this.#assertOpen()
    if (at + length > this.#settledUpTo()) await this.#mark().catch(() => {}) // a failed write shortens the file; its writer is told
    this.#assertOpen()
    const wanted = Math.min(length, this.#size - at)
    if (wanted <= 0) return noBytes
    const buffer = this.#disk.buffers.take(wanted)
    this.#users++
    try {
      const count = await this.#readInto(buffer.bytes, at)
      const views = count === wanted ? [buffer.bytes] : [buffer.bytes.subarray(0, count)]
      return { views, release: () => buffer.release() }
    } catch (thrown) {
      buffer.release()
      throw diskError(this.path, 'read', thrown)
    } finally {
      this.#leave()
    }
  }

  #readInto(bytes: Uint8Array, at: number): number | Promise<number> {
    const { reads } = this.#disk
    if (bytes.length > READ_NOW_MAX || !reads.isQuick) return reads.watch(() => readAll(this.#fd, bytes, at), bytes.length)
    const count = reads.measure(() => readSync(this.#fd, bytes, 0, bytes.length, at))
    return count === bytes.length || count === 0 ? count : this.#readRest(bytes, at, count)
  }

  async #readRest(bytes: Uint8Array, at: number, count: number): Promise<number> {
    return count + (await readAll(this.#fd, bytes.subarray(count), at + count))
  }

  /** The position up to which the system has every byte. */
  #settledUpTo(): number {
    let settled = Infinity
    for (const works of [this.#underWay, this.#queue])
      for (const work of works) if (work.kind !== 'mark') settled = Math.min(settled, work.at)
    return settled
  }

  truncate(size: number): Promise<void> {
    this.#assertOpen()
    const sizeBefore = this.#size
    this.#size = size
    return this.#enqueue({ kind: 'cut', at: size, sizeBefore, done: deferred() })
  }

  /** Rejects too when a write that it would have covered failed. */
  async flush(): Promise<void> {
    this.#assertOpen()
    this.#users++
    try {
      if (!this.#isQuiet) await this.#mark()
      await this.#disk.writes.watch(() => flushFd(this.#fd))
    } catch (thrown) {
      throw diskError(this.path, 'flush', thrown)
    } finally {
      this.#leave()
    }
  }

  /** Waits for everything under way, then gives the descriptor back. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (!this.#isQuiet) await this.#mark().catch(() => {}) // a failed write was told to its writer
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    const { writes } = this.#disk
    try {
      if (writes.isQuick && this.#size <= CLOSE_NOW_MAX) writes.measure(() => closeSync(this.#fd))
      else await closeFd(this.#fd)
    } catch (thrown) {
      throw diskError(this.path, 'close', thrown)
    }
  }

  #assertOpen(): void {
    assert(this.#closing === null, `${this.path} is used after it was closed`)
  }

  #leave(): void {
    if (--this.#users === 0) this.#onIdle?.()
  }

  /** Resolves when everything asked for so far was done; rejects when any of it failed. */
  #mark(): Promise<void> {
    return this.#enqueue({ kind: 'mark', done: deferred() })
  }

  #enqueue(work: Work): Promise<void> {
    this.#queue.push(work)
    if (this.#underWay.length === 0) void this.#work()
    return work.done.promise
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0 || this.#isTorn) {
      const works = (this.#underWay = this.#takeJoined())
      try {
        if (this.#isTorn) await this.#mend()
        const bytes = works.reduce((sum, work) => sum + (work.kind === 'write' ? work.bytes : 0), 0)
        await this.#disk.writes.watch(() => this.#carryOut(works), bytes)
        this.#underWay = []
        for (const { done } of works) done.resolve()
      } catch (thrown) {
        this.#failAll(works, diskError(this.path, 'write to', thrown))
        if (works.length === 0) return // nothing left but the torn end, which stays: the next write tries again
      }
    }
  }

  /** The first of the queue, with the writes behind it that go on where it ends. */
  #takeJoined(): Work[] {
    const [first] = this.#queue
    let count = first ? 1 : 0
    if (first?.kind === 'write') {
      let end = first.at + first.bytes
      for (let next = this.#queue[count]; next?.kind === 'write' && next.at === end; next = this.#queue[count]) {
        end += next.bytes
        if (end - first.at > JOIN_MAX) break
        count++
      }
    }
    return this.#queue.splice(0, count)
  }

  async #carryOut(works: readonly Work[]): Promise<void> {
    const [first] = works
    if (first?.kind === 'cut') await truncateFd(this.#fd, first.at)
    else if (first?.kind === 'write') {
      const chunks = works.length === 1 ? first.chunks : works.flatMap((work) => (work.kind === 'write' ? work.chunks : []))
      await writeAll(this.#fd, chunks, first.at)
    }
  }

  /** Nothing behind a failed write may be carried out: it would leave a hole. */
  #failAll(works: readonly Work[], why: Error): void {
    const failed = [...works, ...this.#queue]
    this.#underWay = []
    this.#queue = []
    const first = failed.find((work) => work.kind !== 'mark')
    if (first) this.#tear(first.sizeBefore)
    for (const { done } of failed) done.reject(why)
  }

  #tear(size: number): void {
    this.#size = size
    this.#isTorn = true
  }

  async #mend(): Promise<void> {
    await truncateFd(this.#fd, this.#size)
    this.#isTorn = false
  }
}
