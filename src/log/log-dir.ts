// A log directory: its lock and identity, the logs in it, their checkpoints, and what happens when its disk fails.

import { assert } from '../base/assert.ts'
import type { Histogram } from '../base/histogram.ts'
import { type Disk, DiskError, type Lock } from '../platform/disk.ts'
import { KafkaError } from '../protocol/errors.ts'
import { DirShared, type LogPlatform } from './dir-shared.ts'
import { forgetFailedFlush, hadFailedFlush, noteFailedFlush, writeAgain } from './failed-flush.ts'
import {
  futureDir,
  kindOfDir,
  type PartitionDir,
  parseFutureDir,
  parsePartitionDir,
  partitionDir,
  retiredDir,
} from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { LogState, PARTITION_METADATA } from './log-state.ts'
import { type MetaProperties, ownMetaProperties } from './meta-properties.ts'
import { OffsetCheckpoints } from './offset-checkpoints.ts'
import { eachOf } from './pool.ts'
import { type Checkpointed, loadLog } from './recovery.ts'
import { inBackground, writeFile } from './shared.ts'
import { cleanShutdownText, parseCleanShutdown, partitionMetadataText, readText } from './text-files.ts'

export interface LogDirOptions {
  readonly nodeId: number
  /** Null: the directory's own, or a new one where it is not formatted. */
  readonly clusterId: string | null
  /** For the logs that are found, until their topics' own configuration is known. */
  readonly config: LogConfig
  /** `producer.id.expiration.ms`; Kafka's default is a day. */
  readonly producerIdExpirationMs?: number
  /** Memory for the newest batches of all logs together. */
  readonly tailBytes?: number
  /**
   * Whether records that a crash left with the operating system are flushed before the log is open (the default); else it is open at once
   * and they follow: where nobody was promised that they are on the device, nobody has to wait for it.
   */
  readonly flushesFound?: boolean
  /** Files that are open although nobody uses them at the moment. */
  readonly maxOpenFiles?: number
  /** How many logs are loaded, and closed, at the same time. */
  readonly logsAtOnce?: number
}

interface Found extends PartitionDir {
  /** Of the directory below ours. */
  readonly name: string
  readonly isFuture: boolean
}

/** What may change while the directory is in use. */
export type LogDirSettings = Required<Pick<LogDirOptions, 'producerIdExpirationMs' | 'logsAtOnce'>>

