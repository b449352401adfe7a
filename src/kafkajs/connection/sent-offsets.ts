// Offsets that producers send with their transactions. Consumers of the same `Kafka` and group hear of them, and do not count them as uncommitted any more.

import type { TopicPartitionOffset } from '../../client/consumer/place.ts'

type Listener = (offsets: readonly TopicPartitionOffset[]) => void

export class SentOffsets {
  readonly #listeners = new Map<string, Set<Listener>>()

  /** What it gives back ends it. */
  listen(groupId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(groupId) ?? new Set()
    this.#listeners.set(groupId, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(groupId) === listeners) this.#listeners.delete(groupId)
    }
  }

  tell(groupId: string, offsets: readonly TopicPartitionOffset[]): void {
    for (const listener of this.#listeners.get(groupId) ?? []) listener(offsets)
  }
}
