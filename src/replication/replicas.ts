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
import { Partition, type PartitionOptions, type PartitionRole } from './partition.ts'
import { type ReplicaSelector, selectorFor } from './replica-selector.ts'
import { type QuotaWindows, ReplicationQuota, unlimited } from './replication-quota.ts'

export interface ReplicasOptions extends PartitionOptions {
  readonly logDirs: readonly LogDir[]
  readonly logger: Logger
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

  /** Follows nobody any more, and looks after no in-sync replicas; partitions stay as they are. */
  stop(): void {
    this.#isStopped = true
    this.#fetchers?.stop()
    for (const { leadership } of this.all()) leadership?.end()
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

  /** The partition with its log, made where it is missing: in the directory the controller named, else where the fewest are. */
  async open(topic: string, index: number, topicId: string, directoryId: string | null, config: LogConfig): Promise<Partition> {
    const known = this.get(topic, index)
    if (known) return known
    const holder = this.#holderOf(topic, index, topicId)
    const dir = holder ?? this.#choose(directoryId)
    const found = holder?.logs.get(`${topic}-${index}`)
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
    return partition
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
  #holderOf(topic: string, index: number, topicId: string): LogDir | undefined {
    return this.#options.logDirs.find((dir) => {
      const log = dir.logs.get(`${topic}-${index}`)
      return log !== undefined && (log.topicId === topicId || log.topicId === null)
    })
  }

  #choose(directoryId: string | null): LogDir {
    const online = this.#options.logDirs.filter((dir) => !this.#offline.has(dir))
    const named = online.find((dir) => dir.directoryId === directoryId)
    if (named) return named
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
