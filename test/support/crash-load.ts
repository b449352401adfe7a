// An idempotent producer that remembers what was acknowledged, for tests that kill the broker under it.

import { errorCode } from '../../src/protocol/errors.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { batchOf, KafkaClient, type SeenRecord } from './kafka-client.ts'

/** A broker that stops has given its leadership away: to be tried again elsewhere, or later. */
const NOT_LEADER = errorCode('NOT_LEADER_OR_FOLLOWER')
const IN_FLIGHT = 5
const RECORDS_PER_BATCH = 3

interface Batch {
  readonly baseSequence: number
  readonly values: readonly string[]
}

/** Goes on over broker restarts: what was sent and not answered is sent again with the same sequence numbers. */
export class CrashLoad {
  readonly topic: string
  readonly partition: number
  #client: KafkaClient | null = null
  #producerId = -1
  #producerEpoch = -1
  #unanswered: Batch[] = []
  #nextSequence = 0
  #running: Promise<void> = Promise.resolve()
  /** Value to offset. */
  readonly acknowledged = new Map<string, number>()
  /** Errors in answers; each is a failure of the test. */
  readonly errors: number[] = []

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Sends as fast as answers come, five batches in flight, until the connection is lost or `stop` is called. */
  async start(bootstrapServers: string): Promise<void> {
    const client = await KafkaClient.connect(bootstrapServers)
    this.#client = client
    if (this.#producerId < 0) {
      const body = { transactionalId: null, transactionTimeoutMs: 1000 }
      const { producerId, producerEpoch } = await client.call(InitProducerIdRequest, InitProducerIdResponse, 5, body)
      this.#producerId = producerId
      this.#producerEpoch = producerEpoch
    }
    const again = this.#unanswered
    this.#unanswered = []
    this.#running = this.#work(client, again)
  }

  // Never more than five batches are under way: no broker remembers more of a producer's.
  async #work(client: KafkaClient, again: readonly Batch[]): Promise<void> {
    await Promise.all(again.map((batch) => this.#send(client, batch)))
    const lane = async () => {
      while (client.isOpen && this.#client === client) await this.#send(client, this.#newBatch())
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  }

  #newBatch(): Batch {
    const baseSequence = this.#nextSequence
    this.#nextSequence += RECORDS_PER_BATCH
    const values = Array.from({ length: RECORDS_PER_BATCH }, (_, i) => `p${this.partition} s${baseSequence + i}`)
    return { baseSequence, values }
  }

  async #send(client: KafkaClient, batch: Batch): Promise<void> {
    const { baseSequence, values } = batch
    this.#unanswered.push(batch)
    const identity = { producerId: this.#producerId, producerEpoch: this.#producerEpoch, baseSequence }
    try {
      const { errorCode: code, baseOffset } = await client.send(this.topic, this.partition, batchOf(values, identity))
      if (code === NOT_LEADER) return this.#giveUp(client)
      this.#unanswered.splice(this.#unanswered.indexOf(batch), 1)
      if (code !== 0) this.errors.push(code)
      else for (const [i, value] of values.entries()) this.acknowledged.set(value, baseOffset + i)
    } catch {
      // The connection is lost: it stays unanswered, and goes out again first, in the order of its sequence.
      this.#giveUp(client)
    }
  }

  #giveUp(client: KafkaClient): void {
    client.close()
    this.#unanswered.sort((a, b) => a.baseSequence - b.baseSequence)
  }

  /** Resolves when nothing is under way any more, because `stop` was called or the broker is dead. */
  async ended(): Promise<void> {
    await this.#running
  }

  /** Sends no more; what is under way is waited for. */
  async stop(): Promise<void> {
    const client = this.#client
    this.#client = null
    await this.#running
    client?.close()
  }

  /** What is wrong with `records`, which should hold everything acknowledged exactly once at its offset; empty: nothing. */
  complaints(records: readonly SeenRecord[]): string[] {
    const complaints = this.errors.map((code) => `an answer had error ${code}`)
    const offsets = new Map<string | null, number>()
    for (const [i, { offset, value }] of records.entries()) {
      if (offset !== i) complaints.push(`offset ${offset} where ${i} should be`)
      if (offsets.has(value)) complaints.push(`${value} twice: ${offsets.get(value)} and ${offset}`)
      if (value !== `p${this.partition} s${i}`) complaints.push(`${value} at ${offset}, out of order`)
      offsets.set(value, offset)
    }
    for (const [value, offset] of this.acknowledged) {
      if (offsets.get(value) !== offset) complaints.push(`${value} was acknowledged at ${offset}, found at ${offsets.get(value)}`)
    }
    return complaints
  }
}
