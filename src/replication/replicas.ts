// All partitions that have a replica on this broker, by topic and number; follows what the controller decides.

import type { Log } from '../log/log.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { LogDir } from '../log/log-dir.ts'
import { eachOf } from '../log/pool.ts'
import type { DiskError } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { Fetchers } from './fetchers.ts'
import type { ReplicationLinks } from './links.ts'
import type { MoveRooms } from './log-move.ts'
import { LogMoves } from './log-moves.ts'
import { Partition, type PartitionOptions, type PartitionRole } from './partition.ts'
import { type ReplicaSelector, selectorFor } from './replica-selector.ts'
import { type QuotaWindows, ReplicationQuota, unlimited } from './replication-quota.ts'

export interface ReplicasOptions extends PartitionOptions {
  readonly logDirs: readonly LogDir[]
  /** There are more that could not be opened: what is not found may lie there. */
  readonly hasLostDirs?: boolean
  readonly logger: Logger
  /** For replicas that are moved from one log directory into another. */
  readonly moves?: MoveRooms
}

/** One flush of the directory and one checkpoint serve all logs that are removed together. */
const REMOVED_AT_ONCE = 32

export class Replicas {
  readonly #options: ReplicasOptions
  readonly #byTopic = new Map<string, Map<number, Partition>>()
  /** With what their partitions are refused. */
  readonly #offline = new Map<LogDir, KafkaError>()
  readonly #dirOf = new Map<Partition, LogDir>()
  /** How many logs are being made in each directory: many are at a time, and they shall not all choose the same one. */
  readonly #making = new Map<LogDir, number>()
  /** Null where this broker is alone. */
  readonly #fetchers: Fetchers | null
  /** Which replica a consumer is sent to; null: it reads from the leader. */
  readonly selector: ReplicaSelector | null
  /** Of what this broker sends to throttled replicas. */
  readonly leaderQuota: ReplicationQuota
  /** Replicas on their way from one log directory into another. */
  readonly moves: LogMoves
  #altering: Promise<void> = Promise.resolve()
  #isReviewing = false
  #isStopped = false

