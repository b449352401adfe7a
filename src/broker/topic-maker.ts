// Topics that nobody asked for by CreateTopics: internal ones, and those that Metadata may make.

import { createTopics } from '../metadata/controller/create-topics.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'

export interface TopicPlan {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** Why topics could not be made, by name; those that were made are not in it. */
export type Refusals = ReadonlyMap<string, KafkaError>

export class TopicMaker {
  readonly #controller: ControllerChannel
  readonly #making = new Map<string, Promise<Refusals>>()

  constructor(controller: ControllerChannel) {
    this.#controller = controller
  }

  /**
   * Resolves when this broker knows all topics that could be made, with the others and why. What is new is asked for in one request; who asks
   * for a topic while it is being made waits for the same.
   */
  async make(plans: readonly TopicPlan[]): Promise<Refusals> {
    const fresh = plans.filter(({ name }) => !this.#making.has(name))
    if (fresh.length > 0) {
      const asking = this.#ask(fresh).finally(() => {
        for (const { name } of fresh) this.#making.delete(name)
      })
      for (const { name } of fresh) this.#making.set(name, asking)
    }
    const refusals = new Map<string, KafkaError>()
    for (const { name } of plans) {
      const why = (await this.#making.get(name))?.get(name)
      if (why) refusals.set(name, why)
    }
    return refusals
  }

  async #ask(plans: readonly TopicPlan[]): Promise<Refusals> {
    const wanted = plans.map(({ configs, ...plan }) => ({
      ...plan,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }))
    const { topics } = await this.#controller.ask((controller) =>
      createTopics(controller, { topics: wanted, validateOnly: false }),
    )
    const refused = topics.filter(({ errorCode }) => errorCode !== 0 && errorName(errorCode) !== 'TOPIC_ALREADY_EXISTS')
    return new Map(
      refused.map(({ name, errorCode, errorMessage }) => [name, new KafkaError(errorName(errorCode), errorMessage ?? undefined)]),
    )
  }
}
