// What members of a group say they own, set against each other: a partition that two claim belongs to the one of the newer generation, and to nobody where
// both are of the same.

import { type Assignable, find, type Member, type TopicPartition, type Topics } from './assignor.ts'
import { hashMapOrder } from './java-order.ts'

/** What a member had before this rebalance, as its assignor tells it. */
export interface MemberData {
  readonly partitions: readonly TopicPartition[]
  /** Null where it does not say. */
  readonly generation: number | null
}

const NO_GENERATION = -1

export class Ownership {
  /** By member id, in the order in which Java goes through members. */
  readonly owned = new Map<string, Set<Assignable>>()
  /** Two members of one generation claim them. */
  readonly contested = new Set<Assignable>()
  readonly data = new Map<string, MemberData>()
  newestGeneration = NO_GENERATION
  readonly #topics: Topics
  readonly #members: ReadonlyMap<string, Member>
  readonly #ownerOf = new Map<Assignable, string>()

  constructor(topics: Topics, members: readonly Member[], dataOf: (member: Member) => MemberData) {
    this.#topics = topics
    this.#members = new Map(members.map((member) => [member.memberId, member]))
    for (const memberId of hashMapOrder([...this.#members.keys()])) {
      const data = dataOf(this.#members.get(memberId)!)
      this.data.set(memberId, data)
      this.owned.set(memberId, new Set())
      this.newestGeneration = Math.max(this.newestGeneration, data.generation ?? NO_GENERATION)
      this.#claim(memberId, data)
    }
  }

  #claim(memberId: string, { partitions, generation }: MemberData): void {
    for (const named of partitions) {
      const partition = find(this.#topics, named)
      // It was deleted meanwhile. Kafka asks for the topic only, and would assign a partition that is not there any more.
      if (!partition) continue
      const other = this.#ownerOf.get(partition)
      const otherGeneration = other === undefined ? null : this.#members.get(other)!.generationId
      const own = generation ?? NO_GENERATION
      if (otherGeneration !== null && own < otherGeneration) continue
      if (other !== undefined) this.owned.get(other)!.delete(partition)
      if (own === otherGeneration) this.contested.add(partition)
      else this.owned.get(memberId)!.add(partition)
      this.#ownerOf.set(partition, memberId)
    }
  }

  /** Whether all members subscribe to the same topics. */
  get hasEqualSubscriptions(): boolean {
    let first: Set<string> | null = null
    for (const { topics } of this.#members.values()) {
      first ??= new Set(topics)
      if (topics.length !== first.size || topics.some((topic) => !first!.has(topic))) return false
    }
    return true
  }
}
