// The producer: sends records to any Kafka, each of them once and in order, several at a time.
//
//   await using producer = new Producer({ bootstrapServers: 'localhost:9092' })
//   const { partition, offset } = await producer.send({ topic: 'orders', key: 'one', value: 'two' })

import type { producerOptions } from '../../config/client/producer.ts'
import { Slices } from '../../platform/slices.ts'
import { type ClientPlatform, Cluster } from '../cluster/cluster.ts'
import { ClientError, OptionError, SerializationError, StateError, TransactionAbortedError } from '../errors/index.ts'
import type { Given } from '../options/resolve.ts'
import { closed, type Patience, type WaitOptions } from '../patience.ts'
import { defaultPlatform } from '../platform.ts'
import type { Login } from '../security/login.ts'
import type { SerdeContext, Serializer } from '../serde/serde.ts'
import { Accumulator } from './accumulator.ts'
import { Compressor } from './compressor.ts'
import { ManyDelivery, OneDelivery, UnawaitedDelivery } from './deliveries.ts'
import { Entrance } from './entrance.ts'
import { BatchMemory } from './memory.ts'
import { Outcomes } from './outcomes.ts'
import { byKey, ignoringKeys, type Partitioner, roundRobin, StickySpread } from './partitioner.ts'
import { ProducerIds } from './producer-ids.ts'
import { kindOf, type ProducerRecord, type RecordMetadata } from './record.ts'
import { Sender } from './sender.ts'
import { type ProducerSettings, producerSettings } from './settings.ts'
import type { GroupMetadata, OffsetsToCommit } from './transaction-calls.ts'
import { Transactions } from './transactions.ts'

type Needed = { readonly bootstrapServers: string | readonly string[] }

/** Kafka's options in camelCase, and what only a program can give. */
export interface ProducerConfig<K, V> extends Omit<Given<typeof producerOptions>, 'bootstrapServers'>, Needed {
  /** Turns keys into bytes. Default: texts in UTF-8, bytes as they are. */
  readonly keySerializer?: Serializer<K>
  /** Turns values into bytes. Default: texts in UTF-8, bytes as they are. */
  readonly valueSerializer?: Serializer<V>
  /** Chooses partitions. Default: by the key, as Java does, and spread evenly without one; `roundRobin` takes one after the other. */
  readonly partitioner?: Partitioner | 'default' | 'roundRobin'
  /** The login, where securityProtocol has one: name and password, or where tokens come from. */
  readonly sasl?: Login
  /** The machine it runs on; a simulated one, for example. Default: this one. */
  readonly platform?: ClientPlatform
}

const OTHERS = ['keySerializer', 'valueSerializer', 'partitioner', 'sasl', 'platform']

export interface CloseOptions {
  /** How long to go on trying to send what is there; default: until each record is acknowledged or has failed. */
  readonly timeoutMs?: number
}

export class Producer<K = Uint8Array | string | null, V = Uint8Array | string | null> implements AsyncDisposable {
  readonly #settings: ProducerSettings
  readonly #cluster: Cluster
  readonly #entrance: Entrance<K, V>
  readonly #sender: Sender
  readonly #outcomes: Outcomes
  readonly #transactions: Transactions | null
  readonly #unawaited = new UnawaitedDelivery()
  readonly #slices: Slices
  #count = 0
  #closing: Promise<void> | null = null

