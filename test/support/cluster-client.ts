// A client of several brokers: finds leaders, and looks again where they moved.

import type { Platform } from '../../src/platform/platform.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import type { Input, Item } from '../../src/protocol/schema.ts'
import { batchOf, KafkaClient, type SeenRecord } from './kafka-client.ts'

type Where = Pick<Platform, 'network' | 'clock'>
type PartitionSeen = MetadataResponse['topics'][number]['partitions'][number]

export class ClusterClient {
  readonly #servers: readonly string[]
  readonly #where: Where | undefined
  readonly #timeoutMs: number
  readonly #open = new Map<string, KafkaClient>()

  constructor(bootstrapServers: string, where?: Where, timeoutMs = 5000) {
    this.#servers = bootstrapServers.split(',')
    this.#where = where
    this.#timeoutMs = timeoutMs
  }

  /** A connection to one broker, kept. */
  async at(server: string): Promise<KafkaClient> {
    const known = this.#open.get(server)
    if (known?.isOpen) return known
    const client = await KafkaClient.connect(server, this.#where, this.#timeoutMs)
    this.#open.set(server, client)
    return client
  }

  /** The answer of the first broker that gives one. */
  async metadata(topics: readonly string[] | null = null): Promise<MetadataResponse> {
    let last: unknown
    for (const server of this.#servers) {
      try {
        const client = await this.at(server)
        const body = { topics: topics?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: false }
        return await client.call(MetadataRequest, MetadataResponse, 12, body)
      } catch (thrown) {
        last = thrown
      }
    }
    throw last
  }

  async partition(topic: string, index: number): Promise<PartitionSeen | undefined> {
    const { topics } = await this.metadata([topic])
    return topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === index)
  }

  /** By any broker, whether it is the controller or not. */
  async createTopic(name: string, partitions: number, replicationFactor: number, at = this.#servers[0]!): Promise<void> {
    await this.#create({ name, numPartitions: partitions, replicationFactor, assignments: [], configs: [] }, at)
  }

  /** With these replicas, partition by partition. */
  async createTopicOn(
    name: string,
    replicas: readonly (readonly number[])[],
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] }))
    const values = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: values }
    await this.#create(topic, this.#servers[0]!)
  }

  async #create(topic: Item<Input<CreateTopicsRequest>['topics']>, at: string): Promise<void> {
    const client = await this.at(at)
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [topic], timeoutMs: 5000 })
    const { errorCode, errorMessage } = topics[0]!
    if (errorCode !== 0) throw new Error(`creating ${topic.name}: ${errorName(errorCode)} ${errorMessage}`)
  }

  /** A connection to the leader; null where there is none. */
  async leader(topic: string, index: number): Promise<KafkaClient | null> {
    const { topics, brokers } = await this.metadata([topic])
    const leaderId = topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === index)?.leaderId ?? -1
    const broker = brokers.find(({ nodeId }) => nodeId === leaderId)
    return broker ? this.at(`${broker.host}:${broker.port}`) : null
  }

  /** Sends texts with acks=all until they are acknowledged; gives the first offset. They may be there twice where an answer was lost. */
  async produce(topic: string, index: number, texts: readonly string[], pause: () => Promise<void>): Promise<number> {
    let last: unknown = 'no leader'
    for (let attempt = 0; attempt < 600; attempt++) {
      try {
        const leader = await this.leader(topic, index)
        const timestamp = this.#where?.clock.now() ?? Date.now()
        const answer = await leader?.send(topic, index, batchOf(texts.map((value) => ({ value, timestamp }))))
        if (answer?.errorCode === 0) return answer.baseOffset
        if (answer) last = errorName(answer.errorCode)
      } catch (thrown) {
        last = thrown
      }
      await pause()
    }
    throw new Error(`nobody acknowledged records of ${topic}-${index}: ${last}`)
  }

  /** Everything that is committed, from the leader. */
  async readAll(topic: string, index: number): Promise<SeenRecord[]> {
    const leader = await this.leader(topic, index)
    if (!leader) throw new Error(`${topic}-${index} has no leader`)
    return leader.readAll(topic, { partition: index })
  }

  close(): void {
    for (const client of this.#open.values()) client.close()
  }
}
