// `new Kafka(...)`: what its clients have in common.

import { environment } from '../platform/node/process.ts'
import { createAdmin } from './admin/admin.ts'
import { Connections } from './connection/connections.ts'
import { logLevel } from './constants.ts'
import { createConsumer } from './consumer/consumer.ts'
import { consoleLogCreator, createLogger } from './logging.ts'
import { createProducer } from './producer/producer.ts'
import { retryOf } from './retry.ts'
import type {
  Admin,
  AdminConfig,
  Consumer,
  ConsumerConfig,
  KafkaConfig,
  Logger,
  Producer,
  ProducerConfig,
  RetryOptions,
} from './types/index.ts'

const CONSUMER_RETRIES = 5

/** Told once a process. */
let hasWarned = false

export class Kafka {
  readonly #connections: Connections
  readonly #logger: Logger
  readonly #retry: RetryOptions | undefined

  /** Nothing is connected before a client is. Throws a KafkaJSNonRetriableError for a login or a `retry` that makes no sense. */
  constructor(config: KafkaConfig) {
    const { logLevel: level = logLevel.INFO, logCreator = consoleLogCreator, retry } = config
    this.#logger = createLogger(level, logCreator)
    this.#retry = retry
    this.#connections = new Connections(config, this.#logger)
  }

  producer(config: ProducerConfig = {}): Producer {
    if (!config.createPartitioner) warnOfDefaultPartitioner(this.#logger)
    const given = [this.#retry, config.retry]
    const isLimited = given.some((each) => each?.retries !== undefined)
    return createProducer({ ...this.#shared, config, isLimited, retry: retryOf(...given) })
  }

  /** How often handlers are called again is the consumer's own: it is 5 whatever the `retry` of all says, where the consumer has none. */
  consumer(config: ConsumerConfig = { groupId: '' }): Consumer {
    return createConsumer({ ...this.#shared, config, retry: retryOf(this.#retry, config.retry ?? { retries: CONSUMER_RETRIES }) })
  }

  admin({ retry }: AdminConfig = {}): Admin {
    return createAdmin({ ...this.#shared, retry: retryOf(this.#retry, retry) })
  }

  logger(): Logger {
    return this.#logger
  }

  get #shared() {
    return { connections: this.#connections, logger: this.#logger }
  }
}

function warnOfDefaultPartitioner(logger: Logger): void {
  if (hasWarned || environment()['KAFKAJS_NO_PARTITIONER_WARNING'] !== undefined) return
  hasWarned = true
  logger.warn(
    'Keys go to partitions as with Java, and as with KafkaJS from 2.0.0 on. Where they should stay where older versions put them, give "createPartitioner: Partitioners.LegacyPartitioner". The environment variable KAFKAJS_NO_PARTITIONER_WARNING=1 silences this.',
  )
}
