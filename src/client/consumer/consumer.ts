// The consumer: reads records of any Kafka, alone or as a member of a group that shares topics.
//
//   await using consumer = new Consumer({ bootstrapServers: 'localhost:9092', groupId: 'shop', valueDeserializer: serdes.json() })
//   consumer.subscribe(['orders'])
//   for await (const { key, value } of consumer) await handle(value)

import { Cluster } from '../cluster/cluster.ts'
import type { PartitionInfo } from '../cluster/metadata.ts'
import { OptionError, StateError } from '../errors/index.ts'
import { closed, type Patience, type WaitOptions } from '../patience.ts'
import { defaultPlatform } from '../platform.ts'
import { Assignment } from './assignment.ts'
import { AutoCommit } from './auto-commit.ts'
import { type BatchesOptions, batchesOf, Poller, type PollOptions } from './batch-reader.ts'
import { Deliveries } from './deliveries.ts'
import { Engine, type Trouble } from './engine.ts'
import { Feed } from './feed.ts'
import { Fetcher } from './fetcher.ts'
import { CoordinatorLink } from './group/coordinator-link.ts'
import { GroupOffsets } from './group-offsets.ts'
import { GroupHolder, type RebalanceListener } from './holder.ts'
import { Hurry } from './hurry.ts'
import { Membership } from './membership.ts'
import { checkOffset, commitNamed } from './named-commit.ts'
import { OffsetLookup } from './offset-lookup.ts'
import { endsOf, type OffsetAndTimestamp, offsetsOfTimes } from './offset-questions.ts'
import {
  type ConsumerGroupMetadata,
  checkPlaces,
  nameOf,
  type OffsetAndMetadata,
  type TopicPartition,
  type TopicPartitionOffset,
} from './place.ts'
import { Positions } from './positions.ts'
import { type ConsumerBatch, type ConsumerRecord, RecordMaker } from './record.ts'
import { RecordIterator } from './record-iterator.ts'
import { EARLIEST, LATEST } from './reset.ts'
import { Runner, type RunOptions } from './runner.ts'
import { type ConsumerConfig, consumerSettings } from './settings.ts'
import { type ServerPattern, Subscription, type Wanted } from './subscription.ts'

export interface ConsumerCloseOptions {
  /** How long it may take; handlers and listeners at work are waited for up to four fifths of it, so that the last commit has the rest. Default 30 seconds. */
  readonly timeoutMs?: number
}

const CLOSE_MS = 30_000
/** Of the time to close: when the program is not waited for any more. */
const HURRY_AT = 0.8

export class Consumer<K = Uint8Array | null, V = Uint8Array | null> implements AsyncDisposable {
  readonly #settings
  readonly #cluster: Cluster
  readonly #assignment = new Assignment()
  readonly #subscription: Subscription
  readonly #deliveries: Deliveries
  readonly #engine: Engine<K, V>
  readonly #poller: Poller<K, V>
  readonly #fetcher: Fetcher
  readonly #positions: Positions
  readonly #lookup: OffsetLookup
  /** Null without a group. */
  readonly #group: { readonly offsets: GroupOffsets; readonly membership: Membership; readonly holder: GroupHolder } | null
  readonly #autoCommit: AutoCommit | null
  #listener: RebalanceListener = {}
  /** Handlers run: what is handed out is not done before they end. */
  #runs = 0
  readonly #hurry = new Hurry()
  #closing: Promise<void> | null = null

