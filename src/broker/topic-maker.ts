// How topics are made: those of CreateTopics, and those that nobody asked for by it, as internal ones and what Metadata may make.

import { requireFewNewPartitions } from '../metadata/controller/assignments.ts'
import {
  type CreatedTopic,
  type CreateTopicsRequest,
  createTopics,
  type NewTopic,
  refused,
} from '../metadata/controller/create-topics.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { RequestContext } from './handler.ts'
import { inParts } from './in-parts.ts'

export interface TopicPlan {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** Why topics could not be made, by name; those that were made are not in it. */
export type Refusals = ReadonlyMap<string, KafkaError>

/** On whose behalf topics are made. */
export type Asker = Pick<RequestContext, 'slices' | 'answerFor'>

export class TopicMaker {
  readonly #controller: ControllerChannel
  readonly #defaultPartitions: () => number
  readonly #making = new Map<string, Promise<Refusals>>()

  /** @param defaultPartitions `num.partitions` */
  constructor(controller: ControllerChannel, defaultPartitions: () => number) {
    this.#controller = controller
    this.#defaultPartitions = defaultPartitions
  }

  /** As the controller's command; many topics are several of it. Throws POLICY_VIOLATION for an excessive number of partitions in all. */
  async create({ topics, validateOnly }: CreateTopicsRequest, context: Asker): Promise<readonly CreatedTopic[]> {
    let count = 0
    await context.slices.each(topics, (topic) => void (count += this.#partitionsOf(topic)))
    requireFewNewPartitions(count)
    return inParts(topics, context, {
      keyOf: ({ name }) => name,
      failed: ({ name }, error) => refused(name, error),
      ask: async (part) =>
        (await this.#controller.ask((controller) => createTopics(controller, { topics: part, validateOnly }))).topics,
    })
  }

  #partitionsOf({ assignments, numPartitions }: NewTopic): number {
    if (assignments.length > 0) return assignments.length
    return Math.max(0, numPartitions === -1 ? this.#defaultPartitions() : numPartitions)
  }

  /**
   * Resolves when this broker knows all topics that could be made, with the others and why. What is new is asked for in one request; who asks
   * for a topic while it is being made waits for the same.
   */
  async make(plans: readonly TopicPlan[], context: Asker): Promise<Refusals> {
    const fresh = plans.filter(({ name }) => !this.#making.has(name))
    if (fresh.length > 0) {
      const asking = this.#ask(fresh, context).finally(() => {
        for (const { name } of fresh) this.#making.delete(name)
      })
      for (const { name } of fresh) this.#making.set(name, asking)
    }
    const refusals = new Map<string, KafkaError>()
    for (const asking of new Set(plans.map(({ name }) => this.#making.get(name)))) {
      const failed = await asking
      if (failed) for (const [name, why] of failed) refusals.set(name, why)
    }
    return refusals
  }

  async #ask(plans: readonly TopicPlan[], context: Asker): Promise<Refusals> {
    const wanted = plans.map(({ configs, ...plan }) => ({
      ...plan,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }))
    const topics = await this.create({ topics: wanted, validateOnly: false }, context)
    const failed = topics.filter(({ errorCode }) => errorCode !== 0 && errorName(errorCode) !== 'TOPIC_ALREADY_EXISTS')
    return new Map(
      failed.map(({ name, errorCode, errorMessage }) => [name, new KafkaError(errorName(errorCode), errorMessage ?? undefined)]),
    )
  }
}
