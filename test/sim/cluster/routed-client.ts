// A client of several brokers: any of them for most questions, the leader for those of a partition, and never a leader older than one it knew.

import type { Platform } from '../../../src/platform/platform.ts'
import type { SeededRandom } from '../../../src/platform/sim/random.ts'
import { errorName } from '../../../src/protocol/errors.ts'
import { MetadataRequest, MetadataResponse } from '../../../src/protocol/messages/metadata.ts'
import type { Input, Message } from '../../../src/protocol/schema.ts'
import { type FetchOptions, type KafkaCalls, KafkaClient, type RESOURCE } from '../../support/kafka-client.ts'
import { Trouble } from '../clients.ts'

interface Leader {
  readonly server: string
  readonly epoch: number
}

export interface RoutedOptions {
  readonly servers: readonly string[]
  readonly where: Pick<Platform, 'network' | 'clock'>
  readonly timeoutMs: number
  readonly random: SeededRandom
  /** The highest leader epoch of each partition that this client ever heard of; kept from connection to connection. */
  readonly epochs: Map<string, number>
}

export class RoutedClient implements KafkaCalls {
  readonly #options: RoutedOptions
  readonly #home: KafkaClient
  readonly #open = new Map<string, Promise<KafkaClient>>()
  readonly #leaders = new Map<string, Promise<ReadonlyMap<number, Leader>>>()

  /** Connects to any of them; rejects with ConnectionLost. */
  static async connect(options: RoutedOptions): Promise<RoutedClient> {
    const server = options.random.pick(options.servers)
    return new RoutedClient(options, await KafkaClient.connect(server, options.where, options.timeoutMs))
  }

  private constructor(options: RoutedOptions, home: KafkaClient) {
    this.#options = options
    this.#home = home
    this.#open.set(home.server, Promise.resolve(home))
  }

  get server(): string {
    return this.#home.server
  }

  at(server: string): Promise<KafkaClient> {
    const known = this.#open.get(server)
    if (known) return known
    const { where, timeoutMs } = this.#options
    const opening = KafkaClient.connect(server, where, timeoutMs)
    this.#open.set(server, opening)
    return opening
  }

  /** Of one topic; throws Trouble where a broker knows less than this client does. */
  #leadersOf(topic: string): Promise<ReadonlyMap<number, Leader>> {
    const known = this.#leaders.get(topic)
    if (known) return known
    const asking = this.#ask(topic)
    this.#leaders.set(topic, asking)
    return asking
  }

  async #ask(topic: string): Promise<ReadonlyMap<number, Leader>> {
    const body = { topics: [{ name: topic }], allowAutoTopicCreation: false }
    const { topics, brokers } = await this.call(MetadataRequest, MetadataResponse, 12, body)
    const { errorCode, partitions, topicId } = topics[0]!
    if (errorCode !== 0) throw new Trouble(`Metadata of ${topic}: ${errorName(errorCode)}`)
    const { epochs } = this.#options
    const leaders = new Map<number, Leader>()
    for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
      const broker = brokers.find(({ nodeId }) => nodeId === leaderId)
      const name = `${topicId} ${partitionIndex}`
      const isOld = leaderEpoch < (epochs.get(name) ?? -1)
      if (!isOld) epochs.set(name, leaderEpoch)
      if (!isOld && broker) leaders.set(partitionIndex, { server: `${broker.host}:${broker.port}`, epoch: leaderEpoch })
    }
    return leaders
  }

  async #leaderOf(topic: string, partition: number): Promise<Leader> {
    const leader = (await this.#leadersOf(topic)).get(partition)
    if (!leader) throw new Trouble(`nobody is known to lead ${topic}-${partition}`)
    return leader
  }

  async leader(topic: string, partition: number): Promise<KafkaClient> {
    return this.at((await this.#leaderOf(topic, partition)).server)
  }

  async leaderEpochOf(topic: string, partition: number): Promise<number> {
    return (await this.#leaderOf(topic, partition)).epoch
  }

  call<Req, Res>(request: Message<Req>, response: Message<Res>, version: number, body: Input<Req>): Promise<Res> {
    return this.#home.call(request, response, version, body)
  }

  async send(topic: string, partition: number, records: Uint8Array, options?: { acks?: number }) {
    return (await this.leader(topic, partition)).send(topic, partition, records, options)
  }

  async fetch(topic: string, partition: number, fetchOffset: number, options: FetchOptions = {}) {
    const client = await this.leader(topic, partition)
    const currentLeaderEpoch = await this.leaderEpochOf(topic, partition)
    return client.fetch(topic, partition, fetchOffset, { currentLeaderEpoch, ...options })
  }

  async askOffset(topic: string, timestamp: number, partition = 0) {
    const client = await this.leader(topic, partition)
    return client.askOffset(topic, timestamp, partition, await this.leaderEpochOf(topic, partition))
  }

  async offset(topic: string, timestamp: number, partition = 0): Promise<number> {
    return (await this.leader(topic, partition)).offset(topic, timestamp, partition)
  }

  alterConfigs(type: keyof typeof RESOURCE, name: string, values: Record<string, string>) {
    return this.#home.alterConfigs(type, name, values)
  }

  close(): void {
    for (const opening of this.#open.values())
      opening.then(
        (client) => client.close(),
        () => {}, // whoever asked for it was told
      )
  }
}
