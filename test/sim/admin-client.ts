// One who makes, changes and deletes topics, some under a name that was there before, and looks whether the broker knows what it said.

import { errorName } from '../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/protocol/messages/delete-topics.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { type KafkaCalls, RESOURCE } from '../support/kafka-client.ts'
import { accept, Client, type ClientWorld } from './clients.ts'
import { violated } from './history.ts'

interface Topic {
  readonly name: string
  /** Ids that topics of this name had. */
  readonly formerIds: readonly string[]
  /** Told when it was made, or seen first. */
  id: string | null
  state: 'maybe made' | 'made' | 'maybe deleted' | 'deleted'
}

const PREFIX = 'extra-'
/** Nothing in a run depends on it, so each change may have a value of its own. */
const CHANGED = 'file.delete.delay.ms'
const UNCHANGED = 60_000
const FIRST_VALUE = 1000

export class Admin extends Client {
  /** The latest of each name. */
  readonly #topics = new Map<string, Topic>()
  readonly #replicationFactor: number
  #nextValue = FIRST_VALUE

  constructor(name: string, world: ClientWorld) {
    super(name, world)
    this.#replicationFactor = world.replicationFactor
  }

  /**
   * Among several brokers one may not have heard yet of what another did, and a request that was lost on its way, and is made again by the broker that was
   * asked, may arrive after all when nobody thinks of it any more.
   */
  get #isAlone(): boolean {
    return this.#replicationFactor === 1
  }

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      await this.#doSomething(client)
      this.succeeded(startedAt)
      await this.rest(this.random.next() * 1000)
    }
  }

  async #doSomething(client: KafkaCalls): Promise<void> {
    const made = [...this.#topics.values()].filter(({ state }) => state === 'made')
    const deleted = [...this.#topics.values()].filter(({ state }) => state === 'deleted')
    const dice = this.random.next()
    if (dice < 0.2 && this.#isAlone) this.check(await listTopics(client))
    else if (dice < 0.35) await this.#changeConfig(client)
    else if (made.length > 2 || (made.length > 0 && this.random.chance(0.3))) await this.#delete(client, this.random.pick(made))
    else if (deleted.length > 0 && this.random.chance(0.5)) await this.#make(client, this.random.pick(deleted))
    else await this.#make(client, null)
  }

  /** Under a new name, or under that of one which is certainly gone and of which nothing is under way. */
  async #make(client: KafkaCalls, before: Topic | null): Promise<void> {
    const startedAt = this.now
    const name = before?.name ?? `${PREFIX}${this.#topics.size}`
    const formerIds = before ? [...before.formerIds, ...(before.id === null ? [] : [before.id])] : []
    const topic: Topic = { name, formerIds, id: null, state: 'maybe made' }
    this.#topics.set(name, topic)
    const asked = { name, numPartitions: 1, replicationFactor: this.#replicationFactor, assignments: [], configs: [] }
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [asked], timeoutMs: 3000 })
    // While the only broker comes or goes there is none to hold a replica, as with Apache Kafka.
    const mayHaveBeenMade = this.#isAlone ? [] : ['TOPIC_ALREADY_EXISTS']
    this.accept(errorName(topics[0]!.errorCode), `CreateTopics ${name}`, ['INVALID_REPLICATION_FACTOR', ...mayHaveBeenMade])
    topic.state = 'made'
    this.#isNow(topic, topics[0]!.topicId)
    if (before) this.saw('a topic was made again under its name')
    this.note(`made ${name}`)
    this.promised(startedAt)
  }

  async #delete(client: KafkaCalls, topic: Topic): Promise<void> {
    const startedAt = this.now
    topic.state = 'maybe deleted'
    const one = this.#isAlone || topic.id === null ? { name: topic.name } : { name: null, topicId: topic.id }
    const body = { topics: [one], timeoutMs: 3000 }
    const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body)
    const mayBeGone = this.#isAlone ? [] : ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']
    this.accept(errorName(responses[0]!.errorCode), `DeleteTopics ${topic.name}`, mayBeGone)
    topic.state = 'deleted'
    this.note(`deleted ${topic.name}`)
    this.promised(startedAt)
  }

  async #changeConfig(client: KafkaCalls): Promise<void> {
    const startedAt = this.now
    const register = this.history.register(CHANGED, 0)
    const write = register.begin(this.#nextValue++, startedAt)
    const { errorCode } = await client.alterConfigs('topic', this.history.topic, { [CHANGED]: String(write.value) })
    this.accept(errorName(errorCode), `a change of ${CHANGED}`)
    register.end(write, 'done', this.now)
    this.saw('a configuration was changed')
    this.promised(startedAt)
    if (this.#isAlone) await this.checkConfig(client)
  }

  /** What is described is what was said last. */
  async checkConfig(client: KafkaCalls): Promise<void> {
    const startedAt = this.now
    const resources = [{ resourceType: RESOURCE.topic, resourceName: this.history.topic, configurationKeys: [CHANGED] }]
    const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, { resources })
    this.accept(errorName(results[0]!.errorCode), 'DescribeConfigs')
    const value = Number(results[0]!.configs[0]!.value)
    if (this.#isAlone) this.history.register(CHANGED, 0).read(value === UNCHANGED ? -1 : value, startedAt, this.now)
    else if (value !== UNCHANGED && !(value >= FIRST_VALUE && value < this.#nextValue))
      violated(`${CHANGED} is ${value}, which nobody wrote`)
  }

  /** `listed` (name to id) is all there is; nothing of ours is under way. */
  check(listed: ReadonlyMap<string, string>): void {
    for (const topic of this.#topics.values()) {
      const id = listed.get(topic.name)
      if (id === undefined && topic.state === 'made') violated(`${topic.name} was made and is gone`)
      const isAnother = !this.#isAlone && topic.state.endsWith('deleted') && id !== topic.id && !topic.formerIds.includes(id!)
      if (id === undefined || isAnother) continue
      if (topic.state === 'deleted') violated(`${topic.name} was deleted and is there`)
      this.#isNow(topic, id)
    }
  }

  #isNow(topic: Topic, id: string): void {
    if (topic.id !== null && id !== topic.id) violated(`${topic.name} had id ${topic.id} and has ${id}`)
    if (topic.formerIds.includes(id)) violated(`${topic.name} has the id ${id} of one that was deleted`)
    topic.id = id
  }
}

/** All topics of users, by name with their ids. */
export async function listTopics(client: KafkaCalls): Promise<Map<string, string>> {
  const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: null, allowAutoTopicCreation: false })
  for (const { errorCode, name } of topics) accept(errorName(errorCode), `Metadata of ${name}`)
  return new Map(
    topics
      .filter(({ isInternal }) => !isInternal)
      .map(({ name, topicId }) => [name ?? '', topicId] as const)
      .sort(),
  )
}
