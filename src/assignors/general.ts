// Sticky assignment where members subscribe to different topics: keeps what is owned, gives the rest to whoever has least, and then moves one partition
// after the other as long as that makes it more even.

import { type Assignable, type Assignment, byTopicAndPartition, compareTexts, type Member, type Topics } from './assignor.ts'
import { MembersBySize } from './by-size.ts'
import { Movements } from './movements.ts'
import type { Ownership } from './ownership.ts'
import type { GroupRacks } from './racks.ts'

export class GeneralAssignment {
  readonly #topics: Topics
  readonly #racks: GroupRacks
  readonly #ownership: Ownership
  /** By topic: who subscribes to it. By member: the topics that exist. */
  readonly #membersOf = new Map<string, string[]>()
  readonly #topicsOf = new Map<string, Set<string>>()
  readonly #assigned = new Map<string, Set<Assignable>>()
  readonly #ownerOf = new Map<Assignable, string>()
  readonly #bySize = new MembersBySize((memberId) => this.#sizeOf(memberId))
  readonly #movements = new Movements()
  /** Who had a partition in an older generation. */
  readonly #previous: ReadonlyMap<Assignable, string>
  /** A member has to give something up whatever is done here. */
  #isRevoking = false

  constructor(topics: Topics, racks: GroupRacks, ownership: Ownership, members: readonly Member[]) {
    this.#topics = topics
    this.#racks = racks
    this.#ownership = ownership
    for (const topic of topics.keys()) this.#membersOf.set(topic, [])
    for (const { memberId, topics: named } of members) {
      const known = new Set(named.filter((topic) => topics.has(topic)))
      this.#topicsOf.set(memberId, known)
      for (const topic of known) this.#membersOf.get(topic)!.push(memberId)
    }
    this.#previous = previousOwners(topics, ownership, this.#topicsOf)
  }

