// What a program has paused: whole topics, and partitions, whether they are this consumer's at the moment or not.

interface Paused {
  all: boolean
  readonly paused: Set<number>
  /** While all are paused: those that are not. */
  readonly resumed: Set<number>
}

export interface SomePartitions {
  readonly topic: string
  /** Missing: all of the topic, also those that come later. */
  readonly partitions?: readonly number[] | undefined
}

export class Pauses {
  readonly #topics = new Map<string, Paused>()

  pause({ topic, partitions }: SomePartitions): void {
    const state = this.#of(topic)
    if (partitions === undefined) return this.#setAll(state, true)
    state.all = false
    for (const partition of partitions.map(Number)) {
      state.paused.add(partition)
      state.resumed.delete(partition)
    }
  }

  resume({ topic, partitions }: SomePartitions): void {
    const state = this.#of(topic)
    if (partitions === undefined) return this.#setAll(state, false)
    for (const partition of partitions.map(Number)) {
      state.paused.delete(partition)
      if (state.all) state.resumed.add(partition)
    }
  }

  has(topic: string, partition: number): boolean {
    const state = this.#topics.get(topic)
    if (!state) return false
    return (state.all && !state.resumed.has(partition)) || state.paused.has(partition)
  }

  #setAll(state: Paused, all: boolean): void {
    state.all = all
    state.paused.clear()
    state.resumed.clear()
  }

  #of(topic: string): Paused {
    let state = this.#topics.get(topic)
    if (!state) this.#topics.set(topic, (state = { all: false, paused: new Set(), resumed: new Set() }))
    return state
  }
}
