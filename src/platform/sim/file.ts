// One open file of a simulated disk: writes and cuts one after the other, flushes beside them, each after a while.

import { assert } from '../../base/assert.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import type { DiskError, File, ReadBytes } from '../disk.ts'
import type { DiskCalls } from './disk.ts'
import type { SimInode } from './inode.ts'

type Work =
  | { readonly kind: 'write'; readonly at: number; readonly chunks: readonly Uint8Array[]; readonly bytes: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'mark' }
type Queued = Work & { readonly sizeBefore: number; readonly done: Deferred<void> }

/** What a buffer is filled with when its reader released it: whoever still looks sees it. */
const POISON = 0xdb

export class SimFile implements File {
  readonly path: string
  readonly #inode: SimInode
  readonly #calls: DiskCalls
  #size: number
  readonly #queue: Queued[] = []
  #isWorking = false
  /** A failed write left bytes beyond this size. */
  #tornAt = Infinity
  #users = 0
  #onIdle: (() => void) | null = null
  #isClosed = false
  #flushFailed = false

  constructor(path: string, inode: SimInode, calls: DiskCalls) {
    this.path = path
    this.#inode = inode
    this.#calls = calls
    this.#size = inode.content.size
  }

  get size(): number {
    return this.#size
  }

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
    return this.#enqueue({ kind: 'write', at, chunks, bytes }, sizeBefore)
  }

  truncate(size: number): Promise<void> {
    this.#assertOpen()
    const sizeBefore = this.#size
    this.#size = size
    return this.#enqueue({ kind: 'cut', at: size }, sizeBefore)
  }

  async read(at: number, length: number): Promise<ReadBytes> {
    this.#assertOpen()
    if (this.#queue.length > 0) await this.#mark().catch(() => {}) // a failed write shortens the file; its writer is told
    this.#assertOpen()
    this.#users++
    try {
      return await this.#calls.call('read', this.path, () => {
        const found = Buffer.concat(this.#inode.content.read(at, Math.max(0, Math.min(length, this.#size - at))))
        return { views: found.length > 0 ? [found] : [], release: () => void found.fill(POISON) }
      })
    } finally {
      this.#leave()
    }
  }

  async flush(): Promise<void> {
    this.#assertOpen()
    if (this.#flushFailed) this.#calls.bug(`${this.path} is flushed again after a flush of it failed`)
    this.#users++
    let { mark } = this.#inode
    try {
      if (this.#queue.length > 0) await this.#mark()
      mark = this.#inode.mark
      await this.#calls.call('flush', this.path, () => this.#inode.flushUpTo(mark))
    } catch (thrown) {
      this.#flushFailed = true
      if (this.#calls.random.chance(this.#calls.weather.flushLossShare)) {
        this.#calls.saw('a failed flush lost bytes that are read as written')
        this.#inode.dropUpTo(mark)
      }
      throw thrown
    } finally {
      this.#leave()
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#mark().catch(() => {}) // a failed write was told to its writer
    if (this.#users > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    this.#calls.closed(this)
  }

  /** The process died: of the write under way the first bytes may have come through. */
  lost(): void {
    const [first] = this.#queue
    if (first?.kind === 'write') this.#writePart(first)
    this.#queue.length = 0
  }

  #assertOpen(): void {
    assert(!this.#isClosed, `${this.path} is used after it was closed`)
  }

  #leave(): void {
    if (--this.#users === 0) this.#onIdle?.()
  }

  #mark(): Promise<void> {
    return this.#enqueue({ kind: 'mark' }, this.#size)
  }

  #enqueue(work: Work, sizeBefore: number): Promise<void> {
    const done = deferred<void>()
    this.#queue.push({ ...work, sizeBefore, done })
    if (!this.#isWorking) void this.#work()
    return done.promise
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (let first = this.#queue[0]; first; first = this.#queue[0]) {
      try {
        await this.#carryOut(first)
        this.#queue.shift()
        first.done.resolve()
      } catch (thrown) {
        this.#failAll(thrown as DiskError)
      }
    }
    this.#isWorking = false
  }

  async #carryOut(work: Queued): Promise<void> {
    if (work.kind === 'mark') return
    if (work.kind === 'cut') return this.#calls.call('truncate', this.path, () => this.#inode.resize(work.at))
    const growth = work.at + work.bytes - this.#inode.content.size
    try {
      await this.#calls.call(growth > 0 ? 'grow' : 'write', this.path, () => this.#writeAll(work))
    } catch (thrown) {
      this.#writePart(work)
      throw thrown
    }
  }

  #writeAll({ at, chunks }: Queued & { kind: 'write' }): void {
    if (this.#inode.content.size > this.#tornAt) this.#inode.resize(this.#tornAt)
    this.#tornAt = Infinity
    this.#inode.write(at, Buffer.concat(chunks))
  }

  #writePart({ at, chunks, bytes }: Queued & { kind: 'write' }): void {
    const part = Buffer.concat(chunks).subarray(0, this.#calls.random.below(bytes + 1))
    if (part.length > 0) this.#inode.write(at, part)
  }

  /** Nothing behind a failed write may be carried out: it would leave a hole. */
  #failAll(why: DiskError): void {
    const failed = this.#queue.splice(0)
    this.#size = (failed.find(({ kind }) => kind !== 'mark') ?? failed[0]!).sizeBefore
    this.#tornAt = this.#size
    for (const { done } of failed) done.reject(why)
  }
}