const LOCK = '.lock'
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown'
const MIB = 1024 * 1024
const defaults = {
  producerIdExpirationMs: 86_400_000,
  tailBytes: 64 * MIB,
  maxOpenFiles: 4096,
  logsAtOnce: 8,
  indexBytes: 32 * MIB,
  flushesFound: true,
} as const

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
  readonly #logs = new Map<string, Log>()
  readonly #futures = new Map<string, Log>()
  readonly #shared: DirShared
  readonly #lock: Lock
  #logsAtOnce: number
  readonly #checkpoints: OffsetCheckpoints
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
      await dir.#load(options)
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
    this.#logsAtOnce = options.logsAtOnce ?? defaults.logsAtOnce
    this.#checkpoints = new OffsetCheckpoints(platform.disk, path, platform.logger)
    this.#shared = new DirShared(
      platform,
      path,
      { ...defaults, ...options },
      (why) => this.#wentOffline(why),
      (kind) => this.#checkpoints.write(kind, this.#all, this.#shared.slices),
    )
  }

  /** Takes over what was altered; it holds at once. */
  retune({ producerIdExpirationMs, logsAtOnce }: LogDirSettings): void {
    this.#shared.producerIdExpirationMs = producerIdExpirationMs
    this.#logsAtOnce = logsAtOnce
  }

  /** By the name of their directory, such as `orders-0`. */
  get logs(): ReadonlyMap<string, Log> {
    return this.#logs
  }

  /** Copies of logs that lie in another directory, on their way here (KIP-113), by the names that they will have. */
  get futures(): ReadonlyMap<string, Log> {
    return this.#futures
  }

  // A partition has one of both here, so a checkpoint has one line for it.
  get #all(): Log[] {
    return [...this.#logs.values(), ...this.#futures.values()]
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

  // ---- the start

  async #load({ config }: LogDirOptions): Promise<void> {
    const { disk, logger } = this.#shared
    await this.#checkpoints.load()
    const found: Found[] = []
    for (const { name, isDirectory } of await disk.list(this.path, () => false)) {
      if (!isDirectory) continue
      const kind = kindOfDir(name)
      const partition = parsePartitionDir(name) ?? parseFutureDir(name)
      if (kind === 'delete') this.#removeSoon(name)
      else if (partition) found.push({ ...partition, name, isFuture: kind === 'future' })
      else if (!name.startsWith('.'))
        logger.warn('a directory is left alone: it is no partition in use', { dir: `${this.path}/${name}`, kind })
    }
    const isUnsure = await hadFailedFlush(disk, this.path)
    if (isUnsure) logger.warn('a disk failed here: what it may have forgotten is written again', { dir: this.path })
    await eachOf(found, this.#logsAtOnce, async (partition) => {
      if (isUnsure) await this.#writeAgain(partition)
      await this.#loadOne(partition, config)
    })
    if (isUnsure) await forgetFailedFlush(disk, this.path)
  }

  #writeAgain({ name, topic, partition }: Found): Promise<void> {
    const { recoveryPoint } = this.#checkpoints.of(partitionDir(topic, partition))
    return writeAgain(this.#shared.disk, `${this.path}/${name}`, recoveryPoint)
  }

  async #loadOne(found: Found, config: LogConfig): Promise<void> {
    const name = partitionDir(found.topic, found.partition)
    const known = this.#checkpoints.of(name)
    const log = await this.#loaded(found, config, known, this.cleanBrokerEpoch !== null)
    if (!found.isFuture) this.#logs.set(name, log)
    else if (!this.#futures.has(name)) this.#futures.set(name, log)
    else {
      await log.closeAsIs() // an older attempt
      this.#removeSoon(found.name)
    }
  }

  async #loaded({ name, topic, partition }: Found, config: LogConfig, known: Checkpointed, isClean: boolean): Promise<Log> {
    await this.#shared.slices.rest() // small calls to a quick disk take no turn of the event loop
    const identity = { dir: `${this.path}/${name}`, topic, partition, config }
    const { state, recovered } = await loadLog(this.#shared, identity, known, isClean)
    // What another process made may be in the system's memory alone, unless it was flushed with records and the stop was clean.
    state.isEntryFlushed = isClean && state.segments.sizeInBytes > 0
    const log = new Log(state, recovered)
    if (log.flushedOffset < log.endOffset) log.requestFlush()
    else if (recovered && log.sizeInBytes > 0 && log.endOffset > known.recoveryPoint) await state.flushEntry() // as its records were
    return log
  }

  #removeSoon(name: string): void {
    inBackground(this.#shared.disk.removeTree(`${this.path}/${name}`), (why) => this.#shared.goOffline(why))
  }

  // ---- logs come and go

  /**
   * Makes a log. A power cut may take all of it until the first of its records is flushed: the metadata knows of the partition, and whoever
   * follows them makes the log again.
   */
  async createLog(topic: string, partition: number, topicId: string | null, config: LogConfig): Promise<Log> {
    const name = partitionDir(topic, partition)
    assert(!this.#logs.has(name), `${name} is in ${this.path} already`)
    const log = await this.#create({ name, topic, partition }, topicId, config)
    this.#logs.set(name, log)
    return log
  }

  /**
   * Makes the beginning of a copy, empty and on the device, to be put in the place of the log of another directory. Throws INVALID_TOPIC_EXCEPTION for a
   * name that is too long.
   */
  async createFuture({ topic, partition, topicId, config }: Log): Promise<Log> {
    const name = futureDir({ topic, partition }, (length) => this.#shared.random.bytes(length))
    if (name === null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `the name of ${topic} is too long for a copy of its log`)
    const known = partitionDir(topic, partition)
    assert(!this.#logs.has(known) && !this.#futures.has(known), `${known} is in ${this.path} already`)
    const log = await this.#create({ name, topic, partition }, topicId, config, true)
    this.#futures.set(known, log)
    return log
  }

  async #create(
    { name, topic, partition }: Omit<Found, 'isFuture'>,
    topicId: string | null,
    config: LogConfig,
    isDurable = false,
  ): Promise<Log> {
    this.#requireOnline()
    try {
      const dir = `${this.path}/${name}`
      await this.#makeDir(dir, topicId)
      const state = new LogState(this.#shared, { dir, topic, partition, topicId, config })
      state.addSegment(0)
      if (isDurable) await state.flushEntry()
      return new Log(state, null)
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  /** A copy is whole: it is the partition's log from here on, under its name, on the device when this resolves; gives the log anew. */
  async promote(future: Log): Promise<Log> {
    this.#requireOnline()
    const name = partitionDir(future.topic, future.partition)
    assert(this.#futures.get(name) === future && !this.#logs.has(name), `${name} is no copy in ${this.path}`)
    try {
      await future.closeCleanly()
      await this.#shared.disk.rename(future.dir, `${this.path}/${name}`)
      this.#futures.delete(name)
      return await this.#again(name, future, true)
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  /** Takes a log out of use without removing it; gives the name of its directory for `takeBack` or `removeAside`. */
  setAside(log: Log): Promise<string> {
    return this.#retire(log, 'delete')
  }

  /** What was set aside is in use again; gives the log anew. */
  async takeBack(log: Log, aside: string): Promise<Log> {
    this.#requireOnline()
    const name = partitionDir(log.topic, log.partition)
    try {
      await this.#shared.disk.rename(`${this.path}/${aside}`, `${this.path}/${name}`)
      return await this.#again(name, log, false)
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  /** Removes it after `file.delete.delay.ms`. */
  removeAside(log: Log, aside: string): void {
    this.#shared.later(log.config['file.delete.delay.ms'], () => this.#removeSoon(aside))
  }

  /** A log that was closed, and has another name since. */
  async #again(name: string, before: Log, isClean: boolean): Promise<Log> {
    const { topic, partition, config, endOffset, comingStartOffset: startOffset, highWatermark, cleanedUpTo } = before
    await this.#shared.entries.run()
    const recoveryPoint = isClean ? endOffset : before.recoveryPoint
    const known = { recoveryPoint, startOffset, highWatermark, cleanedUpTo, isListed: true }
    const log = await this.#loaded({ name, topic, partition, isFuture: false }, config, known, isClean)
    this.#logs.set(name, log)
    await this.#shared.checkpoint('recoveryPoint')
    await this.#shared.checkpoint('startOffset')
    return log
  }

  /** Gives a log its topic's id again, whose partition.metadata was missing or could not be read; on the device when this resolves. */
  async identify(log: Log, topicId: string): Promise<void> {
    this.#requireOnline()
    try {
      await this.#writeMetadata(log.dir, topicId, true)
      await this.#shared.disk.flushDirectory(log.dir)
      log.identifiedAs(topicId)
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  async #makeDir(dir: string, topicId: string | null): Promise<void> {
    await this.#shared.slices.rest() // small calls to a quick disk take no turn of the event loop
    await this.#shared.disk.mkdir(dir)
    if (topicId !== null) await this.#writeMetadata(dir, topicId, false)
  }

  async #writeMetadata(dir: string, topicId: string, flushed: boolean): Promise<void> {
    await writeFile(this.#shared.disk, `${dir}/${PARTITION_METADATA}`, Buffer.from(partitionMetadataText(topicId)), flushed)
  }

  /** Takes a log out of use. Its directory has another name when this resolves and is removed after `file.delete.delay.ms`. */
  async deleteLog(log: Log): Promise<void> {
    this.removeAside(log, await this.#retire(log, 'delete'))
  }

  /** Sets a log aside that nobody knows of: it is never deleted by us. */
  async strayLog(log: Log): Promise<void> {
    await this.#retire(log, 'stray')
  }

  async #retire(log: Log, kind: 'delete' | 'stray'): Promise<string> {
    this.#requireOnline()
    const { disk, random } = this.#shared
    const from = partitionDir(log.topic, log.partition)
    const holder = [this.#logs, this.#futures].find((logs) => logs.get(from) === log)
    assert(holder !== undefined, `${from} is not in ${this.path}`)
    try {
      holder.delete(from)
      await log.closeAsIs()
      const to = retiredDir(log, kind, (length) => random.bytes(length))
      await disk.rename(log.dir, `${this.path}/${to}`)
      log.movedTo(`${this.path}/${to}`)
      await this.#shared.entries.run()
      await this.#shared.checkpoint('recoveryPoint') // a log of the same name starts from nothing
      await this.#shared.checkpoint('startOffset')
      return to
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  // ---- trouble

  /** Calls `run` once, when the disk failed: everything in this directory is out of use from then on. At once where it is already. */
  onOffline(run: (why: DiskError) => void): void {
    if (this.offline) run(this.offline)
    else this.#onOffline.push(run)
  }

  #wentOffline(why: DiskError): void {
    for (const log of this.#all) log.wake()
    for (const run of this.#onOffline) {
      try {
        run(why)
      } catch (thrown) {
        // One who fails to hear must not keep the others from hearing.
        this.#shared.logger.error('one who follows a log directory failed', { dir: this.path, error: thrown })
      }
    }
  }

  #requireOnline(): void {
    const { offline } = this
    if (offline)
      throw new KafkaError('KAFKA_STORAGE_ERROR', `the log directory ${this.path} failed: ${offline.message}`, { cause: offline })
  }

  #failed(thrown: unknown): unknown {
    if (!(thrown instanceof DiskError)) return thrown // an answer, or a defect of ours, which says nothing of the disk
    this.#shared.goOffline(thrown)
    return new KafkaError('KAFKA_STORAGE_ERROR', thrown.message, { cause: thrown })
  }

  // ---- the end

  /** Writes down where a start must begin to check each log, and how far each is committed. The more often, the quicker is a start after a crash. */
  async checkpoint(): Promise<void> {
    this.#requireOnline()
    try {
      await this.#shared.checkpoint('recoveryPoint')
      await this.#shared.checkpoint('startOffset')
      await this.#shared.checkpoint('highWatermark')
    } catch (thrown) {
      throw this.#failed(thrown)
    }
  }

  #eachLog(work: (log: Log) => Promise<void>): Promise<void> {
    for (const log of this.#all) this.#notClosed.add(log)
    return eachOf(this.#all, this.#logsAtOnce, async (log) => {
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
        if (!this.#all.some(({ offline }) => offline))
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

/** Makes a directory that outlives a power cut: whatever was missing on its way is entered in its parent on the device. */
async function makeDurable(disk: Disk, path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; at !== '.' && at !== '/' && !(await disk.exists(at)); at = parentOf(at)) missing.push(at)
  await disk.mkdir(path)
  for (const made of missing) await disk.flushDirectory(parentOf(made))
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at < 0 ? '.' : path.slice(0, at) || '/'
}
