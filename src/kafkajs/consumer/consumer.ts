// `kafka.consumer()`.

import { deferred } from '../../base/deferred.ts'
import { Link } from '../../client/admin/link.ts'
import { listTopics } from '../../client/admin/topics.ts'
import type { Timer } from '../../platform/clock.ts'
import { describeGroup } from '../admin/groups.ts'
import type { Connected, Connections } from '../connection/connections.ts'
import { Emitter, requestEvents } from '../emitter.ts'
import { type KafkaJSError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from '../errors/classes.ts'
import { translated } from '../errors/translate.ts'
import { consumerEvents } from '../events.ts'
import { type Retry, told } from '../retry.ts'
import type {
  Consumer,
  ConsumerConfig,
  ConsumerRunConfig,
  ConsumerSubscribeTopic,
  ConsumerSubscribeTopics,
  Logger,
  TopicPartitions,
} from '../types/index.ts'
import { checkConfig, checkedCommits, checkedSeek, checkedSubscription, checkPauses } from './arguments.ts'
import { Session } from './session.ts'

export interface ConsumerOptions {
  readonly connections: Connections
  readonly config: ConsumerConfig
  readonly retry: Retry
  readonly logger: Logger
}

/** Throws a KafkaJSNonRetriableError for options that make no sense. */
export function createConsumer(options: ConsumerOptions): Consumer {
  checkConfig(options.config)
  const consumer = new GroupConsumer(options)
  return {
    connect: () => consumer.connect(),
    disconnect: () => consumer.disconnect(),
    subscribe: (subscription) => consumer.subscribe(subscription),
    stop: () => consumer.stop(),
    run: (config = {}) => consumer.run(config),
    commitOffsets: async (commits = []) => {
      const offsets = checkedCommits(commits)
      await consumer.session.commit(offsets)
    },
    seek(to) {
      const { place, offset } = checkedSeek(to)
      consumer.session.seek(place, offset)
    },
    describeGroup: () => consumer.describeGroup(),
    pause(some = []) {
      checkPauses(some)
      consumer.session.pause(some)
    },
    paused: () => consumer.paused(),
    resume(some = []) {
      checkPauses(some)
      consumer.session.resume(some)
    },
    on: consumer.emitter.on as Consumer['on'],
    logger: () => consumer.logger,
    events: consumerEvents,
  }
}

class GroupConsumer {
  readonly emitter: Emitter<typeof consumerEvents>
  readonly logger: Logger
  readonly #options: ConsumerOptions
  /** Whether to begin at the first record where nothing is committed, by topic. */
  readonly #topics = new Map<string, boolean>()
  #connected: Promise<Connected> | null = null
  #session: Session | null = null
  #restart: Timer | null = null
  #stopping: Promise<void> | null = null

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.logger = options.logger.namespace('Consumer')
    this.emitter = new Emitter('consumer', consumerEvents, options.connections.platform.clock, this.logger)
  }

  /** Throws a KafkaJSNonRetriableError while it does not run. */
  get session(): Session {
    if (this.#session) return this.#session
    throw new KafkaJSNonRetriableError('Consumer group was not initialized, consumer#run must be called first')
  }

  async connect(): Promise<void> {
    await this.#refreshed()
    this.emitter.emit('CONNECT')
  }

  async disconnect(): Promise<void> {
    await this.stop()
    const closing = this.#connected
    this.#connected = null
    const connected = await closing?.catch(() => null) // who asked for it was told
    connected?.cluster.close()
    this.emitter.emit('DISCONNECT')
  }

  async subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void> {
    if (this.#session) throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running')
    const wanted = checkedSubscription(subscription)
    const names = wanted.filter((each) => typeof each === 'string')
    const patterns = wanted.filter((each) => each instanceof RegExp)
    const { cluster } = await this.#refreshed()
    if (patterns.length > 0) {
      const link = new Link(cluster, this.#options.connections.requestTimeoutMs)
      const listed = await told(this.#options.connections.retry, () => listTopics(link))
      for (const pattern of patterns) {
        const matched = listed.map(({ name }) => name).filter((name) => new RegExp(pattern).test(name))
        this.logger.debug('Subscription based on RegExp', { topicRegExp: String(pattern), matchedTopics: matched })
        names.push(...matched)
      }
    }
    try {
      await cluster.topics(names, cluster.patience('the metadata of topics'))
    } catch (thrown) {
      throw translated(thrown)
    }
    for (const name of names) this.#topics.set(name, subscription.fromBeginning ?? false)
  }

  /** Resolves when it has its place in the group, or cannot have one. */
  async run(config: ConsumerRunConfig): Promise<void> {
    if (this.#session) {
      this.logger.warn('consumer#run was called, but the consumer is already running', { groupId: this.#options.config.groupId })
      return
    }
    if (!config.eachMessage && !config.eachBatch)
      throw new KafkaJSNonRetriableError('consumer#run needs eachMessage or eachBatch')
    await this.#start(config)
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = null
    })
    return this.#stopping
  }

  paused(): TopicPartitions[] {
    const topics = new Map<string, number[]>()
    for (const { topic, partition } of this.#session?.paused() ?? [])
      topics.set(
        topic,
        [...(topics.get(topic) ?? []), partition].sort((a, b) => a - b),
      )
    return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
  }

  async describeGroup() {
    const { cluster } = await this.#open()
    const { connections, retry, config } = this.#options
    return told(retry, () => describeGroup(new Link(cluster, connections.requestTimeoutMs), config.groupId))
  }

  /** One for all who ask; after a failure the next one tries anew. */
  async #open(): Promise<Connected> {
    const opening = (this.#connected ??= this.#made())
    try {
      return await opening
    } catch (thrown) {
      if (this.#connected === opening) this.#connected = null
      throw thrown
    }
  }

  #made(): Promise<Connected> {
    const { connections, config, retry } = this.#options
    return connections.open({ ...config, retry, watch: requestEvents(this.emitter) })
  }

  async #refreshed(): Promise<Connected> {
    const connected = await this.#open()
    const { cluster } = connected
    if (cluster.metadata.brokers.size === 0)
      await told(this.#options.connections.retry, () => cluster.refresh(cluster.patience('connecting')))
    return connected
  }

  /** It runs in the same breath: programs pause and seek without waiting for `run`. */
  async #start(run: ConsumerRunConfig): Promise<void> {
    const { connections, config, retry } = this.#options
    this.logger.info('Starting', { groupId: config.groupId })
    const joined = deferred<void>()
    const session = new Session({
      connections,
      connect: () => this.#made(),
      config,
      run,
      retry,
      topics: new Map(this.#topics),
      emitter: this.emitter,
      logger: this.logger,
      onJoined: () => joined.resolve(),
    })
    this.#session = session
    try {
      await session.open()
    } catch (thrown) {
      await session.stop()
      if (this.#session === session) this.#session = null
      throw thrown
    }
    session
      .work()
      .catch((thrown) => this.#crashed(session.isRunning, run, thrown as Error))
      .catch((thrown) => this.logger.error(`What was left of a crash could not be cleared away: ${thrown.message}`))
      .finally(() => joined.resolve())
    await joined.promise
  }

  async #stop(): Promise<void> {
    const { groupId } = this.#options.config
    this.#restart?.cancel()
    this.#restart = null
    const session = this.#session
    if (session) {
      await session.stop()
      if (this.#session === session) this.#session = null
      this.emitter.emit('STOP')
    }
    this.logger.info('Stopped', { groupId })
  }

  /** What cannot be helped ends it; where another attempt may be worth while, it begins anew after a pause. */
  async #crashed(isWanted: boolean, run: ConsumerRunConfig, error: Error): Promise<void> {
    const { retry, config, connections } = this.#options
    const { groupId } = config
    const { retryCount, retryTime } = error as Partial<KafkaJSNumberOfRetriesExceeded>
    this.logger.error(`Crash: ${error.name}: ${error.message}`, { groupId, retryCount, stack: error.stack })
    await this.disconnect()
    const restart = isWanted && (await this.#mayRestart(error))
    this.emitter.emit('CRASH', () => ({ error, groupId, restart }))
    if (!restart) return
    const pause = retryTime ?? retry.initialRetryTime
    this.logger.error(`Restarting the consumer in ${pause}ms`, { retryCount, retryTime: pause, groupId })
    this.#restart = connections.platform.clock.after(pause, () => {
      this.#restart = null
      if (this.#session) return // the program did it itself
      this.#start(run)
        .catch((thrown) => this.#crashed(true, run, thrown as Error))
        .catch((thrown) => this.logger.error(`The consumer did not start again: ${thrown.message}`, { groupId }))
    })
  }

  async #mayRestart(error: Error): Promise<boolean> {
    // What was wrong at first, as far as somebody says whether another attempt may help: below it there are errors of the system.
    let first: { retriable?: unknown; cause?: unknown } = error
    while (typeof (first.cause as KafkaJSError | undefined)?.retriable === 'boolean') first = first.cause as KafkaJSError
    const isRetriable = error instanceof KafkaJSNumberOfRetriesExceeded || first.retriable === true
    const { restartOnFailure } = this.#options.retry
    if (!isRetriable || !restartOnFailure) return isRetriable
    try {
      return await restartOnFailure(error)
    } catch (thrown) {
      this.logger.error('Caught error when invoking user-provided "restartOnFailure" callback. Defaulting to restarting.', {
        error: (thrown as Error).message,
      })
      return true
    }
  }
}
