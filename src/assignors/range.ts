// Each topic by itself: its partitions in order, cut into as many ranges as it has members. Topics with the same members and as many partitions are cut
// alike, so that what belongs together by its number lands at one member.

import {
  type Assignable,
  type Assignment,
  type Assignor,
  byMember,
  byTopicAndPartition,
  emptyAssignment,
  type Member,
  type Topics,
} from './assignor.ts'
import { rackOf, racksMatter } from './racks.ts'

/** Kafka's RangeAssignor, the default of its consumers. */
export const range: Assignor = { name: 'range', protocols: ['EAGER'], assign }

function assign(topics: Topics, members: readonly Member[]): Assignment {
  const assignment = emptyAssignment(members)
  const subscribers = subscribersByTopic(members)
  const shares = [...topics]
    .filter(([, partitions]) => partitions.length > 0)
    .map(([topic, partitions]) => new TopicShares(partitions, subscribers.get(topic) ?? [], assignment))
  const isRackAware = shares.some(({ needsRacks }) => needsRacks)
  if (isRackAware) for (const alike of groupsOf(shares)) assignInRacks(alike)
  for (const topic of shares) topic.assignRanges(() => true)
  if (isRackAware) for (const partitions of assignment.values()) partitions.sort(byTopicAndPartition)
  return assignment
}

/** In the order in which they get their ranges. */
function subscribersByTopic(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const subscribers = new Map<string, Member[]>()
  for (const member of [...members].sort(byMember)) {
    for (const topic of new Set(member.topics)) {
      const known = subscribers.get(topic)
      if (known) known.push(member)
      else subscribers.set(topic, [member])
    }
  }
  return subscribers
}

/** Topics with the same members and as many partitions. */
function groupsOf(shares: readonly TopicShares[]): Iterable<readonly TopicShares[]> {
  const groups = new Map<string, TopicShares[]>()
  for (const topic of shares) {
    const key = JSON.stringify([topic.memberIds, topic.hasMembersWithRack ? topic.count : 0])
    const group = groups.get(key)
    if (group) group.push(topic)
    else groups.set(key, [topic])
  }
  return groups.values()
}

function assignInRacks(alike: readonly TopicShares[]): void {
  const [first] = alike
  if (alike.length > 1) return assignTogether(alike)
  if (first?.needsRacks) first.assignRanges((memberId, partition) => first.isNear(memberId, partition))
}

/** Partitions of the same number go to one member, where it is near to all of them. */
function assignTogether(alike: readonly TopicShares[]): void {
  const [first] = alike
  if (!first?.hasMembersWithRack) return
  const remaining = new Set(first.memberIds)
  for (let number = 0; number < first.count && remaining.size > 0; number++) {
    const found = [...remaining].find((memberId) =>
      alike.every((topic) => topic.isNear(memberId, topic.partitions[number]!) && topic.roomOf(memberId) > 0),
    )
    if (found === undefined) continue
    for (const topic of alike) topic.give(found, [topic.partitions[number]!])
    if (!alike.some((topic) => topic.roomOf(found) > 0)) remaining.delete(found)
  }
}

/** One topic while it is being dealt out. */
class TopicShares {
  readonly partitions: readonly Assignable[]
  readonly memberIds: readonly string[]
  readonly needsRacks: boolean
  readonly #racks: ReadonlyMap<string, string>
  readonly #assignment: Assignment
  readonly #unassigned: Set<Assignable>
  readonly #assigned: Map<string, number>
  readonly #perMember: number
  /** How many members may still get one more than the others. */
  #extras: number

  constructor(partitions: readonly Assignable[], members: readonly Member[], assignment: Assignment) {
    this.partitions = partitions
    this.memberIds = members.map(({ memberId }) => memberId)
    this.#assignment = assignment
    this.#unassigned = new Set(partitions)
    this.#assigned = new Map(this.memberIds.map((memberId) => [memberId, 0]))
    this.#perMember = members.length === 0 ? 0 : Math.floor(partitions.length / members.length)
    this.#extras = members.length === 0 ? 0 : partitions.length % members.length
    this.#racks = new Map(members.flatMap((member) => (rackOf(member) === null ? [] : [[member.memberId, rackOf(member)!]])))
    this.needsRacks = racksMatter(new Set(this.#racks.values()), partitions)
  }

  get count(): number {
    return this.partitions.length
  }

  get hasMembersWithRack(): boolean {
    return this.#racks.size > 0
  }

  /** Who says no rack is near to everything. */
  isNear(memberId: string, { racks }: Assignable): boolean {
    const rack = this.#racks.get(memberId)
    return rack === undefined || racks.includes(rack)
  }

  /** How many the member may still get. */
  roomOf(memberId: string): number {
    return Math.max(0, this.#perMember + (this.#extras > 0 ? 1 : 0) - this.#assigned.get(memberId)!)
  }

  give(memberId: string, partitions: readonly Assignable[]): void {
    for (const partition of partitions) this.#unassigned.delete(partition)
    const count = this.#assigned.get(memberId)! + partitions.length
    this.#assigned.set(memberId, count)
    if (count > this.#perMember) this.#extras--
    this.#assignment.get(memberId)!.push(...partitions)
  }

  assignRanges(may: (memberId: string, partition: Assignable) => boolean): void {
    for (const memberId of this.memberIds) {
      if (this.#unassigned.size === 0) return
      const found: Assignable[] = []
      const room = this.roomOf(memberId)
      for (const partition of this.#unassigned) {
        if (found.length === room) break
        if (may(memberId, partition)) found.push(partition)
      }
      if (found.length > 0) this.give(memberId, found)
    }
  }
}
