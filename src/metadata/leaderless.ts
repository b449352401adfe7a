// The partitions that nobody leads. There are few or none nearly always, and each heartbeat of a broker asks whether it may lead one of them.

export class LeaderlessPartitions {
  readonly #byTopic = new Map<string, Set<number>>()

  note(topicId: string, partition: number, hasLeader: boolean): void {
    const known = this.#byTopic.get(topicId)
    if (!hasLeader) {
      if (known) known.add(partition)
      else this.#byTopic.set(topicId, new Set([partition]))
    } else if (known?.delete(partition) && known.size === 0) this.#byTopic.delete(topicId)
  }

  /** Topic ids, with the partitions of each. */
  [Symbol.iterator](): IterableIterator<[string, ReadonlySet<number>]> {
    return this.#byTopic.entries()
  }

  forgetTopic(topicId: string): void {
    this.#byTopic.delete(topicId)
  }

  /** Takes over what another one holds, which nobody may use from then on. */
  become(other: LeaderlessPartitions): void {
    this.#byTopic.clear()
    for (const [topicId, partitions] of other.#byTopic) this.#byTopic.set(topicId, partitions)
  }
}
