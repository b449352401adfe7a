// `kafka.producer()`.

import { partitionMetadataOf } from '../connection/cluster-view.ts'
import type { Connected, Connections } from '../connection/connections.ts'
import { Emitter, requestEvents } from '../emitter.ts'
import { KafkaJSError, KafkaJSNonRetriableError } from '../errors/classes.ts'
import { producerEvents } from '../events.ts'
import { Partitioners } from '../partitioners.ts'
import { type Retry, told } from '../retry.ts'
import type { Logger, Producer, ProducerBatch, ProducerConfig, ProducerRecord, RecordMetadata } from '../types/index.ts'
import { checkedTopics, codecOf, metadataOf, recordOf } from './batches.ts'
import { ProducerPool } from './pool.ts'
import { Transactions } from './transaction.ts'

type Status = 'disconnected' | 'connected' | 'disconnecting'
type ClientRecords = ReturnType<typeof recordOf>[]

export interface ProducerOptions {
  readonly connections: Connections
  readonly config: ProducerConfig
  readonly retry: Retry
  /** Whether the program says how often something is tried again. */
  readonly isLimited: boolean
  readonly logger: Logger
}

interface Open extends Connected {
  readonly pool: ProducerPool
  readonly transactions: Transactions
}

export function createProducer({ connections, config, retry, isLimited, logger: root }: ProducerOptions): Producer {
  const { idempotent = false, transactionalId, createPartitioner = Partitioners.DefaultPartitioner } = config
  const { sentOffsets, retry: connecting } = connections
  if (idempotent && retry.retries < 1)
    throw new KafkaJSNonRetriableError('Idempotent producer must allow retries to protect against transient errors')
  const logger = root.namespace('Producer')
  if (idempotent && isLimited && retry.retries < Number.MAX_SAFE_INTEGER)
    logger.warn('Limiting retries for the idempotent producer may invalidate EoS guarantees')
  const partitioner = createPartitioner()
  const emitter = new Emitter('producer', producerEvents, connections.platform.clock, logger)
  const watch = requestEvents(emitter)
  let status: Status = 'disconnected'
  let connected: Open | null = null
  let opening: Promise<Open> | null = null

  async function connect(): Promise<void> {
    opening ??= open()
    try {
      const made = await opening
      await told(connecting, () => made.cluster.refresh(made.cluster.patience('connecting')))
      connected = made
    } catch (thrown) {
      if (!connected) {
        const failed = opening
        opening = null
        failed?.then(
          ({ cluster }) => cluster.close(),
          () => {}, // there is nothing to close
        )
      }
      throw thrown
    }
    status = 'connected'
    emitter.emit('CONNECT')
  }

  async function open(): Promise<Open> {
    const made = await connections.open({ ...config, retry, watch })
    const pool = new ProducerPool(made, config, retry)
    return { ...made, pool, transactions: new Transactions({ pool, retry, sentOffsets, prepare: (batch) => prepared(batch) }) }
  }

  async function disconnect(): Promise<void> {
    status = 'disconnecting'
    const closing = connected
    connected = null
    opening = null
    await closing?.pool.close()
    closing?.cluster.close()
    status = 'disconnected'
    emitter.emit('DISCONNECT')
  }

  /** Throws where it is not connected. */
  function current() {
    if (status === 'disconnecting')
      throw new KafkaJSNonRetriableError("The producer is disconnecting; therefore, it can't safely accept messages anymore")
    if (!connected) throw new KafkaJSError('The producer is disconnected')
    return connected
  }

  /** Records with their partitions. */
  async function prepared(batch: ProducerBatch): Promise<ClientRecords> {
    const topics = checkedTopics(batch)
    const codec = codecOf(batch.compression)
    const { cluster } = current()
    const names = topics.map(({ topic }) => topic)
    if (!names.every((name) => cluster.peekTopic(name)))
      await told(retry, () => cluster.topics(names, cluster.patience('the metadata of topics')))
    return topics.flatMap(({ topic, messages }) => {
      const partitionMetadata = partitionMetadataOf(cluster.peekTopic(topic)!)
      return messages.map((message) => recordOf(topic, message, partitioner({ topic, partitionMetadata, message }), codec))
    })
  }

  async function sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]> {
    const { acks = -1, timeout } = batch
    if (idempotent && acks !== -1)
      throw new KafkaJSNonRetriableError(
        "Not requiring ack for all messages invalidates the idempotent producer's EoS guarantees",
      )
    const records = await prepared(batch)
    const { pool } = current()
    try {
      const places = await told(retry, () => pool.sendAll(records, acks, timeout))
      return acks === 0 ? [] : metadataOf(records, places)
    } catch (thrown) {
      logger.error(`Failed to send messages: ${(thrown as Error).message}`)
      throw thrown
    }
  }

  return {
    connect,
    disconnect,
    isIdempotent: () => idempotent,
    events: producerEvents,
    on: emitter.on as Producer['on'],
    send: ({ topic, messages, ...options }: ProducerRecord) => sendBatch({ ...options, topicMessages: [{ topic, messages }] }),
    sendBatch,
    async transaction() {
      if (!transactionalId) throw new KafkaJSNonRetriableError('Must provide transactional id for transactional producer')
      return current().transactions.begin()
    },
    logger: () => logger,
  }
}
