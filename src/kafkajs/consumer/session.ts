// From `run` to `stop`: a consumer of the client with its own connections, the handlers on it, and what keeps them going where something fails.

import type { TopicPartition } from '../../assignors/index.ts'
import { Consumer as ClientConsumer } from '../../client/consumer/consumer.ts'
import type { TopicPartitionOffset } from '../../client/consumer/place.ts'
import { EARLIEST, LATEST } from '../../client/consumer/reset.ts'
import { Slices } from '../../platform/slices.ts'
import { PartitionAssigners } from '../assigners.ts'
import { clusterView } from '../connection/cluster-view.ts'
import type { Connected, Connections } from '../connection/connections.ts'
import type { Emitter } from '../emitter.ts'
import { translated } from '../errors/translate.ts'
import { type Retry, told } from '../retry.ts'
import type { ConsumerConfig, ConsumerEvents, ConsumerRunConfig, Logger } from '../types/index.ts'
import { assignorsOf } from './assignors.ts'
import { Attempts } from './attempts.ts'
import { Handling } from './handling.ts'
import { asTopics, Offsets } from './offsets.ts'
import { Pauses, type SomePartitions } from './pauses.ts'
import { isRebalance } from './rebalance.ts'
import { watchOf } from './watching.ts'

export interface SessionOptions {
  readonly connections: Connections
  /** Connections of its own, which end with it. */
  readonly connect: () => Promise<Connected>
  readonly config: ConsumerConfig
  readonly run: ConsumerRunConfig
  readonly retry: Retry
  /** Of each topic: whether to begin at its first record where nothing is committed. */
  readonly topics: ReadonlyMap<string, boolean>
  readonly emitter: Emitter<ConsumerEvents>
  readonly logger: Logger
  /** It has its place in the group. */
  readonly onJoined: () => void
}

/** Messages that a batch has at most. */
const BATCH_MESSAGES = 10_000
/** No topic: who subscribes to none, or to patterns that nothing matches, is a member without partitions (as NestJS's clients are that ask no questions). */
const NOTHING = /(?!)/
type Bytes = Uint8Array | null

export class Session {
  readonly #options: SessionOptions
  readonly #offsets: Offsets
  readonly #attempts: Attempts
  readonly #pauses = new Pauses()
  /** Of partitions that were not this consumer's when the program went there. */
  readonly #seeks = new Map<string, { readonly place: TopicPartition; readonly offset: number }>()
  /** Ends what is heard of transactions. */
  readonly #unheard: () => void
  #opening: Promise<ClientConsumer<Bytes, Bytes>> | null = null
  /** Null until it is connected. */
  #consumer: ClientConsumer<Bytes, Bytes> | null = null
  #isRunning = true

