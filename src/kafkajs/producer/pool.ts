// The client's producers behind one of KafkaJS: what KafkaJS says with each send, who must have the records and how long that may take, is a property of a
// producer here.

import { Producer as ClientProducer } from '../../client/producer/producer.ts'
import type { ProducerRecord as ClientRecord, RecordMetadata as Place } from '../../client/producer/record.ts'
import type { Connected } from '../connection/connections.ts'
import { pausesMs, type Retry } from '../retry.ts'
import type { ProducerConfig } from '../types/index.ts'

type Bytes = Buffer | string | null
export type Plain = ClientProducer<Bytes, Bytes>

const MAX_INT = 2 ** 31 - 1
/** A send of many messages is few batches. */
const BATCH_BYTES = 64 * 1024
const BUFFER_BYTES = 64 * 1024 * 1024
/** The topic says how large a message may be, not the client. */
const REQUEST_BYTES = 32 * 1024 * 1024
/** At most so many keep their order with an idempotent producer. */
const IN_FLIGHT = 5
const DEFAULT_TRANSACTION_TIMEOUT_MS = 60_000

export class ProducerPool {
  readonly #connected: Connected
  readonly #config: ProducerConfig
  readonly #retry: Retry
  readonly #plain = new Map<string, Plain>()
  #transactional: Plain | null = null

  constructor(connected: Connected, config: ProducerConfig, retry: Retry) {
    this.#connected = connected
    this.#config = config
    this.#retry = retry
  }

  /** Sends outside of transactions; places in the order of the records. Throws a ClientError. */
  sendAll(records: readonly ClientRecord<Bytes, Bytes>[], acks: number, timeout: number | undefined): Promise<readonly Place[]> {
    const { idempotent = false } = this.#config
    // Numbers go on from one producer's send to the next: there can be only one.
    const key = idempotent ? '' : `${acks} ${timeout}`
    let producer = this.#plain.get(key)
    if (!producer) this.#plain.set(key, (producer = this.#make({ acks, timeout, idempotent })))
    return producer.sendAll(records)
  }

  /** The one for transactions, made when it is first needed. */
  get transactional(): Plain {
    this.#transactional ??= this.#make({ acks: -1, timeout: undefined, idempotent: true, isTransactional: true })
    return this.#transactional
  }

  /** Sends what is there, and aborts what is open. */
  async close(): Promise<void> {
    const all = [...this.#plain.values(), ...(this.#transactional ? [this.#transactional] : [])]
    await Promise.all(all.map((producer) => producer.close()))
  }

  #make({ acks, timeout, idempotent, isTransactional = false }: Kind): Plain {
    const { options, cluster } = this.#connected
    const { maxInFlightRequests, transactionalId, transactionTimeout = DEFAULT_TRANSACTION_TIMEOUT_MS } = this.#config
    const retry = this.#retry
    const requestTimeoutMs = idempotent ? options.requestTimeoutMs : (timeout ?? options.requestTimeoutMs)
    const attempts = Math.min(retry.retries, MAX_INT) + 1
    const allMs = Math.min(MAX_INT, pausesMs(retry) + attempts * (requestTimeoutMs + 1000))
    return new ClientProducer<Bytes, Bytes>({
      ...options,
      bootstrapServers: [...options.bootstrapServers],
      cluster,
      acks: acks === -1 ? 'all' : String(acks),
      enableIdempotence: idempotent,
      retries: idempotent ? Math.max(1, attempts - 1) : attempts - 1,
      requestTimeoutMs,
      deliveryTimeoutMs: allMs,
      maxBlockMs: allMs,
      batchSize: BATCH_BYTES,
      bufferMemory: BUFFER_BYTES,
      maxRequestSize: REQUEST_BYTES,
      maxInFlightRequestsPerConnection: Math.min(IN_FLIGHT, maxInFlightRequests ?? IN_FLIGHT),
      ...(isTransactional && transactionalId ? { transactionalId, transactionTimeoutMs: transactionTimeout } : {}),
    })
  }
}

interface Kind {
  readonly acks: number
  readonly timeout: number | undefined
  readonly idempotent: boolean
  readonly isTransactional?: boolean
}
