// One who makes a topic, fills it, reads it, deletes it, and makes it again under the same name: nothing of an earlier one may ever be seen in a later one.

import { errorName } from '../../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../../src/protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../../src/protocol/messages/delete-topics.ts'
import { FetchRequest, FetchResponse } from '../../../src/protocol/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../../src/protocol/messages/produce.ts'
import { batchOf, type KafkaCalls, recordsIn } from '../../support/kafka-client.ts'
import { Client } from '../clients.ts'
import { violated } from '../history.ts'

const NAME = 'churned'
const BY_ID = 13

export class Churner extends Client {
  /** Of the topic as it was made last; null where it is gone, or may be. */
  #id: string | null = null
  /** Counts the topics. */
  #life = 0
  #next = 0
  /** Of this life: what was acknowledged, by offset. */
  #acknowledged = new Map<number, string>()

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      await this.#step(client)
      this.succeeded(startedAt)
      await this.rest(this.random.next() * 400)
    }
  }

  async #step(client: KafkaCalls): Promise<void> {
    const dice = this.random.next()
    if (this.#id === null) await this.#make(client)
    else if (dice < 0.5) await this.#produce(client, this.#id)
    else if (dice < 0.8) await this.#read(client, this.#id)
    else await this.#delete(client, this.#id)
  }

  async #make(client: KafkaCalls): Promise<void> {
    const topic = { name: NAME, numPartitions: 1, replicationFactor: 3, assignments: [], configs: [] }
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [topic], timeoutMs: 3000 })
    const error = errorName(topics[0]!.errorCode)
    // It was made after all, by a request whose answer was lost: nobody knows its id, so it goes first.
    if (error === 'TOPIC_ALREADY_EXISTS') await this.#deleteByName(client)
    this.accept(error, `CreateTopics ${NAME}`, ['TOPIC_ALREADY_EXISTS', 'INVALID_REPLICATION_FACTOR'])
    this.#id = topics[0]!.topicId
    this.#acknowledged = new Map()
    this.note(`life ${++this.#life} of ${NAME} is ${this.#id}`)
    if (this.#life > 1) this.saw('a topic was made again under its name')
  }

  async #deleteByName(client: KafkaCalls): Promise<void> {
    const body = { topics: [{ name: NAME }], timeoutMs: 3000 }
    const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body)
    this.accept(errorName(responses[0]!.errorCode), `DeleteTopics ${NAME}`)
  }

  async #delete(client: KafkaCalls, topicId: string): Promise<void> {
    this.#id = null
    const body = { topics: [{ name: null, topicId }], timeoutMs: 3000 }
    const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body)
    this.accept(errorName(responses[0]!.errorCode), `DeleteTopics of ${topicId}`)
    this.note(`life ${this.#life} of ${NAME} is over`)
  }

  async #produce(client: KafkaCalls, topicId: string): Promise<void> {
    const leader = await client.leader(NAME, 0)
    const value = `${this.#life}/${this.#next++}`
    const records = batchOf([{ value, timestamp: this.process.platform.clock.now() }])
    const topicData = [{ topicId, partitionData: [{ index: 0, records }] }]
    const body = { transactionalId: null, acks: -1, timeoutMs: 3000, topicData }
    const { responses } = await leader.call(ProduceRequest, ProduceResponse, BY_ID, body)
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    this.accept(errorName(errorCode), `${value} for ${NAME}`)
    this.note(`${value} at ${baseOffset} of ${NAME}`)
    this.#acknowledged.set(baseOffset, value)
  }

  /** All that is committed, segment by segment. */
  async #read(client: KafkaCalls, topicId: string): Promise<void> {
    const known = [...this.#acknowledged]
    const found = new Map<number, string>()
    let end = 0
    for (let next = 0; ; ) {
      const { records, highWatermark } = await this.#fetch(client, topicId, next)
      for (const { offset, value } of recordsIn(records)) found.set(offset, value ?? '')
      end = highWatermark
      const before = next
      next = Math.max(next, ...[...found.keys()].map((offset) => offset + 1))
      if (next >= end || next === before) break
    }
    for (const [offset, value] of found)
      if (!value.startsWith(`${this.#life}/`)) violated(`${value} lies at ${offset} in life ${this.#life} of ${NAME}`)
    // What is committed may lie behind the high watermark of a new leader for a moment.
    for (const [offset, value] of known)
      if (offset < end && found.get(offset) !== value)
        violated(`${value} was acknowledged at ${offset} of ${NAME}, where ${found.get(offset)} is`)
  }

  async #fetch(client: KafkaCalls, topicId: string, fetchOffset: number) {
    const currentLeaderEpoch = await client.leaderEpochOf(NAME, 0)
    const leader = await client.leader(NAME, 0)
    const partitions = [{ partition: 0, currentLeaderEpoch, fetchOffset, partitionMaxBytes: 1 << 20 }]
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, topics: [{ topicId, partitions }], forgottenTopicsData: [] }
    const answer = await leader.call(FetchRequest, FetchResponse, BY_ID, body)
    this.accept(errorName(answer.errorCode), `a fetch of ${NAME}`)
    const partition = answer.responses[0]!.partitions[0]!
    // A broker that has yet to take away the topic of an earlier life says so (KIP-516); consumers ask again.
    this.accept(errorName(partition.errorCode), `a fetch of ${NAME}`, ['INCONSISTENT_TOPIC_ID'])
    return partition
  }

  /** Everything of the last life is there, while nobody works. */
  async check(client: KafkaCalls): Promise<void> {
    if (this.#id === null) return
    await this.#read(client, this.#id)
    const end = await client.offset(NAME, -1)
    const lost = [...this.#acknowledged].find(([offset]) => offset >= end)
    if (lost) violated(`${lost[1]} was acknowledged at ${lost[0]} of ${NAME}, which ends at ${end}`)
  }
}
