// Balanced, and with as few moves as balance allows: members keep what they own. Two ways, as in Kafka: one where all members subscribe to the same
// topics, one for everything else.

import { ByteReader, ByteWriter, byteLengthOf, MalformedBytes } from '../base/bytes.ts'
import type { Assignable, Assignment, Assignor, Member, TopicPartition, Topics } from './assignor.ts'
import { ConstrainedAssignment } from './constrained.ts'
import { GeneralAssignment } from './general.ts'
import { type MemberData, Ownership } from './ownership.ts'
import { GroupRacks } from './racks.ts'

/** Kafka's StickyAssignor: members give up everything before they join, and tell in their user data what that was. */
export const sticky: Assignor = {
  name: 'sticky',
  protocols: ['EAGER'],
  assign: (topics, members) => assignSticky(topics, members, readUserData).assignment,
  userData: (assigned, generationId) => (generationId < 0 ? null : writeUserData(assigned, generationId)),
}

export interface StickyAssignment {
  readonly assignment: Assignment
  /** What goes from one member to another one; null where nobody kept account of it. */
  readonly moved: ReadonlyMap<Assignable, string> | null
}

export function assignSticky(all: Topics, members: readonly Member[], dataOf: (member: Member) => MemberData): StickyAssignment {
  if (members.length === 0) return { assignment: new Map(), moved: null }
  const wanted = new Set(members.flatMap((member) => member.topics))
  const topics = new Map([...all].filter(([topic]) => wanted.has(topic)))
  const racks = new GroupRacks([...topics.values()].flat(), members)
  const ownership = new Ownership(topics, members, dataOf)
  if (ownership.hasEqualSubscriptions) {
    const builder = new ConstrainedAssignment(topics, racks, ownership)
    return { assignment: builder.build(), moved: builder.moved }
  }
  return { assignment: new GeneralAssignment(topics, racks, ownership, members).build(), moved: null }
}

/** Kafka's layout: topics with their partitions, then the generation, which the first version of it did not have. */
function writeUserData(assigned: readonly TopicPartition[], generationId: number): Uint8Array {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of assigned) {
    const known = byTopic.get(topic)
    if (known) known.push(partition)
    else byTopic.set(topic, [partition])
  }
  const to = new ByteWriter()
  to.int32(byTopic.size)
  for (const [topic, partitions] of byTopic) {
    const size = byteLengthOf(topic)
    to.int16(size)
    to.text(topic, size)
    to.int32(partitions.length)
    for (const partition of partitions) to.int32(partition)
  }
  to.int32(generationId)
  return to.toBytes()
}

const NOTHING: MemberData = { partitions: [], generation: null }

/** What cannot be read is nothing: a member of another make must not keep the group from balancing. */
function readUserData({ userData }: Member): MemberData {
  if (userData === null || userData.length === 0) return NOTHING
  try {
    const from = new ByteReader(userData)
    const partitions: TopicPartition[] = []
    for (let topics = count(from); topics > 0; topics--) {
      const topic = from.text(from.int16())
      for (let left = count(from); left > 0; left--) partitions.push({ topic, partition: from.int32() })
    }
    return { partitions, generation: from.left < 4 ? null : from.int32() }
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return NOTHING
    throw thrown
  }
}

function count(from: ByteReader): number {
  const items = from.int32()
  if (items < 0 || items > from.left) throw new MalformedBytes(`${items} items in ${from.left} bytes`)
  return items
}