  /** Throws INVALID_CONFIG for a `replica.selector.class` that is not known. */
  constructor(options: ReplicasOptions) {
    this.#options = options
    const { links, localId, clock, logger, logDirs } = options
    const windows = links ? windowsOf(links) : undefined
    this.leaderQuota = new ReplicationQuota(links?.throttles?.leader ?? unlimited, localId, clock, windows)
    const quota = new ReplicationQuota(links?.throttles?.follower ?? unlimited, localId, clock, windows)
    this.#fetchers = links ? new Fetchers({ localId, links, clock, logger, quota }) : null
    this.selector = links ? selectorFor(links.config()['replica.selector.class'], links.brokers) : null
    this.moves = new LogMoves({
      ...{ clock, logger, localId },
      ...(options.moves ? { rooms: options.moves } : {}),
      ...(links ? { windows: moveWindowsOf(links) } : {}),
      onMoved: (partition, to) => this.#moved(partition, to),
    })
    for (const dir of logDirs) dir.onOffline((why) => this.#takeOffline(dir, why))
    if (links) this.#reviewLater(links)
  }

  // ---- what the controller decides

  /** The replica leads, or follows its leader, from here on. One that is over (its directory failed) does neither. */
  become(partition: Partition, role: PartitionRole): void {
    partition.become(role)
    const { leaderId, leaderEpoch } = partition.role
    if (partition.isOver || leaderId < 0 || leaderId === this.#options.localId) this.#fetchers?.unfollow(partition)
    else this.#fetchers?.follow(partition, leaderId, leaderEpoch)
  }

  /** Brokers came, went, or may serve again: who waited for that to join the in-sync replicas joins now. */
  brokersChanged(): void {
    if (this.#options.links) void this.#review()
  }

  /** Configurations of the broker changed. */
  retune(): void {
    this.#fetchers?.retune()
  }

  /** Follows nobody any more, and looks after no in-sync replicas; partitions stay as they are. Resolves when no log is on its way any more. */
  stop(): Promise<void> {
    this.#isStopped = true
    this.#fetchers?.stop()
    for (const { leadership } of this.all()) leadership?.end()
    return this.moves.stop()
  }

  // Twice in the time after which a follower counts as late, as Kafka does.
  #reviewLater(links: ReplicationLinks): void {
    const { clock } = this.#options
    clock.after(Math.max(1, links.config()['replica.lag.time.max.ms'] / 2), () => {
      if (this.#isStopped) return
      void this.#review()
      this.#reviewLater(links)
    })
  }

  async #review(): Promise<void> {
    if (this.#isReviewing) return
    this.#isReviewing = true
    try {
      const slices = Slices.of(this.#options.clock)
      for (const partition of this.all()) {
        if (!partition.leadership) continue
        partition.review()
        await slices.rest()
        if (this.#isStopped) return
      }
    } finally {
      this.#isReviewing = false
    }
  }

  get logDirs(): readonly LogDir[] {
    return this.#options.logDirs
  }

  // ---- partitions come and go

  get(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.get(index)
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#byTopic.values()) yield* partitions.values()
  }

  dirOf(partition: Partition): LogDir | undefined {
    return this.#dirOf.get(partition)
  }

  /** Where the controller shall think that it lies: where it goes, as soon as it is about to arrive. */
  placeOf(partition: Partition): LogDir | undefined {
    const move = this.moves.of(partition)
    return move?.isPlaced ? move.to : this.dirOf(partition)
  }

  /**
   * The partition with its log, made where it is missing: in the directory the controller named, else where the fewest are. Throws KAFKA_STORAGE_ERROR where the
   * named one is none of those that work, and one of the others may hold it.
   * @param directoryId null: none was chosen so far
   */
  async open(topic: string, index: number, topicId: string, directoryId: string | null, config: LogConfig): Promise<Partition> {
    const known = this.get(topic, index)
    if (known) return known
    const name = `${topic}-${index}`
    await this.#finishMove(name, topicId, directoryId)
    const holder = this.#holderOf(name, topicId)
    const dir = holder ?? this.#choose(directoryId, name)
    const found = holder?.logs.get(name)
    const log = found ?? (await this.#make(dir, () => dir.createLog(topic, index, topicId, config)))
    if (log.topicId === null) await dir.identify(log, topicId)
    log.updateConfig(config)
    const partition = new Partition(log, this.#options)
    let partitions = this.#byTopic.get(topic)
    if (!partitions) this.#byTopic.set(topic, (partitions = new Map()))
    partitions.set(index, partition)
    this.#dirOf.set(partition, dir)
    partition.onRetired(() => this.#fetchers?.unfollow(partition))
    log.onDamage(() => this.#fetchers?.lookAgain(partition))
    const refusal = this.#offline.get(dir)
    if (refusal) partition.retire(refusal)
    else await this.#resumeMove(partition, dir)
    return partition
  }

  // The stop before came between the two steps of an exchange: the log had gone, and its copy, which is whole then, has not taken its name yet.
  async #finishMove(name: string, topicId: string, directoryId: string | null): Promise<void> {
    if (this.#isAnyLost || this.#holderOf(name, topicId)) return
    const dir = this.#options.logDirs.find((each) => each.directoryId === directoryId)
    const future = dir?.futures.get(name)
    if (dir && future?.topicId === topicId) await dir.promote(future)
  }

  async #resumeMove(partition: Partition, dir: LogDir): Promise<void> {
    for (const to of this.#options.logDirs) {
      const future = to.futures.get(partition.name)
      if (!future || to.offline) continue
      if (to !== dir && future.topicId === partition.topicId && !this.moves.of(partition))
        this.moves.begin(partition, dir, to, future)
      else await to.deleteLog(future)
    }
  }

  #moved(partition: Partition, to: LogDir): void {
    this.#dirOf.set(partition, to)
    partition.log.onDamage(() => this.#fetchers?.lookAgain(partition))
  }

  /**
   * The replica shall lie in the log directory at `path` (AlterReplicaLogDirs): its log is copied there, and then goes on there. One that is on its way
   * elsewhere turns round; one that is not here yet will be made there. Throws LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR for a directory that failed, and
   * INVALID_TOPIC_EXCEPTION for a name that is too long.
   */
  move(topic: string, index: number, path: string): Promise<void> {
    const altered = this.#altering.then(() => this.#move(topic, index, path))
    this.#altering = altered.catch(() => {}) // its caller is told
    return altered
  }

  async #move(topic: string, index: number, path: string): Promise<void> {
    const to = this.#options.logDirs.find((dir) => dir.path === path)
    if (!to) throw new KafkaError('LOG_DIR_NOT_FOUND', `${path} is none of the log directories of this broker`)
    const refusal = this.#offline.get(to)
    if (refusal) throw refusal
    const partition = this.get(topic, index)
    const from = partition && this.dirOf(partition)
    if (!partition || !from) return this.moves.wish(`${topic}-${index}`, to)
    const offline = this.#offline.get(from)
    if (offline) throw offline
    if (this.moves.of(partition)?.to === to) return
    await this.moves.abandon(partition)
    if (this.dirOf(partition) === to) return
    this.moves.begin(partition, this.dirOf(partition)!, to, await to.createFuture(partition.log))
  }

  async #make(dir: LogDir, make: () => Promise<Log>): Promise<Log> {
    this.#making.set(dir, (this.#making.get(dir) ?? 0) + 1)
    try {
      return await make()
    } finally {
      this.#making.set(dir, this.#making.get(dir)! - 1)
    }
  }

  #load(dir: LogDir): number {
    return dir.logs.size + (this.#making.get(dir) ?? 0)
  }

  // A directory that failed may still hold a log of a topic that was deleted and made again: it is another topic's then.
  #holderOf(name: string, topicId: string): LogDir | undefined {
    return this.#options.logDirs.find((dir) => {
      const log = dir.logs.get(name)
      return log !== undefined && (log.topicId === topicId || log.topicId === null)
    })
  }

  get #isAnyLost(): boolean {
    return this.#offline.size > 0 || this.#options.hasLostDirs === true
  }

  #choose(directoryId: string | null, name: string): LogDir {
    const online = this.#options.logDirs.filter((dir) => !this.#offline.has(dir))
    const wished = this.moves.takeWish(name)
    if (wished && online.includes(wished)) return wished
    const named = online.find((dir) => dir.directoryId === directoryId)
    if (named) return named
    if (directoryId !== null && this.#isAnyLost)
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `${name} is not made anew: it may lie in a log directory that failed; mend the disk and restart`,
      )
    const [first, ...others] = online
    if (!first)
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        'every log directory is offline; see the log for the disk errors that took them',
      )
    return others.reduce((least, dir) => (this.#load(dir) < this.#load(least) ? dir : least), first)
  }

  reconfigure(topic: string, config: LogConfig): void {
    for (const partition of this.#byTopic.get(topic)?.values() ?? []) partition.log.updateConfig(config)
  }

  /**
   * The topic is gone: who waits is refused, and the logs are removed after `file.delete.delay.ms`. A log that cannot be removed now (its
   * directory failed) is removed after the next start.
   */
  async delete(topic: string): Promise<void> {
    const partitions = [...(this.#byTopic.get(topic)?.values() ?? [])]
    this.#byTopic.delete(topic)
    for (const partition of partitions) partition.retire(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} was deleted`))
    await eachOf(partitions, REMOVED_AT_ONCE, (partition) => this.#remove(partition))
  }

  /** This broker holds no replica of the partition any more: the others have what was in it. */
  async remove(topic: string, index: number): Promise<void> {
    const partition = this.get(topic, index)
    if (!partition) return
    this.#byTopic.get(topic)!.delete(index)
    partition.retire(new KafkaError('NOT_LEADER_OR_FOLLOWER', `this broker holds no replica of ${partition.name} any more`))
    await this.#remove(partition)
  }

  async #remove(partition: Partition): Promise<void> {
    await this.moves.abandon(partition)
    const dir = this.#dirOf.get(partition)
    this.#dirOf.delete(partition)
    if (!dir || dir.offline) return
    try {
      await dir.deleteLog(partition.log)
    } catch (thrown) {
      this.#options.logger.error('a log that nobody needs any more could not be removed', {
        log: partition.log.dir,
        error: thrown,
      })
    }
  }

  #takeOffline(dir: LogDir, why: DiskError): void {
    if (this.#offline.has(dir)) return
    const refusal = new KafkaError('KAFKA_STORAGE_ERROR', `the log directory failed: ${why.message}`, { cause: why })
    this.#offline.set(dir, refusal)
    this.#options.logger.error('log directory is offline; mend the disk and restart', {
      dir: dir.path,
      code: why.code,
      why: why.message,
    })
    for (const [partition, holder] of this.#dirOf) if (holder === dir) partition.retire(refusal)
  }

  isOffline(dir: LogDir): boolean {
    return this.#offline.has(dir)
  }

  get hasOnlineDir(): boolean {
    return this.#offline.size < this.#options.logDirs.length
  }
}

function windowsOf({ config }: ReplicationLinks): QuotaWindows {
  const { 'replication.quota.window.num': count, 'replication.quota.window.size.seconds': seconds } = config()
  return { count, ms: seconds * 1000 }
}

function moveWindowsOf({ config }: ReplicationLinks): QuotaWindows {
  const settings = config()
  return {
    count: settings['alter.log.dirs.replication.quota.window.num'],
    ms: settings['alter.log.dirs.replication.quota.window.size.seconds'] * 1000,
  }
}