  /** Throws an OptionError that names the option, its value and what is allowed. Nothing is connected before it is needed. */
  constructor(config: ProducerConfig<K, V>) {
    const { platform = defaultPlatform(), partitioner = 'default' } = config
    const settings = producerSettings(config, OTHERS)
    this.#settings = settings
    const { clock, random, offload } = platform
    const cluster = new Cluster({
      platform,
      options: settings,
      sasl: config.sasl,
      connectionsMaxIdleMs: settings.connectionsMaxIdleMs,
      metadataMaxIdleMs: settings.metadataMaxIdleMs,
      createsTopics: true,
    })
    this.#cluster = cluster
    const memory = new BatchMemory(settings.bufferMemory)
    const accumulator = new Accumulator({ clock, memory, batchSize: settings.batchSize })
    const wake = () => this.#sender.wake()
    const ids = settings.isIdempotent ? new ProducerIds(cluster, wake) : null
    const { transactionalId, transactionTimeoutMs: timeoutMs } = settings
    const transactions =
      transactionalId === null ? null : new Transactions({ cluster, ids: ids!, transactionalId, timeoutMs, wake })
    this.#transactions = transactions
    const outcomes = new Outcomes({ ...settings, cluster, accumulator, transactions })
    this.#outcomes = outcomes
    const compressor = new Compressor({ clock, offload, codec: settings.compressionType, level: levelOf(settings) })
    this.#sender = new Sender({
      cluster,
      accumulator,
      memory,
      compressor,
      outcomes,
      ids,
      transactions,
      settings: { ...settings, maxInFlight: settings.maxInFlightRequestsPerConnection },
    })
    this.#entrance = new Entrance<K, V>({
      ...settings,
      cluster,
      accumulator,
      memory,
      keySerializer: config.keySerializer ?? plain,
      valueSerializer: config.valueSerializer ?? plain,
      partitioner: partitionerOf(partitioner, settings),
      spread: new StickySpread(random, settings.batchSize),
      onBatch: wake,
      check: () => this.#checkOpen(),
      checkLater: () => this.#checkLater(),
      onRefused: (why) => transactions?.recordRefused(why),
    })
    this.#slices = Slices.of(clock)
  }

  /**
   * Sends a record; resolves with its place when it is acknowledged. Rejects with a ClientError: what went wrong, whether trying again helps, and what to
   * do. With a signal that aborts, the record may be sent all the same.
   */
  send(record: ProducerRecord<K, V>, { signal }: WaitOptions = {}): Promise<RecordMetadata> {
    const sent = new Promise<RecordMetadata>((resolve, reject) => {
      this.#entrance.enter(record, new OneDelivery(resolve, reject), 0, signal)?.catch(reject)
    })
    return signal ? this.#cluster.patience('send', { signal }).race(sent) : sent
  }

  /** Sends many; resolves with their places, in the order of the list, when all are acknowledged. Rejects with the first failure, when all are done. */
  async sendAll(records: readonly ProducerRecord<K, V>[], { signal }: WaitOptions = {}): Promise<readonly RecordMetadata[]> {
    const delivery = new ManyDelivery(records.length)
    records.forEach((record, tag) => {
      const refuse = (why: unknown) => delivery.failed(tag, why)
      try {
        this.#entrance.enter(record, delivery, tag, signal)?.catch(refuse)
      } catch (thrown) {
        refuse(thrown)
      }
    })
    return signal ? this.#cluster.patience('sendAll', { signal }).race(delivery.promise) : delivery.promise
  }

  /**
   * Gives a record to the producer, which sends it by itself; what it gives back has to be awaited where it is a promise: there is no room at the moment.
   * Whether the record arrives is told by `flush`, which the program calls at its end, or now and then.
   */
  enqueue(record: ProducerRecord<K, V>, { signal }: WaitOptions = {}): Promise<void> | undefined {
    // A program that gives one after the other would leave no turn to those who send them.
    const room = this.#entrance.enter(record, this.#unawaited, 0, signal)
    return room ?? (this.#slices.isOverAt(this.#count++) ? this.#slices.rest() : undefined)
  }

  /** Resolves when everything that was sent before is acknowledged or has failed. Rejects with the first failure of records that were given to `enqueue`. */
  async flush({ signal }: WaitOptions = {}): Promise<void> {
    await this.#cluster.patience('flush', { signal }).race(this.#drained())
    const trouble = this.#unawaited.takeTrouble()
    if (trouble) throw trouble
  }

  /**
   * Makes the producer ready for transactions: others with the same transactionalId are fenced from now on, and what they left open is aborted. To be
   * called once, before the first transaction.
   */
  initTransactions(options?: WaitOptions): Promise<void> {
    return this.#transactional('initTransactions').initialize(this.#blocking('initTransactions', options))
  }

  /** What is sent from now on is seen all together when `commitTransaction` resolves, or never. Throws where one is open. */
  beginTransaction(): void {
    this.#transactional('beginTransaction').begin()
  }

  /** Commits offsets of a group as a part of the transaction: the next ones to consume. */
  sendOffsets(offsets: OffsetsToCommit, group: string | GroupMetadata, options?: WaitOptions): Promise<void> {
    const metadata = typeof group === 'string' ? { groupId: group } : group
    return this.#transactional('sendOffsets').sendOffsets(offsets, metadata, this.#blocking('sendOffsets', options))
  }

  /**
   * Ends the transaction: everything in it is there. Rejects with an error that is `abortable` where it can only be aborted, and with one that is `fatal`
   * where this producer has been fenced. After a TimeoutError it may be called again.
   */
  async commitTransaction(options?: WaitOptions): Promise<void> {
    const transactions = this.#transactional('commitTransaction')
    const patience = this.#blocking('commitTransaction', options)
    // Records that were given before belong to it.
    await patience.race(this.#entrance.settled())
    await transactions.commit(() => this.#drained(), patience)
  }

  /** Ends the transaction: nothing of it is there. Records that were not acknowledged fail with a TransactionAbortedError. */
  abortTransaction(options?: WaitOptions): Promise<void> {
    return this.#transactional('abortTransaction').abort(
      () => this.#outcomes.failAbsent(new TransactionAbortedError()),
      () => this.#drained(),
      this.#blocking('abortTransaction', options),
    )
  }

  /** The partitions of a topic as they are known, asking where they are not. */
  async partitionsFor(topic: string, options?: WaitOptions) {
    this.#checkAlive()
    const [info] = await this.#cluster.topics([topic], this.#blocking(`the partitions of ${topic}`, options))
    return info!.partitions
  }

  /**
   * Sends what is there, aborts a transaction that is open, and lets go of everything; calling it again waits for the same. With a timeout, what is not
   * acknowledged by then fails.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close({ timeoutMs }: CloseOptions): Promise<void> {
    const patience = this.#cluster.patience('close', timeoutMs === undefined ? {} : { timeoutMs })
    try {
      if (this.#transactions?.isUnfinished) await this.#abandon(patience)
      else if (timeoutMs !== 0) await patience.race(this.#drained())
    } catch (thrown) {
      // Out of time: those who wait for records are told.
      if (!(thrown instanceof ClientError)) throw thrown
    } finally {
      this.#sender.stop(closed())
      this.#cluster.close()
    }
  }

  /** Where that fails, the coordinator does the same when the transaction runs out of time. */
  async #abandon(patience: Patience): Promise<void> {
    const limit = this.#blocking('close')
    const shorter = patience.leftMs < limit.leftMs ? patience : limit
    await this.#transactions!.abort(
      () => this.#outcomes.failAbsent(new TransactionAbortedError()),
      () => this.#drained(),
      shorter,
    )
  }

  async #drained(): Promise<void> {
    await this.#entrance.settled()
    await this.#sender.flush()
  }

  #blocking(what: string, { signal }: WaitOptions = {}): Patience {
    return this.#cluster.patience(what, { timeoutMs: this.#settings.maxBlockMs, signal })
  }

  #transactional(method: string): Transactions {
    this.#checkAlive()
    if (this.#transactions) return this.#transactions
    throw new StateError('INVALID_STATE', `${method} needs the option transactionalId`)
  }

  #checkAlive(): void {
    if (this.#closing) throw closed()
  }

  /** After a wait: of records that were given while the producer was open. */
  #checkLater(): void {
    if (this.#cluster.lifetime.isOver) throw closed()
    this.#transactions?.checkOpen()
  }

  #checkOpen(): void {
    this.#checkAlive()
    this.#transactions?.checkOpen()
  }
}

const plain: Serializer<unknown> = {
  serialize(value: unknown, { topic, part }: SerdeContext) {
    if (value === null || value instanceof Uint8Array) return value
    if (typeof value === 'string') return Buffer.from(value)
    throw new SerializationError(
      `the ${part} of a record of ${topic} is ${kindOf(value)}; give a text, bytes or null, or a ${part}Serializer`,
    )
  },
}

function partitionerOf(given: Partitioner | 'default' | 'roundRobin', { partitionerIgnoreKeys }: ProducerSettings): Partitioner {
  if (typeof given === 'function') return given
  if (given === 'roundRobin') return roundRobin()
  if (given !== 'default') {
    throw new OptionError('partitioner', `partitioner=${String(given)} is not valid; allowed: default, roundRobin, or a function`)
  }
  return partitionerIgnoreKeys ? ignoringKeys : byKey
}

function levelOf({ compressionType, compressionGzipLevel, compressionZstdLevel }: ProducerSettings): number | undefined {
  if (compressionType === 'gzip') return compressionGzipLevel
  return compressionType === 'zstd' ? compressionZstdLevel : undefined
}
