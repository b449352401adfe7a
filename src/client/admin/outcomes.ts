// What became of many things that were asked for at once: some may have worked, and some not.

import type { TopicPartition } from '../../assignors/index.ts'
import { ClientError } from '../errors/index.ts'

/** By key: a topic's name, a group's, or `topic-partition`. */
export class Outcomes<V> {
  readonly #values = new Map<string, V>()
  readonly #errors = new Map<string, ClientError>()

  /** Those that worked. */
  get values(): ReadonlyMap<string, V> {
    return this.#values
  }

  /** Those that did not. */
  get errors(): ReadonlyMap<string, ClientError> {
    return this.#errors
  }

  /** Throws what went wrong with this one; undefined where it was not asked for. */
  get(key: string): V | undefined {
    const error = this.#errors.get(key)
    if (error) throw error
    return this.#values.get(key)
  }

  /** The same as `values`; throws the first error where there is one. */
  all(): ReadonlyMap<string, V> {
    for (const error of this.#errors.values()) throw error
    return this.#values
  }

  succeeded(key: string, value: V): void {
    this.#errors.delete(key)
    this.#values.set(key, value)
  }

  failed(key: string, error: ClientError): void {
    this.#values.delete(key)
    this.#errors.set(key, error)
  }

  /** What was asked for, and no answer speaks of, has failed as well. */
  settle(keys: Iterable<string>, what: string): this {
    for (const key of keys) if (!this.#values.has(key) && !this.#errors.has(key)) this.failed(key, leftOut(`${what} of ${key}`))
    return this
  }
}

/** Of one thing that an answer does not speak of. */
export const leftOut = (what: string) => new ClientError('MALFORMED_ANSWER', `${what}: the answer leaves it out`)

/** Under which key a partition stands. */
export const partitionKey = (topic: string, partition: number) => `${topic}-${partition}`

export const partitionKeys = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ topic, partition }) => partitionKey(topic, partition))

/** Under which key a replica stands. */
export const replicaKey = (topic: string, partition: number, brokerId: number) => `${topic}-${partition}-${brokerId}`
