// The share consumer (KIP-932): members of a share group divide the records of its topics one by one, as from a queue. Each record is locked for who got it,
// until that one says what becomes of it or the time of the lock is over; then somebody gets it again, up to as often as the brokers allow.
//
//   await using consumer = new ShareConsumer({ bootstrapServers: 'localhost:9092', groupId: 'mails', valueDeserializer: serdes.json() })
//   consumer.subscribe('mails')
//   await consumer.run({ concurrency: 20, eachRecord: ({ value }) => send(value) })

import { Cluster } from '../cluster/cluster.ts'
import type { BatchesOptions, PollOptions } from '../consumer/batch-reader.ts'
import type { ConsumerCloseOptions } from '../consumer/consumer.ts'
import { Deliveries } from '../consumer/deliveries.ts'
import { CoordinatorLink } from '../consumer/group/coordinator-link.ts'
import type { Trouble } from '../consumer/reading.ts'
import { isPromise, RecordMaker } from '../consumer/record.ts'
import { OptionError, StateError } from '../errors/index.ts'
import { closed, type WaitOptions } from '../patience.ts'
import { defaultPlatform } from '../platform.ts'
import type { AcknowledgeType } from './acknowledgements.ts'
import { Hands, type RecordPlace } from './hands.ts'
import { type ShareConsumerConfig, shareConsumerSettings } from './settings.ts'
import type { AcknowledgedOffsets } from './share-answers.ts'
import { SharePoller, shareBatchesOf } from './share-batches.ts'
import { ShareFeed } from './share-feed.ts'
import { ShareFetcher } from './share-fetcher.ts'
import { ShareIterator } from './share-iterator.ts'
import { newMemberId, ShareMember } from './share-member.ts'
import type { SharePartition } from './share-partition.ts'
import { ShareReading } from './share-reading.ts'
import type { ShareBatch, ShareRecord } from './share-record.ts'
import { ShareRunner, type ShareRunOptions } from './share-runner.ts'

export interface ShareCommitOptions extends WaitOptions {
  /** How long to wait for the brokers; default: defaultApiTimeoutMs. */
  readonly timeoutMs?: number
}

/** Told what became of records of a partition, whenever a broker has answered. */
export type AcknowledgementCommitCallback = (outcome: AcknowledgedOffsets) => unknown

const CLOSE_MS = 30_000
/** The share of the time to leave that handlers may take: the rest is for the brokers. */
const HURRY_AT = 0.8

export class ShareConsumer<K = Uint8Array | null, V = Uint8Array | null> implements AsyncDisposable {
  readonly #settings
  readonly #cluster: Cluster
  readonly #hands = new Hands()
  readonly #deliveries: Deliveries<ShareFeed<K, V>>
  readonly #feed: ShareFeed<K, V>
  readonly #reading: ShareReading<K, V>
  readonly #poller: SharePoller<K, V>
  readonly #fetcher: ShareFetcher
  readonly #member: ShareMember
  #callback: AcknowledgementCommitCallback | null = null
  #closing: Promise<void> | null = null