  /** Throws an OptionError that names the option, its value and what is allowed. Nothing is connected before it is needed. */
  constructor(config: ConsumerConfig<K, V>) {
    const settings = consumerSettings(config)
    const { platform = config.cluster?.platform ?? defaultPlatform(), keyDeserializer = null, valueDeserializer = null } = config
    const { connectionsMaxIdleMs, allowAutoCreateTopics: createsTopics } = settings
    const cluster =
      config.cluster ?? new Cluster({ platform, options: settings, sasl: config.sasl, connectionsMaxIdleMs, createsTopics })
    const assignment = this.#assignment
    this.#settings = settings
    this.#cluster = cluster
    this.#subscription = new Subscription(settings.excludeInternalTopics)
    this.#deliveries = new Deliveries(platform.clock)
    const isCommitted = settings.isolationLevel === 'read_committed'
    const maker = new RecordMaker(keyDeserializer, valueDeserializer)
    this.#engine = new Engine<K, V>({
      cluster,
      assignment,
      deliveries: this.#deliveries,
      feed: new Feed({ assignment, maker, share: settings.maxPollRecords, isCommitted }),
      maxRecords: settings.maxPollRecords,
      onRead: () => this.#takePart(),
    })
    this.#poller = new Poller(this.#engine)
    this.#lookup = new OffsetLookup(cluster, settings)
    const onError = (error: Error, trouble?: Trouble) => this.#engine.fail(error, trouble)
    this.#group = settings.groupId === null ? null : this.#groupOf(settings.groupId, config, onError)
    const offsets = this.#group?.offsets ?? null
    this.#positions = new Positions({
      cluster,
      config: settings,
      assignment,
      lookup: this.#lookup,
      offsets,
      resetOf: config.autoOffsetResetOf ?? (() => settings.autoOffsetReset),
      onFound: () => {
        this.#engine.bell.ring()
        this.#fetcher.kick()
      },
      onError,
    })
    this.#fetcher = new Fetcher({
      cluster,
      config: settings,
      assignment,
      atWorkFor: (ms) => this.#deliveries.atWorkFor(ms),
      onRecords: () => this.#engine.bell.ring(),
      onSearch: () => this.#positions.kick(),
      onOutOfRange: (partition) => this.#positions.outOfRange(partition),
      onNewLeader: (partition, epoch) => this.#positions.checkLeader(partition, epoch),
      onError,
      watch: config.watch,
    })
    this.#autoCommit =
      offsets && settings.enableAutoCommit
        ? new AutoCommit({
            cluster,
            assignment,
            offsets,
            intervalMs: settings.autoCommitIntervalMs,
            timeoutMs: settings.requestTimeoutMs,
            onError,
          })
        : null
    cluster.onMetadata((metadata) => {
      this.#group?.membership.learn(metadata)
      this.#fetcher.kick()
    })
  }

  #groupOf(
    groupId: string,
    { assignors, watch }: Pick<ConsumerConfig<K, V>, 'assignors' | 'watch'>,
    onError: (error: Error, trouble?: Trouble) => void,
  ) {
    const link = new CoordinatorLink(this.#cluster, groupId)
    const holder = new GroupHolder({
      assignment: this.#assignment,
      deliveries: this.#deliveries,
      autoCommit: () => this.#autoCommit,
      listener: () => this.#listener,
      hurry: this.#hurry,
      onChange: () => this.#look(),
      onError,
    })
    const membership = new Membership({
      link,
      config: this.#settings,
      subscription: this.#subscription,
      deliveries: this.#deliveries,
      holder,
      onError,
      assignors,
      watch,
    })
    return {
      offsets: new GroupOffsets(link, () => membership.identity, this.#settings.groupProtocol === 'consumer'),
      membership,
      holder,
    }
  }

  /**
   * Reads these topics, or all whose whole name a pattern matches, sharing them with the other members of the group; what was subscribed to before is not
   * any more. The group is joined when the program begins to read. `serverPattern` is matched by the coordinator (RE2, with groupProtocol=consumer).
   */
  subscribe(topics: string | readonly string[] | RegExp | ServerPattern, listener: RebalanceListener = {}): void {
    this.#groupFor('subscribe')
    if (this.#subscription.wanted.kind === 'partitions') throw mixed()
    this.#listener = listener
    if (topics instanceof RegExp) return this.#want({ kind: 'pattern', pattern: topics })
    if (typeof topics === 'object' && 'serverPattern' in topics) {
      if (this.#settings.groupProtocol !== 'consumer') {
        throw new OptionError(
          'serverPattern',
          'serverPattern needs groupProtocol=consumer: only there the coordinator matches patterns',
        )
      }
      return this.#want({ kind: 'serverPattern', pattern: topics.serverPattern })
    }
    const names = typeof topics === 'string' ? [topics] : topics
    if (names.length === 0) throw new OptionError('topics', 'subscribe needs at least one topic; unsubscribe ends a subscription')
    if (names.some((name) => typeof name !== 'string' || name === '')) throw new OptionError('topics', 'a topic needs a name')
    this.#want({ kind: 'topics', topics: names })
  }

  /** Who reads already goes on with it. */
  #want(wanted: Wanted): void {
    this.#group?.membership.set(wanted)
    if (this.#deliveries.isAwaited) this.#group?.membership.take()
  }

  /**
   * Reads nothing any more, and leaves the group; runs and polls go on with the next subscription. Handlers at work are waited for; not to be awaited by one of
   * them.
   */
  async unsubscribe(): Promise<void> {
    this.#checkOpen()
    this.#deliveries.forgetLoops()
    if (this.#subscription.isGroup) await this.#group?.membership.leave()
    else await this.#letGo()
    this.#engine.forgive()
    // What the program has subscribed to meanwhile.
    if (this.#deliveries.isAwaited) this.#group?.membership.take()
  }

  /** Of partitions that the program has assigned: what handlers have of them is waited for, and what is done is committed. */
  async #letGo(): Promise<void> {
    const { all } = this.#assignment
    this.#subscription.wanted = { kind: 'nothing' }
    for (const each of all) each.isHeld = true
    await this.#deliveries.drain(all, () => this.#hurry.isOn)
    await this.#autoCommit?.commit(all)
    this.#assignment.remove(all.filter((each) => !each.isGone))
  }

  /**
   * Reads these partitions, and no others; no group shares them. With a groupId, committed offsets are where it begins, and what is done in others by now is
   * committed where that goes by itself.
   */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen()
    checkPlaces(partitions)
    if (this.#subscription.isGroup) throw mixed()
    this.#subscription.wanted = { kind: 'partitions' }
    const wanted = new Set(partitions.map(nameOf))
    const others = this.#assignment.all.filter((each) => !wanted.has(nameOf(each)))
    if (others.length > 0) void this.#autoCommit?.commit(others, { isOwn: true })
    this.#assignment.remove(others)
    for (const each of this.#assignment.add(partitions)) {
      this.#cluster.peekTopic(each.topic)
      each.searchFor({ kind: 'committed' })
    }
    if (partitions.length > 0) this.#cluster.invalidate()
    this.#look()
  }

  /** The partitions that it reads now. */
  assignment(): readonly TopicPartition[] {
    return this.#assignment.names
  }

  /** The topics that it subscribes to now; with a pattern those that match. */
  subscription(): readonly string[] {
    return this.#subscription.topics
  }

  /** One record after the other. Asking for the next one says that the program is done with the one before. */
  records({ signal }: WaitOptions = {}): AsyncIterableIterator<ConsumerRecord<K, V>> {
    return new RecordIterator(this.#engine, signal)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ConsumerRecord<K, V>> {
    return this.records()
  }

  /** Many records of one partition at a time. Asking for the next batch says that the program is done with the one before. */
  batches(options: BatchesOptions = {}): AsyncGenerator<ConsumerBatch<K, V>, void, undefined> {
    return batchesOf(this.#engine, options)
  }

  /** Up to maxPollRecords records of any partitions; the call says that the program is done with what the one before gave. */
  poll(options: PollOptions = {}): Promise<ConsumerRecord<K, V>[]> {
    return this.#poller.poll(options)
  }

  /**
   * Calls a handler with what comes; several partitions at once where `concurrency` says so, each in its order. Resolves when the signal or `close` ends it, and
   * rejects with the first error of a handler, at whose record the next run begins.
   */
  async run(options: RunOptions<K, V>): Promise<void> {
    const runner = new Runner(this.#engine, options, () => this.commit())
    this.#runs++
    try {
      await runner.run()
    } finally {
      this.#runs--
    }
  }

  /** Hands nothing out of them, and asks for nothing, until `resume`. They stay assigned. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#assignment.get(each).isPaused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#assignment.get(each).isPaused = false
    this.#engine.bell.ring()
    this.#look()
  }

  paused(): readonly TopicPartition[] {
    return this.#assignment.all.filter(({ isPaused }) => isPaused).map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The next record that is handed out of the partition is this one, or the first one behind it. */
  seek(partition: TopicPartition, to: number | OffsetAndMetadata): void {
    const { offset, leaderEpoch } = typeof to === 'number' ? { offset: to, leaderEpoch: null } : to
    checkOffset(offset)
    this.#assignment.get(partition).moveTo(offset, leaderEpoch ?? undefined)
    this.#look()
  }

  /** On with the first record that is not older than `timestamp` (milliseconds since 1970); with the next one to come where all are. */
  seekToTimestamp(timestamp: number, partitions: readonly TopicPartition[] = this.assignment()): void {
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw new OptionError('timestamp', `timestamp=${timestamp} is not valid; allowed: milliseconds since 1970`)
    }
    this.#searchAt(timestamp, partitions)
  }

  seekToBeginning(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#searchAt(EARLIEST, partitions)
  }

  /** On with what comes from now on. */
  seekToEnd(partitions: readonly TopicPartition[] = this.assignment()): void {
    this.#searchAt(LATEST, partitions)
  }

  /** The offset of the next record that is handed out; looked for where it is not known yet. */
  async position(partition: TopicPartition, options: WaitOptions = {}): Promise<number> {
    const found = this.#assignment.get(partition)
    const patience = this.#patience(`the position in ${found.name}`, options)
    this.#look()
    while (!found.hasPosition) {
      this.#engine.check()
      if (found.isGone) throw new StateError('INVALID_STATE', `${found.name} was taken away from this consumer`)
      await patience.race(this.#engine.bell.wait())
    }
    return found.offset
  }

  /**
   * Commits: what is given, or else what was handed out (in a `run`: what handlers are done with). Resolves when the coordinator has it; tries for
   * defaultApiTimeoutMs. Rejects with UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION or FENCED_INSTANCE_ID where others have the partitions by now.
   */
  async commit(offsets: readonly TopicPartitionOffset[] = this.#committable(), options: WaitOptions = {}): Promise<void> {
    const { offsets: group } = this.#groupFor('commit')
    await commitNamed(group, this.#assignment, offsets, this.#patience('commit', options))
  }

  /** What the group has committed, in the order of the partitions; null where nothing is. */
  async committed(partitions: readonly TopicPartition[], options: WaitOptions = {}): Promise<(OffsetAndMetadata | null)[]> {
    const found = await this.#groupFor('committed').offsets.committed(partitions, this.#patience('committed', options))
    return partitions.map((each) => found.get(nameOf(each)) ?? null)
  }

  /** The first offset of each partition, in their order. */
  beginningOffsets(partitions: readonly TopicPartition[], options: WaitOptions = {}): Promise<number[]> {
    return this.#ends(partitions, EARLIEST, options)
  }

  /** The offset behind the last record of each partition, in their order; with read_committed behind the last one that can be read. */
  endOffsets(partitions: readonly TopicPartition[], options: WaitOptions = {}): Promise<number[]> {
    return this.#ends(partitions, LATEST, options)
  }

  /** The first record of each partition that is not older than its timestamp, in their order; null where all are. */
  offsetsForTimes(
    queries: readonly (TopicPartition & { readonly timestamp: number })[],
    options: WaitOptions = {},
  ): Promise<(OffsetAndTimestamp | null)[]> {
    return offsetsOfTimes(this.#lookup, queries, this.#patience('offsetsForTimes', options))
  }

  /** The partitions of a topic, asking where they are not known. */
  async partitionsFor(topic: string, options: WaitOptions = {}): Promise<readonly PartitionInfo[]> {
    this.#checkOpen()
    const [info] = await this.#cluster.topics([topic], this.#patience(`the partitions of ${topic}`, options))
    return info!.partitions
  }

  /** How many records of an assigned partition were not handed out, as its leader said it last; null while nobody knows. */
  lag(partition: TopicPartition): number | null {
    return this.#assignment.get(partition).lag(this.#settings.isolationLevel === 'read_committed')
  }

  /** Bytes of answers that wait for the program, and of compressed batches that are open: at most prefetchMaxBytes and a batch more for each broker. */
  get bufferedBytes(): number {
    return this.#fetcher.bufferedBytes
  }

  /** Who it is in its group, for `producer.sendOffsets`. */
  groupMetadata(): ConsumerGroupMetadata {
    return this.#groupFor('groupMetadata').membership.identity
  }

  /**
   * Ends loops and runs, waits for handlers at work, commits what is done where that goes by itself, and leaves the group. What a loop had last counts as
   * not done, and comes again; `commit` before it says otherwise. Nothing is left running; calling it again waits for the same.
   */
  close(options: ConsumerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ timeoutMs = CLOSE_MS }: ConsumerCloseOptions): Promise<void> {
    this.#engine.close()
    const patience = this.#cluster.patience('closing', { timeoutMs })
    const timer = this.#cluster.platform.clock.after(timeoutMs * HURRY_AT, () => this.#goFast())
    const over = Promise.all([this.#fetcher.close(), this.#giveUp()])
    try {
      await patience.race(over)
    } catch (thrown) {
      if (patience.leftMs > 0) throw thrown
    } finally {
      timer.cancel()
      this.#goFast()
      this.#cluster.close()
      await over.catch(() => {}) // where it was not over, it fails now that nobody can be asked
      this.#assignment.remove(this.#assignment.names)
    }
  }

  #goFast(): void {
    this.#hurry.begin()
    this.#deliveries.nudge()
  }

  /** Waits for handlers, commits what is done, and leaves the group. */
  async #giveUp(): Promise<void> {
    this.#autoCommit?.stop()
    this.#deliveries.forgetLoops()
    if (this.#subscription.isGroup) return this.#group?.membership.leave()
    return this.#letGo()
  }

  #takePart(): void {
    this.#autoCommit?.start()
    this.#group?.membership.take()
  }

  /** Something may have to be found out, or can be fetched. */
  #look(): void {
    this.#positions.kick()
    this.#fetcher.kick()
  }

  #searchAt(timestamp: number, partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#assignment.get(each).searchFor({ kind: 'timestamp', timestamp })
    this.#look()
  }

  async #ends(partitions: readonly TopicPartition[], timestamp: number, options: WaitOptions): Promise<number[]> {
    return endsOf(this.#lookup, partitions, timestamp, this.#patience('the ends of partitions', options))
  }

  #committable(): TopicPartitionOffset[] {
    return this.#assignment.all.flatMap((each) => {
      const at = this.#runs > 0 ? each.committable : each.hasPosition ? { offset: each.offset, leaderEpoch: each.epoch } : null
      return at ? [{ topic: each.topic, partition: each.partition, ...at }] : []
    })
  }

  #patience(what: string, { signal }: WaitOptions): Patience {
    this.#checkOpen()
    return this.#cluster.patience(what, { timeoutMs: this.#settings.defaultApiTimeoutMs, signal })
  }

  #groupFor(method: string) {
    this.#checkOpen()
    if (this.#group) return this.#group
    throw new StateError('INVALID_STATE', `${method} needs the option groupId`)
  }

  #checkOpen(): void {
    if (this.#cluster.lifetime.isOver) throw closed()
  }
}

function mixed(): StateError {
  return new StateError('INVALID_STATE', 'a consumer either subscribes or is assigned partitions; call unsubscribe in between')
}
