// `producer.transaction()`: one at a time, each used until it is committed or aborted.

import type { TopicPartition } from '../../client/consumer/place.ts'
import type { SentOffsets } from '../connection/sent-offsets.ts'
import { KafkaJSNonRetriableError } from '../errors/classes.ts'
import { type Retry, told } from '../retry.ts'
import type { Offsets, ProducerBatch, ProducerRecord, RecordMetadata, Transaction } from '../types/index.ts'
import { metadataOf, type recordOf } from './batches.ts'
import type { ProducerPool } from './pool.ts'

export interface TransactionsOptions {
  readonly pool: ProducerPool
  readonly retry: Retry
  readonly sentOffsets: SentOffsets
  readonly prepare: (batch: ProducerBatch) => Promise<ReturnType<typeof recordOf>[]>
}

export class Transactions {
  readonly #options: TransactionsOptions
  #ready: Promise<void> | null = null
  #isOpen = false

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  /** The first one fences every other producer of the same id. Throws a KafkaJSNonRetriableError while another one is open. */
  async begin(): Promise<Transaction> {
    const { pool, retry } = this.#options
    if (this.#isOpen) {
      throw new KafkaJSNonRetriableError(
        'There is already an ongoing transaction for this producer. Please end the transaction before beginning another.',
      )
    }
    this.#isOpen = true
    try {
      await told(retry, async () => {
        await this.#initialized()
        pool.transactional.beginTransaction()
      })
    } catch (thrown) {
      this.#isOpen = false
      throw thrown
    }
    return this.#transaction()
  }

  async #initialized(): Promise<void> {
    this.#ready ??= this.#options.pool.transactional.initTransactions()
    try {
      await this.#ready
    } catch (thrown) {
      this.#ready = null
      throw thrown
    }
  }

  #transaction(): Transaction {
    const { pool, retry, prepare, sentOffsets } = this.#options
    const producer = pool.transactional
    let isOver = false
    const check = () => {
      if (isOver) throw new KafkaJSNonRetriableError('Cannot continue to use transaction once ended')
    }
    const end = async (act: () => Promise<void>) => {
      check()
      await told(retry, act)
      isOver = true
      this.#isOpen = false
    }
    const sendBatch = async (batch: ProducerBatch): Promise<RecordMetadata[]> => {
      check()
      if ((batch.acks ?? -1) !== -1)
        throw new KafkaJSNonRetriableError('A transaction needs the acks of all replicas in sync: acks=-1')
      const records = await prepare(batch)
      return metadataOf(records, await told(retry, () => producer.sendAll(records)))
    }
    return {
      send: ({ topic, messages, ...options }: ProducerRecord) => sendBatch({ ...options, topicMessages: [{ topic, messages }] }),
      sendBatch,
      async sendOffsets({ consumerGroupId, topics }) {
        check()
        const offsets = offsetsOf(topics)
        await told(retry, () => producer.sendOffsets(offsets, consumerGroupId))
        sentOffsets.tell(consumerGroupId, offsets)
      },
      commit: () => end(() => producer.commitTransaction()),
      abort: () => end(() => producer.abortTransaction()),
      isActive: () => !isOver,
    }
  }
}

function offsetsOf(topics: Offsets['topics']): (TopicPartition & { offset: number })[] {
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => ({ topic, partition: Number(partition), offset: Number(offset) })),
  )
}
