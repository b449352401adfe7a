// Sticky assignment where all members subscribe to the same topics: everybody gets as much as everybody else or one more, and first of all what it owns.

import { assert } from '../base/assert.ts'
import { type Assignable, type Assignment, byTopicAndPartition, compareTexts, type Topics } from './assignor.ts'
import type { Ownership } from './ownership.ts'
import type { GroupRacks } from './racks.ts'

export class ConstrainedAssignment {
  /** What its owner gave up, or nobody owned for sure, and who gets it. */
  readonly moved = new Map<Assignable, string>()
  readonly #topics: Topics
  readonly #racks: GroupRacks
  readonly #ownership: Ownership
  readonly #assignment: Assignment
  readonly #givenUp = new Set<Assignable>()
  /** Owned by a member in whose rack no replica is. */
  readonly #elsewhere = new Map<Assignable, string>()
  readonly #kept = new Set<Assignable>()
  readonly #minQuota: number
  readonly #maxQuota: number
  /** How many members get more than the smaller quota in the end (0 where both are equal), and how many have it so far. */
  readonly #richMembers: number
  #richSoFar = 0
  /** Below the smaller quota, and at it while some may still get one more. */
  readonly #poor: string[] = []
  readonly #even: string[] = []

  constructor(topics: Topics, racks: GroupRacks, ownership: Ownership) {
    this.#topics = topics
    this.#racks = racks
    this.#ownership = ownership
    const memberIds = [...ownership.owned.keys()]
    const partitions = [...topics.values()].reduce((sum, { length }) => sum + length, 0)
    this.#minQuota = Math.floor(partitions / memberIds.length)
    this.#maxQuota = Math.ceil(partitions / memberIds.length)
    this.#richMembers = partitions % memberIds.length
    this.#assignment = new Map(memberIds.map((memberId) => [memberId, []]))
  }

  build(): Assignment {
    for (const [memberId, owned] of this.#ownership.owned) this.#keepOwned(memberId, owned)
    this.#poor.sort(compareTexts)
    this.#even.sort(compareTexts)
    const unassigned = [...this.#topics.values()].flat().filter((partition) => !this.#kept.has(partition))
    const sorted = this.#racks.sorted(unassigned.sort(byTopicAndPartition))
    this.#dealOut(this.#racks.matter ? this.#dealOutInRacks(sorted) : sorted)
    assert(
      this.#poor.every((memberId) => this.#assignment.get(memberId)!.length === this.#minQuota),
      'every member has its quota when nothing is left',
    )
    return this.#assignment
  }

  #keepOwned(memberId: string, claimed: ReadonlySet<Assignable>): void {
    const { contested } = this.#ownership
    const sure = [...claimed].filter((partition) => !contested.has(partition))
    const owned = sure.filter((partition) => !this.#racks.mismatch(memberId, partition))
    // Where racks do not match, Kafka forgets that the member owns the partition, and may move it in one step.
    for (const partition of sure) if (this.#racks.mismatch(memberId, partition)) this.#elsewhere.set(partition, memberId)
    owned.sort((a, b) => a.partition - b.partition || compareTexts(a.topic, b.topic))
    if (owned.length < this.#minQuota) {
      this.#poor.push(memberId)
      return this.#keep(memberId, owned, owned.length)
    }
    if (owned.length >= this.#maxQuota && this.#richSoFar < this.#richMembers) {
      this.#richSoFar++
      if (this.#richSoFar === this.#richMembers) this.#even.length = 0
      return this.#keep(memberId, owned, this.#maxQuota)
    }
    if (this.#richSoFar < this.#richMembers) this.#even.push(memberId)
    this.#keep(memberId, owned, this.#minQuota)
  }

  #keep(memberId: string, owned: readonly Assignable[], count: number): void {
    for (const [at, partition] of owned.entries()) {
      if (at >= count) this.#givenUp.add(partition)
      else {
        this.#kept.add(partition)
        this.#assignment.get(memberId)!.push(partition)
      }
    }
  }

  /** Gives what is left over. */
  #dealOutInRacks(partitions: readonly Assignable[]): Assignable[] {
    const left: Assignable[] = []
    let next = 0
    for (const partition of partitions) {
      const poorAt = this.#racks.nextNear(partition, this.#poor, next)
      if (poorAt >= 0) {
        next = this.#giveToPoor(partition, poorAt)
        continue
      }
      // Kafka does not look how many have one more already, and fails where they become too many.
      const mayGetMore = this.#richSoFar < this.#richMembers
      const evenAt = mayGetMore ? this.#racks.nextNear(partition, this.#even, 0) : -1
      if (evenAt < 0) left.push(partition)
      else {
        this.#give(partition, this.#even[evenAt]!)
        this.#even.splice(evenAt, 1)
        this.#richSoFar++
      }
    }
    return left
  }

  /** Gives the index to go on with. */
  #giveToPoor(partition: Assignable, at: number): number {
    const memberId = this.#poor[at]!
    const count = this.#give(partition, memberId)
    if (count < this.#minQuota) return (at + 1) % this.#poor.length
    this.#poor.splice(at, 1)
    if (count < this.#maxQuota) this.#even.push(memberId)
    return this.#poor.length === 0 ? 0 : at % this.#poor.length
  }

  /** In turn to those below the smaller quota, then one each to those at it. */
  #dealOut(partitions: readonly Assignable[]): void {
    let next = 0
    for (const partition of partitions) {
      if (next >= this.#poor.length) next = 0
      const memberId = this.#poor[next] ?? this.#even.shift()
      assert(memberId !== undefined, 'somebody has room for every partition')
      const isPoor = this.#poor.length > 0
      const count = this.#give(partition, memberId)
      if (!isPoor) continue
      if (count === this.#minQuota) {
        this.#poor.splice(next, 1)
        this.#even.push(memberId)
      } else next++
    }
  }

  /** Gives how many the member has now. */
  #give(partition: Assignable, memberId: string): number {
    const isTaken = (this.#elsewhere.get(partition) ?? memberId) !== memberId
    const isMoved = isTaken || this.#givenUp.has(partition) || this.#ownership.contested.has(partition)
    if (isMoved) this.moved.set(partition, memberId)
    return this.#assignment.get(memberId)!.push(partition)
  }
}
