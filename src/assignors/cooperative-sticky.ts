// As sticky, for members that keep what they own while they join (KIP-429): what changes hands is given to nobody at first; its owner lets go of it
// and joins again, and then it goes to the new one.

import { ByteReader, ByteWriter } from '../base/bytes.ts'
import type { Assignable, Assignment, Assignor, Member, Topics } from './assignor.ts'
import { find } from './assignor.ts'
import type { MemberData } from './ownership.ts'
import { assignSticky } from './sticky.ts'

const NO_GENERATION = -1

/** Kafka's CooperativeStickyAssignor. */
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  protocols: ['EAGER', 'COOPERATIVE'],
  assign,
  userData(_assigned, generationId) {
    const to = new ByteWriter(4)
    to.int32(generationId)
    return to.toBytes()
  },
}

function assign(topics: Topics, members: readonly Member[]): Assignment {
  const { assignment, moved } = assignSticky(topics, members, dataOf)
  for (const [partition, memberId] of moved ?? movedBetween(topics, members, assignment)) {
    const assigned = assignment.get(memberId)!
    assigned.splice(assigned.indexOf(partition), 1)
  }
  return assignment
}

/** Subscriptions before version 2 have no generation of their own; there it is in the user data. */
function dataOf({ ownedPartitions, generationId, userData }: Member): MemberData {
  if (generationId >= 0) return { partitions: ownedPartitions, generation: generationId }
  if (userData === null) return { partitions: ownedPartitions, generation: null }
  return { partitions: ownedPartitions, generation: userData.length < 4 ? NO_GENERATION : new ByteReader(userData).int32() }
}

/** What one member owns and another one is assigned. */
function movedBetween(topics: Topics, members: readonly Member[], assignment: Assignment): Map<Assignable, string> {
  const givenUp = new Set<Assignable>()
  const added = new Map<Assignable, string>()
  for (const { memberId, ownedPartitions } of members) {
    const owned = new Set(ownedPartitions.flatMap((named) => find(topics, named) ?? []))
    const assigned = new Set(assignment.get(memberId) as Assignable[])
    for (const partition of assigned) if (!owned.has(partition)) added.set(partition, memberId)
    for (const partition of owned) if (!assigned.has(partition)) givenUp.add(partition)
  }
  return new Map([...added].filter(([partition]) => givenUp.has(partition)))
}
