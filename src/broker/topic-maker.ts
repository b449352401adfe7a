// Topics that nobody asked for by CreateTopics: internal ones, and those that Metadata may make.

import { createTopics } from '../metadata/controller/create-topics.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'

export interface TopicPlan {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export class TopicMaker {
  readonly #controller: ControllerChannel
  readonly #making = new Map<string, Promise<void>>()

  constructor(controller: ControllerChannel) {
    this.#controller = controller
  }

  /** Resolves when this broker knows the topic. Who asks while it is being made waits for the same. */
  make(name: string, plan: TopicPlan): Promise<void> {
    let making = this.#making.get(name)
    if (!making) {
      making = this.#ask(name, plan).finally(() => this.#making.delete(name))
      this.#making.set(name, making)
    }
    return making
  }

  async #ask(name: string, { configs, ...counts }: TopicPlan): Promise<void> {
    const topic = {
      name,
      ...counts,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = await this.#controller.ask((controller) =>
      createTopics(controller, { topics: [topic], validateOnly: false }),
    )
    const answer = topics[0]
    if (!answer || answer.errorCode === 0) return
    const error = errorName(answer.errorCode)
    if (error !== 'TOPIC_ALREADY_EXISTS') throw new KafkaError(error, answer.errorMessage ?? undefined)
  }
}
