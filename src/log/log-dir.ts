// A log directory: its lock and identity, the logs in it, their checkpoints, and what happens when its disk fails.

import type { Histogram } from '../base/histogram.ts'
import { DiskError, type Lock } from '../platform/disk.ts'
import { DirLogs } from './dir-logs.ts'
import { DirShared, type LogPlatform } from './dir-shared.ts'
import { makeDurable } from './durable-dir.ts'
import { noteFailedFlush } from './failed-flush.ts'
import type { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { defaults, type LogDirOptions, type LogDirSettings } from './log-dir-options.ts'
import { LogLoader } from './log-loader.ts'
import { LogMaker } from './log-maker.ts'
import { LogRenames } from './log-renames.ts'
import { type MetaProperties, ownMetaProperties } from './meta-properties.ts'
import { OffsetCheckpoints } from './offset-checkpoints.ts'
import { eachOf } from './pool.ts'
import { cleanShutdownText, parseCleanShutdown, readText } from './text-files.ts'

export type { LogDirOptions, LogDirSettings } from './log-dir-options.ts'

const LOCK = '.lock'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'

export class LogDir {
  readonly path: string
  readonly nodeId: number
  readonly clusterId: string
  /** Partitions are assigned to directories by it. */
  readonly directoryId: string
  /** Whether this start formatted the directory. */
  readonly isNew: boolean
  /** What the last clean stop left (-1: a marker without it); null after a stop that was not clean, and in a new directory. */
  readonly cleanBrokerEpoch: number | null
  readonly #logs = new DirLogs()
  readonly #shared: DirShared
  readonly #lock: Lock
  readonly #loader: LogLoader
  readonly #maker: LogMaker
  readonly #renames: LogRenames
  readonly #notClosed = new Set<Log>()
  readonly #onOffline: ((why: DiskError) => void)[] = []

  /**
   * Locks, identifies (or formats) and loads the directory, checking what a stop that was not clean left behind. Throws WrongDirectory where
   * it belongs to another cluster or node, and DiskError: code ELOCKED where another process uses it.
   */
  static async open(platform: LogPlatform, path: string, options: LogDirOptions): Promise<LogDir> {
    const { disk, random } = platform
    await makeDurable(disk, path)
    const lock = await disk.lock(`${path}/${LOCK}`)
    try {
      const identity = await ownMetaProperties(disk, path, options, random)
      const marker = await readText(disk, `${path}/${CLEAN_SHUTDOWN}`)
      // It goes first: a crash while loading must not look like a clean stop to the next start.
      await disk.remove(`${path}/${CLEAN_SHUTDOWN}`)
      if (marker !== null) await disk.flushDirectory(path)
      const dir = new LogDir(platform, path, options, {
        ...identity,
        lock,
        cleanBrokerEpoch: marker === null ? null : parseCleanShutdown(marker),
      })
      await dir.#loader.loadAll(options.config, dir.cleanBrokerEpoch !== null)
      return dir
    } catch (thrown) {
      if (thrown instanceof DiskError) await noteFailedFlush(disk, path).catch(() => {}) // the first failure is the one to tell
      await lock.release()
      throw thrown
    }
  }

  private constructor(
    platform: LogPlatform,
    path: string,
    options: LogDirOptions,
    found: MetaProperties & { isNew: boolean; lock: Lock; cleanBrokerEpoch: number | null },
  ) {
    this.path = path
    this.nodeId = found.nodeId
    this.clusterId = found.clusterId
    this.directoryId = found.directoryId
    this.isNew = found.isNew
    this.cleanBrokerEpoch = found.cleanBrokerEpoch
    this.#lock = found.lock
    const checkpoints = new OffsetCheckpoints(platform.disk, path, platform.logger)
    this.#shared = new DirShared(
      platform,
      path,
      { ...defaults, ...options },
      (why) => this.#wentOffline(why),
      (kind) => checkpoints.write(kind, this.#logs.all, this.#shared.slices),
    )
    this.#loader = new LogLoader(this.#shared, this.#logs, checkpoints)
    this.#maker = new LogMaker(this.#shared, this.#logs)
    this.#renames = new LogRenames(this.#shared, this.#logs, this.#loader)
  }

  /** Takes over what was altered; it holds at once. */
  retune({ producerIdExpirationMs, logsAtOnce }: LogDirSettings): void {
    this.#shared.producerIdExpirationMs = producerIdExpirationMs
    this.#shared.logsAtOnce = logsAtOnce
  }

  /** By the name of their directory, such as `orders-0`. */
  get logs(): ReadonlyMap<string, Log> {
    return this.#logs.inUse
  }

  /** Copies of logs that lie in another directory, on their way here (KIP-113), by the names that they will have. */
  get futures(): ReadonlyMap<string, Log> {
    return this.#logs.futures
  }

  /** Why the directory is out of use; null while it serves. */
  get offline(): DiskError | null {
    return this.#shared.offline
  }

  /** Resolves when the next process will know that the disk failed. Until then this one must not end, or that one believes what the disk forgot. */
  get wordLeft(): Promise<void> {
    return this.#shared.wordLeft
  }

  /** Bytes that were appended and that only memory has so far. */
  get unwrittenBytes(): number {
    return this.#shared.tails.unwrittenBytes
  }

  /** How many flushes of files were begun so far. */
  get flushes(): number {
    return this.#shared.flusher.rounds
  }

  /** How long flushes of files took, in microseconds. */
  get flushTimes(): Histogram {
    return this.#shared.flusher.times
  }

  // ---- logs come and go

  /**
   * Makes a log. A power cut may take all of it until the first of its records is flushed: the metadata knows of the partition, and whoever
   * follows them makes the log again.
   */
  createLog(topic: string, partition: number, topicId: string | null, config: LogConfig): Promise<Log> {
    return this.#maker.createLog(topic, partition, topicId, config)
  }

  /**
   * Makes the beginning of a copy, empty and on the device, to be put in the place of the log of another directory. Throws INVALID_TOPIC_EXCEPTION for a
   * name that is too long.
   */
  createFuture(log: Log): Promise<Log> {
    return this.#maker.createFuture(log)
  }

  /** Gives a log its topic's id again, whose partition.metadata was missing or could not be read; on the device when this resolves. */
  identify(log: Log, topicId: string): Promise<void> {
    return this.#maker.identify(log, topicId)
  }

  /** A copy is whole: it is the partition's log from here on, under its name, on the device when this resolves; gives the log anew. */
  promote(future: Log): Promise<Log> {
    return this.#renames.promote(future)
  }

  /** Takes a log out of use without removing it; gives the name of its directory for `takeBack` or `removeAside`. */
  setAside(log: Log): Promise<string> {
    return this.#renames.retire(log, 'delete')
  }

  /** What was set aside is in use again; gives the log anew. */
  takeBack(log: Log, aside: string): Promise<Log> {
    return this.#renames.takeBack(log, aside)
  }

  /** Removes it after `file.delete.delay.ms`. */
  removeAside(log: Log, aside: string): void {
    this.#renames.removeAside(log, aside)
  }

  /** Takes a log out of use. Its directory has another name when this resolves and is removed after `file.delete.delay.ms`. */
  async deleteLog(log: Log): Promise<void> {
    this.removeAside(log, await this.setAside(log))
  }

  /** Sets a log aside that nobody knows of: it is never deleted by us. */
  async strayLog(log: Log): Promise<void> {
    await this.#renames.retire(log, 'stray')
  }

  // ---- trouble

  /** Calls `run` once, when the disk failed: everything in this directory is out of use from then on. At once where it is already. */
  onOffline(run: (why: DiskError) => void): void {
    if (this.offline) run(this.offline)
    else this.#onOffline.push(run)
  }

  #wentOffline(why: DiskError): void {
    for (const log of this.#logs.all) log.wake()
    for (const run of this.#onOffline) {
      try {
        run(why)
      } catch (thrown) {
        // One who fails to hear must not keep the others from hearing.
        this.#shared.logger.error('one who follows a log directory failed', { dir: this.path, error: thrown })
      }
    }
  }

  // ---- the end

  /** Writes down where a start must begin to check each log, and how far each is committed. The more often, the quicker is a start after a crash. */
  checkpoint(): Promise<void> {
    return this.#shared.online(async () => {
      await this.#shared.checkpoint('recoveryPoint')
      await this.#shared.checkpoint('startOffset')
      await this.#shared.checkpoint('highWatermark')
    })
  }

  #eachLog(work: (log: Log) => Promise<void>): Promise<void> {
    const { all } = this.#logs
    for (const log of all) this.#notClosed.add(log)
    return eachOf(all, this.#shared.logsAtOnce, async (log) => {
      await this.#shared.slices.rest()
      await work(log)
      this.#notClosed.delete(log)
    })
  }

  /** While `close` is under way: the logs that it has not closed so far. */
  get notClosed(): ReadonlySet<Log> {
    return this.#notClosed
  }

  /** Closes everything. With `clean`, all is written, flushed and marked, so that the next start need not check anything. */
  async close(clean: { readonly brokerEpoch: number } | null): Promise<void> {
    const { disk } = this.#shared
    try {
      if (clean && !this.offline) {
        this.#shared.flusher.hurry()
        await this.#eachLog((log) => (log.offline ? log.closeAsIs() : log.closeCleanly()))
        for (const kind of ['recoveryPoint', 'startOffset', 'highWatermark'] as const) await this.#shared.checkpoint(kind)
        if (!this.#logs.all.some(({ offline }) => offline))
          // one that a defect broke has to be checked by the next start
          await disk.replaceAtomic(`${this.path}/${CLEAN_SHUTDOWN}`, Buffer.from(cleanShutdownText(clean.brokerEpoch)))
      } else await this.#eachLog((log) => log.closeAsIs())
    } finally {
      this.#shared.close()
      await this.wordLeft
      await this.#lock.release()
    }
  }
}
