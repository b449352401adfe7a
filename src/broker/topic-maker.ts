// Topics that nobody asked for by CreateTopics: internal ones, and those that Metadata may make.

import { errorName, KafkaError } from '../protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/messages/create-topics.ts'
import type { ControllerClient } from './controller-client.ts'
import type { MetadataWaits } from './metadata-waits.ts'

export interface TopicPlan {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** Why topics could not be made, by name; those that were made are not in it. */
export type Refusals = ReadonlyMap<string, KafkaError>

const CREATE_TOPICS = { request: CreateTopicsRequest, response: CreateTopicsResponse }
/** A client that asks for metadata asks again; it should not wait for ever. */
const TIMEOUT_MS = 5000
/** So many topics are one request, so that none of them takes long to encode. */
const AT_ONCE = 1000

export interface TopicMakerRooms {
  readonly controller: ControllerClient
  /** Whether this broker knows the topic. */
  readonly isKnown: (name: string) => boolean
  readonly waits: MetadataWaits
}

export class TopicMaker {
  readonly #rooms: TopicMakerRooms
  readonly #making = new Map<string, Promise<Refusals>>()

  constructor(rooms: TopicMakerRooms) {
    this.#rooms = rooms
  }

  /**
   * Resolves when this broker knows all topics that could be made, with the others and why: one that is made and not known here within some seconds is not
   * among them. What is new is asked for in one request; who asks for a topic while it is being made waits for the same.
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
    for (const asking of new Set(plans.map(({ name }) => this.#making.get(name)))) {
      const failed = await asking
      if (failed) for (const [name, why] of failed) refusals.set(name, why)
    }
    return refusals
  }

  async #ask(plans: readonly TopicPlan[]): Promise<Refusals> {
    const wanted = plans.map(({ configs, ...plan }) => ({
      ...plan,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }))
    const { controller, waits, isKnown } = this.#rooms
    const refusals = new Map<string, KafkaError>()
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const body = { topics: wanted.slice(at, at + AT_ONCE), validateOnly: false, timeoutMs: TIMEOUT_MS }
      const { topics } = await controller.send(CREATE_TOPICS, body, TIMEOUT_MS)
      for (const { name, errorCode, errorMessage } of topics) {
        if (errorCode === 0 || errorName(errorCode) === 'TOPIC_ALREADY_EXISTS') continue
        refusals.set(name, new KafkaError(errorName(errorCode), errorMessage ?? undefined))
      }
    }
    const made = plans.filter(({ name }) => !refusals.has(name))
    await waits.until(() => made.every(({ name }) => isKnown(name)), TIMEOUT_MS)
    return refusals
  }
}
