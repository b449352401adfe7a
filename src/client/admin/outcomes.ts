// What became of many things that were asked for at once: some may have worked, and some not.

import type { ClientError } from '../errors/index.ts'

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
}

/** Under which key a partition stands. */
export const partitionKey = (topic: string, partition: number) => `${topic}-${partition}`