  build(): Assignment {
    for (const [memberId, owned] of this.#ownership.owned) this.#keepOwned(memberId, owned)
    const partitions = this.#sortedPartitions()
    const unassigned = partitions.filter((partition) => !this.#ownerOf.has(partition))
    for (const memberId of this.#assigned.keys()) this.#bySize.add(memberId)
    this.#balance(partitions, unassigned)
    return new Map([...this.#assigned].map(([memberId, assigned]) => [memberId, [...assigned]]))
  }

  #keepOwned(memberId: string, owned: ReadonlySet<Assignable>): void {
    const kept = new Set<Assignable>()
    for (const partition of owned) {
      if (!this.#topicsOf.get(memberId)!.has(partition.topic) || this.#racks.mismatch(memberId, partition)) {
        this.#isRevoking = true
        continue
      }
      kept.add(partition)
      this.#ownerOf.set(partition, memberId)
    }
    this.#assigned.set(memberId, kept)
  }

  /** Topics with the fewest members first. */
  #sortedPartitions(): Assignable[] {
    const count = (topic: string) => this.#membersOf.get(topic)!.length
    const topics = [...this.#topics.keys()].sort((a, b) => count(a) - count(b) || compareTexts(a, b))
    return topics.flatMap((topic) => [...this.#topics.get(topic)!].sort(byTopicAndPartition))
  }

  #balance(partitions: readonly Assignable[], unassigned: readonly Assignable[]): void {
    const isNew = this.#sizeOf(this.#bySize.last!) === 0
    let left = unassigned
    if (this.#racks.matter) left = unassigned.filter((partition) => !this.#assign(partition, true))
    for (const partition of left) this.#assign(partition, false)
    const isMovable = ({ topic }: Assignable) => this.#membersOf.get(topic)!.length >= 2
    for (const memberId of this.#assigned.keys()) if (!this.#mayTakePart(memberId)) this.#bySize.remove(memberId)
    const before = this.#copy()
    if (!this.#isRevoking) this.#move(unassigned.filter(isMovable))
    const hasMoved = this.#move(partitions.filter(isMovable))
    if (!isNew && hasMoved && this.#score(this.#assigned) >= this.#score(before)) this.#restore(before)
  }

  /** To the member that has least of those that may have it; false where nobody may. */
  #assign(partition: Assignable, isNear: boolean): boolean {
    for (const memberId of this.#bySize) {
      if (!this.#topicsOf.get(memberId)!.has(partition.topic)) continue
      if (isNear && this.#racks.mismatch(memberId, partition)) continue
      this.#bySize.remove(memberId)
      this.#assigned.get(memberId)!.add(partition)
      this.#ownerOf.set(partition, memberId)
      this.#bySize.add(memberId)
      return true
    }
    return false
  }

  /** A member that has everything it may have, of topics that are its own alone, stays as it is. */
  #mayTakePart(memberId: string): boolean {
    const topics = [...this.#topicsOf.get(memberId)!]
    const most = topics.reduce((sum, topic) => sum + this.#topics.get(topic)!.length, 0)
    if (this.#sizeOf(memberId) < most) return true
    return topics.some((topic) => this.#topics.get(topic)!.length > 0 && this.#membersOf.get(topic)!.length >= 2)
  }

  /** Moves partitions, again and again from the first, until it is even or nothing helps; whether anything moved. */
  #move(partitions: readonly Assignable[]): boolean {
    if (partitions.length === 0) return false
    let hasMoved = false
    // Only a move changes it, and looking takes all partitions.
    let isBalanced = this.#isBalanced()
    for (let isModified = true; isModified; ) {
      isModified = false
      for (const partition of partitions) {
        if (isBalanced) break
        if (!this.#moveOne(partition)) continue
        isModified = hasMoved = true
        isBalanced = this.#isBalanced()
      }
    }
    return hasMoved
  }

  #moveOne(partition: Assignable): boolean {
    const owner = this.#ownerOf.get(partition)!
    const enough = this.#sizeOf(owner) - 1
    const previous = this.#previous.get(partition)
    if (previous !== undefined && enough > this.#sizeOf(previous)) {
      this.#moveTo(partition, owner, previous)
      return true
    }
    if (!this.#membersOf.get(partition.topic)!.some((memberId) => enough > this.#sizeOf(memberId))) return false
    for (const memberId of this.#bySize) {
      if (!this.#topicsOf.get(memberId)!.has(partition.topic)) continue
      this.#moveTo(partition, owner, memberId)
      return true
    }
    return false
  }

  #moveTo(partition: Assignable, from: string, to: string): void {
    const moving = this.#movements.insteadOf(partition, from, to)
    const owner = this.#ownerOf.get(moving)!
    this.#bySize.remove(owner)
    this.#bySize.remove(to)
    this.#movements.note(moving, owner, to)
    this.#assigned.get(owner)!.delete(moving)
    this.#assigned.get(to)!.add(moving)
    this.#ownerOf.set(moving, to)
    this.#bySize.add(to)
    this.#bySize.add(owner)
  }

  /** No partition can go to a member with two less than its owner. */
  #isBalanced(): boolean {
    if (this.#sizeOf(this.#bySize.first!) >= this.#sizeOf(this.#bySize.last!) - 1) return true
    const most = new Map<string, number>()
    for (const memberId of this.#bySize) {
      const size = this.#sizeOf(memberId)
      for (const { topic } of this.#assigned.get(memberId)!) if (size > (most.get(topic) ?? 0)) most.set(topic, size)
    }
    for (const memberId of this.#bySize) {
      const size = this.#sizeOf(memberId)
      for (const topic of this.#topicsOf.get(memberId)!) if (size + 1 < (most.get(topic) ?? 0)) return false
    }
    return true
  }

  #sizeOf(memberId: string): number {
    return this.#assigned.get(memberId)!.size
  }

  #copy(): ReadonlyMap<string, ReadonlySet<Assignable>> {
    return new Map([...this.#assigned].map(([memberId, assigned]) => [memberId, new Set(assigned)]))
  }

  #restore(before: ReadonlyMap<string, ReadonlySet<Assignable>>): void {
    for (const [memberId, assigned] of before) this.#assigned.set(memberId, new Set(assigned))
  }

  /** How far apart the members are that may take part: the differences of all pairs. */
  #score(assigned: ReadonlyMap<string, ReadonlySet<Assignable>>): number {
    const sizes = [...this.#bySize].map((memberId) => assigned.get(memberId)!.size).sort((a, b) => a - b)
    // In ascending order the one at i is subtracted from all behind it and lessened by all before it.
    return sizes.reduce((sum, size, i) => sum + size * (2 * i - sizes.length + 1), 0)
  }
}

/** The newest owner of an older generation. Kafka does not ask whether it still subscribes to the topic, and may give it what it does not want. */
function previousOwners(
  topics: Topics,
  { data, newestGeneration }: Ownership,
  topicsOf: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<Assignable, string> {
  const found = new Map<Assignable, { memberId: string; generation: number }>()
  for (const [memberId, { partitions, generation }] of data) {
    const own = generation ?? -1
    if (own >= newestGeneration) continue
    for (const { topic, partition } of partitions) {
      const place = topics.get(topic)?.[partition]
      if (!place || !topicsOf.get(memberId)!.has(topic)) continue
      const other = found.get(place)
      if (!other || own > other.generation) found.set(place, { memberId, generation: own })
    }
  }
  return new Map([...found].map(([partition, { memberId }]) => [partition, memberId]))
}
