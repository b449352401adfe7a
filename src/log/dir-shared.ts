// What a log directory does for its logs: time, disk, memory, and the one answer to a disk that fails.

import { deferred } from '../base/deferred.ts'
import type { Timer } from '../platform/clock.ts'
import { DiskError } from '../platform/disk.ts'
import type { Platform } from '../platform/platform.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { noteFailedFlush } from './failed-flush.ts'
import { Flusher } from './flusher.ts'
import { IndexCache } from './index-cache.ts'
import { JoinedFlush } from './joined-flush.ts'
import { OpenFiles } from './open-files.ts'
import { type CheckpointKind, inBackground, type Shared } from './shared.ts'
import { TailBudget } from './tail.ts'

/** A disk that ends no call for so long will not end it soon. */
const LEAVE_WORD_MS = 30_000

export type LogPlatform = Pick<Platform, 'clock' | 'disk' | 'random' | 'logger'>

export interface DirLimits {
  readonly tailBytes: number
  readonly indexBytes: number
  readonly maxOpenFiles: number
  readonly flushesFound: boolean
  readonly producerIdExpirationMs: number
  readonly logsAtOnce: number
}

export class DirShared implements Shared {
  /** Of the log directory. */
  readonly path: string
  readonly clock: Shared['clock']
  readonly disk: Shared['disk']
  readonly random: Shared['random']
  readonly logger: Shared['logger']
  readonly files: OpenFiles
  readonly indexes: IndexCache
  readonly tails: TailBudget
  readonly flusher: Flusher
  readonly entries: JoinedFlush
  readonly slices: Slices
  readonly flushesFound: boolean
  producerIdExpirationMs: number
  /** How many logs are loaded, and closed, at the same time. */
  logsAtOnce: number
  readonly #onOffline: (why: DiskError) => void
  readonly #writeCheckpoint: (kind: CheckpointKind) => Promise<void>
  readonly #timers = new Set<Timer>()
  readonly #checkpoints = new Map<CheckpointKind, { running: Promise<void>; next: Promise<void> | null }>()
  #sends: (() => void)[] = []
  #offline: DiskError | null = null
  /** Resolves when the next process will know that the disk failed, or cannot be told; at once as long as nothing failed. */
  wordLeft: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(
    { clock, disk, random, logger }: LogPlatform,
    path: string,
    limits: DirLimits,
    onOffline: (why: DiskError) => void,
    writeCheckpoint: (kind: CheckpointKind) => Promise<void>,
  ) {
    this.clock = clock
    this.disk = disk
    this.random = random
    this.logger = logger
    this.slices = Slices.of(clock)
    this.flusher = new Flusher(() => clock.monotonic())
    this.entries = new JoinedFlush(disk, path)
    this.files = new OpenFiles(disk, limits.maxOpenFiles, (why) => this.goOffline(why))
    this.indexes = new IndexCache(limits.indexBytes)
    this.tails = new TailBudget(limits.tailBytes)
    this.producerIdExpirationMs = limits.producerIdExpirationMs
    this.logsAtOnce = limits.logsAtOnce
    this.flushesFound = limits.flushesFound
    this.path = path
    this.#onOffline = onOffline
    this.#writeCheckpoint = writeCheckpoint
  }

  get offline(): DiskError | null {
    return this.#offline
  }

  goOffline(why: unknown): void {
    if (this.#offline || this.#isClosed) return
    if (!(why instanceof DiskError)) return this.logger.error('a defect in a log directory', { dir: this.path, error: why })
    this.#offline = why
    this.wordLeft = this.#leaveWord()
    this.#onOffline(why)
  }

  /** Runs work on the directory; KAFKA_STORAGE_ERROR where its disk failed before, or fails it, which takes the directory offline. */
  async online<T>(work: () => Promise<T>): Promise<T> {
    const { offline } = this
    if (offline)
      throw new KafkaError('KAFKA_STORAGE_ERROR', `the log directory ${this.path} failed: ${offline.message}`, { cause: offline })
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof DiskError)) throw thrown // an answer, or a defect of ours, which says nothing of the disk
      this.goOffline(thrown)
      throw new KafkaError('KAFKA_STORAGE_ERROR', thrown.message, { cause: thrown })
    }
  }

  /** Removes a directory below this one; nobody waits for it. */
  removeSoon(name: string): void {
    inBackground(this.disk.removeTree(`${this.path}/${name}`), (why) => this.goOffline(why))
  }

  // A disk that fails may be slow as well; one that hangs is not waited for.
  async #leaveWord(): Promise<void> {
    const { promise, resolve } = deferred<void>()
    const timer = this.clock.after(LEAVE_WORD_MS, resolve)
    noteFailedFlush(this.disk, this.path).then(resolve, (thrown: unknown) => {
      this.logger.error('the next start will not know that this disk failed', { dir: this.path, error: thrown })
      resolve()
    })
    await promise
    timer.cancel()
  }

  sendSoon(send: () => void): void {
    this.#sends.push(send)
    if (this.#sends.length === 1) this.clock.soon(() => this.#sendAll())
  }

  #sendAll(): void {
    const sends = this.#sends
    this.#sends = []
    for (const send of sends) send()
  }

  later(ms: number, run: () => void): void {
    if (this.#isClosed) return
    const timer = this.clock.after(ms, () => {
      this.#timers.delete(timer)
      if (!this.#offline) run()
    })
    this.#timers.add(timer)
  }

  /** One who asks while the file is being written gets the next writing, together with all others who asked meanwhile. */
  checkpoint(kind: CheckpointKind): Promise<void> {
    const current = this.#checkpoints.get(kind)
    if (!current) return this.#startCheckpoint(kind)
    current.next ??= current.running.then(() => this.#startCheckpoint(kind))
    return current.next
  }

  #startCheckpoint(kind: CheckpointKind): Promise<void> {
    const running = this.#runCheckpoint(kind)
    this.#checkpoints.set(kind, { running, next: null })
    return running
  }

  async #runCheckpoint(kind: CheckpointKind): Promise<void> {
    try {
      await this.#writeCheckpoint(kind)
    } catch (thrown) {
      this.goOffline(thrown)
      throw thrown instanceof DiskError ? (this.#offline ?? thrown) : thrown
    } finally {
      if (this.#checkpoints.get(kind)?.next === null) this.#checkpoints.delete(kind)
    }
  }

  /** No timer runs from here on. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }
}