  /** Throws an OptionError that names the option, its value and what is allowed. Nothing is connected before it is needed. */
  constructor(config: ShareConsumerConfig<K, V>) {
    const settings = shareConsumerSettings(config)
    const { platform = defaultPlatform(), keyDeserializer = null, valueDeserializer = null } = config
    const { clock, logger, random } = platform
    const cluster = new Cluster({
      platform,
      options: settings,
      connectionsMaxIdleMs: settings.connectionsMaxIdleMs,
      createsTopics: settings.allowAutoCreateTopics,
      sasl: config.sasl,
    })
    const hands = this.#hands
    const memberId = newMemberId(random)
    const isExplicit = settings.shareAcknowledgementMode === 'explicit'
    const maker = new RecordMaker(keyDeserializer, valueDeserializer)
    this.#settings = settings
    this.#cluster = cluster
    this.#deliveries = new Deliveries(clock)
    this.#feed = new ShareFeed({ clock, logger, hands, maker, isExplicit })
    this.#reading = new ShareReading({
      cluster,
      hands,
      feed: this.#feed,
      deliveries: this.#deliveries,
      isExplicit,
      maxRecords: settings.maxPollRecords,
      onRead: () => this.#takePart(),
      onHungry: () => this.#fetcher.kick(),
    })
    this.#poller = new SharePoller(this.#reading)
    const onError = (error: Error, trouble?: Trouble) => this.#reading.fail(error, trouble)
    this.#fetcher = new ShareFetcher({
      cluster,
      config: settings,
      memberId,
      isHungry: () => this.#reading.isHungry,
      onRecords: (acquired) => {
        this.#feed.add(acquired)
        this.#feed.keepOnly(this.#reading.isClosing ? [] : this.#member.topics)
        this.#reading.bell.ring()
      },
      onAcknowledged: (outcome) => this.#tell(outcome),
      onError,
    })
    this.#member = new ShareMember({
      link: new CoordinatorLink(cluster, settings.groupId),
      config: settings,
      memberId,
      deliveries: this.#deliveries,
      partitions: this.#fetcher.partitions,
      onAssigned: (partitions) => this.#assign(partitions),
      onAway: () => this.#feed.empty(),
      onError,
    })
    cluster.onMetadata((metadata) => {
      this.#member.learn(metadata)
      this.#fetcher.kick()
    })
  }

  /** Takes records of these topics from now on, and of no others. The group is joined when the program begins to read. */
  subscribe(topics: string | readonly string[]): void {
    this.#checkOpen()
    const names = typeof topics === 'string' ? [topics] : topics
    if (names.length === 0) throw new OptionError('topics', 'subscribe needs at least one topic; unsubscribe ends a subscription')
    if (names.some((name) => typeof name !== 'string' || name === '')) throw new OptionError('topics', 'a topic needs a name')
    this.#member.subscribe(names)
    if (this.#deliveries.isAwaited) this.#member.take()
  }

  /**
   * Waits for handlers at work, tells what was acknowledged, gives back the rest, and leaves the group; within defaultApiTimeoutMs. Runs and polls go on with
   * the next subscription. Not to be awaited by a handler.
   */
  async unsubscribe(): Promise<void> {
    this.#checkOpen()
    this.#letGo()
    this.#member.subscribe([])
    await this.#leave('unsubscribe', this.#settings.defaultApiTimeoutMs)
    this.#reading.forgive()
    // What the program has subscribed to meanwhile.
    if (this.#deliveries.isAwaited) this.#member.take()
  }

  /** The topics that it takes records of. */
  subscription(): readonly string[] {
    return this.#member.topics
  }

  /** One record after the other. Implicitly, asking for the next one accepts the one before. */
  records({ signal }: WaitOptions = {}): AsyncIterableIterator<ShareRecord<K, V>> {
    return new ShareIterator(this.#reading, signal)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ShareRecord<K, V>> {
    return this.records()
  }

  /** Many records of one partition at a time. Implicitly, asking for the next batch accepts the one before. */
  batches(options: BatchesOptions = {}): AsyncGenerator<ShareBatch<K, V>, void, undefined> {
    return shareBatchesOf(this.#reading, options)
  }

  /** Up to maxPollRecords records of any partitions. Implicitly, the call accepts what the one before gave. */
  poll(options: PollOptions = {}): Promise<ShareRecord<K, V>[]> {
    return this.#poller.poll(options)
  }

  /**
   * Calls a handler with what comes, several at once where `concurrency` says so. A handler that ends accepts its record (explicitly it has to say so before);
   * one that throws gives it back, and the run rejects with its error, unless `onHandlerError` says what becomes of it. Resolves when the signal or `close`
   * ends it.
   */
  async run(options: ShareRunOptions<K, V>): Promise<void> {
    await new ShareRunner(this.#reading, options).run()
  }

  /**
   * Says what becomes of a record that the program has; only with shareAcknowledgementMode=explicit. Brokers are told soon, with `commitSync` or `commitAsync` at
   * once. `renew` makes the lock begin anew, and the record stays with the program, which says later what becomes of it. Of a record that could not be
   * deserialized, the RecordDeserializationError is the place. Throws a StateError where the program does not have the record.
   */
  acknowledge(place: RecordPlace, type: AcknowledgeType = 'accept'): void {
    this.#checkOpen()
    if (!this.#reading.isExplicit) {
      const message = 'acknowledge needs shareAcknowledgementMode=explicit; implicitly, asking for more accepts what was given'
      throw new StateError('INVALID_STATE', message)
    }
    this.#hands.settle(this.#hands.find(place), type)
  }

  /**
   * Tells the brokers what becomes of records, and gives what they answered, partition by partition; implicitly, all that loops and polls have is accepted by it.
   * An error of a partition stands in its outcome and is not thrown. Throws a TimeoutError where brokers do not answer in time.
   */
  async commitSync({
    timeoutMs = this.#settings.defaultApiTimeoutMs,
    signal,
  }: ShareCommitOptions = {}): Promise<readonly AcknowledgedOffsets[]> {
    this.#checkOpen()
    if (!this.#reading.isExplicit) this.#hands.acceptAll()
    return this.#fetcher.commit(this.#cluster.patience('commitSync', { timeoutMs, signal }))
  }

  /** As `commitSync`, without waiting: the callback hears what became of it. */
  commitAsync(): void {
    this.#checkOpen()
    if (!this.#reading.isExplicit) this.#hands.acceptAll()
    this.#fetcher.flush()
  }

  /** Who is told what became of acknowledged records; null: nobody. What it throws, or rejects with, whoever reads next meets. */
  setAcknowledgementCommitCallback(callback: AcknowledgementCommitCallback | null): void {
    this.#callback = callback
  }

  /** Milliseconds that a record is locked for who got it, as the brokers said it last (group configuration share.record.lock.duration.ms); null before. */
  get acquisitionLockTimeoutMs(): number | null {
    return this.#fetcher.lockTimeoutMs
  }

  /**
   * Ends loops and runs, waits for handlers at work, tells what was acknowledged, gives back everything else, and leaves the group. Nothing is left running;
   * calling it again waits for the same.
   */
  close(options: ConsumerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ timeoutMs = CLOSE_MS }: ConsumerCloseOptions): Promise<void> {
    this.#reading.close()
    this.#letGo()
    try {
      await this.#leave('close', timeoutMs)
    } finally {
      this.#fetcher.close()
      this.#cluster.close()
    }
  }

  /** What waits for the program goes back, and does not wait for handlers at work. */
  #letGo(): void {
    this.#deliveries.forgetLoops()
    this.#feed.empty()
  }

  async #leave(what: string, timeoutMs: number): Promise<void> {
    const patience = this.#cluster.patience(what, { timeoutMs })
    let isHurried = false
    const hurry = this.#cluster.platform.clock.after(timeoutMs * HURRY_AT, () => {
      isHurried = true
      this.#deliveries.nudge()
    })
    try {
      await this.#deliveries.drain(this.#reading.out, () => isHurried)
    } finally {
      hurry.cancel()
    }
    // What the program still has goes back with the sessions.
    this.#hands.clear()
    await this.#fetcher.leave(patience)
    await this.#member.leave(patience)
  }

  #takePart(): void {
    if (this.#member.topics.length === 0) {
      throw new StateError('INVALID_STATE', 'the consumer subscribes to no topics; call subscribe first')
    }
    this.#member.take()
  }

  /** What is here of partitions that others ask for from now on is still this member's: given back, it would count as delivered, and that is bounded. */
  #assign(partitions: readonly SharePartition[]): void {
    this.#fetcher.assign(partitions)
    this.#feed.keepOnly(this.#member.topics)
  }

  #tell(outcome: AcknowledgedOffsets): void {
    const { topic, partition, offsets, error } = outcome
    if (error) {
      const { logger } = this.#cluster.platform
      logger.debug('records were not acknowledged', { topic, partition, records: offsets.length, why: error.message })
    }
    const fail = (thrown: unknown) => this.#reading.fail(thrown as Error)
    try {
      const told = this.#callback?.(outcome)
      if (isPromise(told)) told.then(undefined, fail)
    } catch (thrown) {
      fail(thrown)
    }
  }

  #checkOpen(): void {
    if (this.#cluster.lifetime.isOver || this.#closing) throw closed()
  }
}
