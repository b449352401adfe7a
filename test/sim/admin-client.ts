// One who makes and deletes topics, each name once, and looks whether the broker knows what it said.

import { errorName } from '../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/protocol/messages/delete-topics.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import type { KafkaClient } from '../support/kafka-client.ts'
import { accept, Client } from './clients.ts'
import { violated } from './history.ts'

interface Topic {
  readonly name: string
  /** Told when it was made, or seen first. */
  id: string | null
  state: 'maybe made' | 'made' | 'maybe deleted' | 'deleted'
}

const PREFIX = 'extra-'

export class Admin extends Client {
  readonly #topics: Topic[] = []

  protected async work(client: KafkaClient): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      const made = this.#topics.filter(({ state }) => state === 'made')
      if (this.random.chance(0.3)) this.check(await listTopics(client))
      else if (made.length > 2 || (made.length > 0 && this.random.chance(0.3))) await this.#delete(client, this.random.pick(made))
      else await this.#make(client)
      this.succeeded(startedAt)
      await this.sleep(this.random.next() * 1000)
    }
  }

  async #make(client: KafkaClient): Promise<void> {
    const topic: Topic = { name: `${PREFIX}${this.#topics.length}`, id: null, state: 'maybe made' }
    this.#topics.push(topic)
    const asked = { name: topic.name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [asked], timeoutMs: 3000 })
    accept(errorName(topics[0]!.errorCode), `CreateTopics ${topic.name}`)
    topic.state = 'made'
    topic.id = topics[0]!.topicId
    this.note(`made ${topic.name}`)
  }

  async #delete(client: KafkaClient, topic: Topic): Promise<void> {
    topic.state = 'maybe deleted'
    const body = { topics: [{ name: topic.name }], timeoutMs: 3000 }
    const { responses } = await client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body)
    accept(errorName(responses[0]!.errorCode), `DeleteTopics ${topic.name}`)
    topic.state = 'deleted'
    this.note(`deleted ${topic.name}`)
  }

  /** `listed` (name to id) is all there is; nothing of ours is under way. */
  check(listed: ReadonlyMap<string, string>): void {
    for (const topic of this.#topics) {
      const id = listed.get(topic.name)
      if (id === undefined && topic.state === 'made') violated(`${topic.name} was made and is gone`)
      if (id !== undefined && topic.state === 'deleted') violated(`${topic.name} was deleted and is there`)
      if (id !== undefined && topic.id !== null && id !== topic.id) violated(`${topic.name} had id ${topic.id} and has ${id}`)
      if (id !== undefined) topic.id = id
    }
  }
}

/** All topics of users, by name with their ids. */
export async function listTopics(client: KafkaClient): Promise<Map<string, string>> {
  const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: null, allowAutoTopicCreation: false })
  for (const { errorCode, name } of topics) accept(errorName(errorCode), `Metadata of ${name}`)
  return new Map(
    topics
      .filter(({ isInternal }) => !isInternal)
      .map(({ name, topicId }) => [name ?? '', topicId] as const)
      .sort(),
  )
}