  /** Programs may go elsewhere and pause from now on; nothing is connected before `open`. */
  constructor(options: SessionOptions) {
    const { run, retry, connections, config } = options
    const { clock, random } = connections.platform
    this.#options = options
    this.#attempts = new Attempts({ retry, clock, random, logger: options.logger, groupId: config.groupId })
    this.#offsets = new Offsets({
      clock,
      autoCommitInterval: run.autoCommitInterval ?? null,
      autoCommitThreshold: run.autoCommitThreshold ?? null,
      send: (offsets) => this.#send(offsets),
    })
    this.#unheard = connections.sentOffsets.listen(config.groupId, (offsets) => this.#offsets.committed(offsets))
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Rejects where a program's brokers are not told, or its options make no sense. */
  async open(): Promise<void> {
    await this.#ready
  }

  /** Joins the group and calls handlers until `stop`. Rejects with what cannot be helped: KafkaJSNumberOfRetriesExceeded, or an error that is not retriable. */
  async work(): Promise<void> {
    const { run, connections, emitter, topics } = this.#options
    const pauses = this.#pauses
    const { clock } = connections.platform
    const consumer = await this.#ready
    if (!this.#isRunning) return
    consumer.subscribe(topics.size > 0 ? [...topics.keys()] : NOTHING, {
      onAssigned: (partitions) => this.#begin(partitions),
      onRevoked: (partitions) => this.#revoked(partitions),
      onLost: (partitions) => this.#offsets.forget(partitions),
    })
    const handling = new Handling({
      config: run,
      offsets: this.#offsets,
      emitter,
      logger: this.#options.logger,
      clock,
      slices: Slices.of(clock),
      isRunning: () => this.#isRunning,
      autoCommit: () => this.#autoCommit(),
      isPaused: (topic, partition) => pauses.has(topic, partition),
      pause: (topic, partition) => {
        this.pause([{ topic, partitions: [partition] }])
        return () => this.resume([{ topic, partitions: [partition] }])
      },
      seek: (batch, offset) => consumer.seek({ topic: batch.topic, partition: batch.partition }, offset),
    })
    const { partitionsConsumedConcurrently: concurrency = 1 } = run
    await this.#attempts.run(
      () =>
        consumer.run({
          concurrency,
          autoResolve: false,
          maxRecords: BATCH_MESSAGES,
          eachBatch: (batch, context) => this.#attempts.watching(batch, () => handling.handle(batch, context)),
        }),
      () => this.#isRunning,
    )
  }

  /** Waits for handlers, commits what they are done with, and leaves the group. */
  async stop(): Promise<void> {
    this.#isRunning = false
    this.#attempts.end()
    this.#unheard()
    try {
      await (await this.#opening)?.close()
    } catch (thrown) {
      if (this.#consumer) throw thrown // else it never was: `open` tells why
    }
  }

  seek(place: TopicPartition, offset: number): void {
    if (this.#isAssigned(place)) this.#seekNow(place, offset)
    else this.#seeks.set(`${place.partition} ${place.topic}`, { place, offset })
  }

  pause(some: readonly SomePartitions[]): void {
    for (const each of some) this.#pauses.pause(each)
    this.#applyPauses()
  }

  resume(some: readonly SomePartitions[]): void {
    for (const each of some) this.#pauses.resume(each)
    this.#applyPauses()
  }

  /** What the program has paused of what it has now. */
  paused(): readonly TopicPartition[] {
    return this.#assigned.filter(({ topic, partition }) => this.#pauses.has(topic, partition))
  }

  commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#offsets.commit(offsets)
  }

  get #ready(): Promise<ClientConsumer<Bytes, Bytes>> {
    this.#opening ??= this.#opened()
    return this.#opening
  }

  async #opened(): Promise<ClientConsumer<Bytes, Bytes>> {
    const connected = await this.#options.connect()
    try {
      this.#consumer = this.#made(connected)
      return this.#consumer
    } catch (thrown) {
      connected.cluster.close()
      throw translated(thrown)
    }
  }

  #made({ cluster, options }: Connected): ClientConsumer<Bytes, Bytes> {
    const { config, retry, topics, connections, emitter, logger } = this.#options
    const { groupId, partitionAssigners = [PartitionAssigners.roundRobin] } = config
    const view = clusterView(cluster, retry, connections.requestTimeoutMs)
    return new ClientConsumer<Bytes, Bytes>({
      ...options,
      bootstrapServers: [...options.bootstrapServers],
      cluster,
      groupId,
      enableAutoCommit: false,
      assignors: assignorsOf(partitionAssigners, { cluster: view, groupId, logger }),
      autoOffsetResetOf: (topic) => (topics.get(topic) ? 'earliest' : 'latest'),
      isolationLevel: config.readUncommitted ? 'read_uncommitted' : 'read_committed',
      sessionTimeoutMs: config.sessionTimeout ?? 30_000,
      maxPollIntervalMs: config.rebalanceTimeout ?? 60_000,
      heartbeatIntervalMs: config.heartbeatInterval ?? 3000,
      maxPartitionFetchBytes: config.maxBytesPerPartition ?? 1_048_576,
      fetchMinBytes: config.minBytes ?? 1,
      fetchMaxBytes: config.maxBytes ?? 10_485_760,
      fetchMaxWaitMs: config.maxWaitTimeInMs ?? 5000,
      clientRack: config.rackId ?? '',
      allowAutoCreateTopics: config.allowAutoTopicCreation ?? true,
      watch: watchOf({ emitter, logger, topics, onJoined: this.#options.onJoined }),
    })
  }

  async #autoCommit(): Promise<void> {
    if (this.#options.run.autoCommit === false) return
    await this.#committed(this.#offsets.uncommitted())
  }

  /** Where others have the partitions by now, they have their records, too. */
  async #committed(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      await this.#offsets.commit(offsets)
    } catch (thrown) {
      if (!isRebalance(thrown)) throw thrown
      this.#options.logger.debug('the group is rebalancing: what was done comes again', { error: (thrown as Error).message })
    }
  }

  async #send(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const { retry, emitter } = this.#options
    const consumer = await this.#ready
    await told(retry, () => consumer.commit(offsets))
    const { groupId, memberId, generationId: groupGenerationId } = consumer.groupMetadata()
    emitter.emit('COMMIT_OFFSETS', () => ({ groupId, memberId, groupGenerationId, topics: asTopics(offsets) }))
  }

  #begin(partitions: readonly TopicPartition[]): void {
    this.#applyPauses()
    for (const { topic, partition } of partitions) {
      const key = `${partition} ${topic}`
      const seek = this.#seeks.get(key)
      this.#seeks.delete(key)
      if (seek) this.#seekNow(seek.place, seek.offset)
    }
  }

  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    if (this.#options.run.autoCommit !== false) await this.#committed(this.#offsets.uncommitted(partitions))
    this.#offsets.forget(partitions)
  }

  #seekNow(place: TopicPartition, offset: number): void {
    if (offset === EARLIEST) this.#consumer?.seekToBeginning([place])
    else if (offset === LATEST) this.#consumer?.seekToEnd([place])
    else {
      this.#consumer?.seek(place, offset)
      return this.#offsets.moveTo(place, offset)
    }
    this.#offsets.forget([place])
  }

  #applyPauses(): void {
    const all = this.#consumer?.assignment() ?? []
    const isPaused = ({ topic, partition }: TopicPartition) =>
      this.#pauses.has(topic, partition) || !this.#options.topics.has(topic)
    this.#consumer?.pause(all.filter(isPaused))
    this.#consumer?.resume(all.filter((each) => !isPaused(each)))
  }

  get #assigned(): readonly TopicPartition[] {
    return (this.#consumer?.assignment() ?? []).filter(({ topic }) => this.#options.topics.has(topic))
  }

  #isAssigned({ topic, partition }: TopicPartition): boolean {
    return this.#assigned.some((each) => each.topic === topic && each.partition === partition)
  }
}
