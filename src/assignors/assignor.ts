// What all assignors share: who is in the group, which partitions there are, and who gets what. They run in the member that leads its group (classic
// protocol); everything here is pure, and what Kafka's own assignors answer to the same question is what these answer.

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition that can be assigned. */
export interface Assignable extends TopicPartition {
  /** Of the brokers that hold a replica, each once; empty where nobody names racks (KIP-881). */
  readonly racks: readonly string[]
}

/** The topics that members subscribe to and that exist, each with its partitions: partition n stands at index n. */
export type Topics = ReadonlyMap<string, readonly Assignable[]>

/** What a member says of itself when it joins. */
export interface Member {
  readonly memberId: string
  /** Of a static member (KIP-345), else null. */
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  readonly ownedPartitions: readonly TopicPartition[]
  /** In which it came to own them; -1 where it does not say. */
  readonly generationId: number
  readonly rackId: string | null
  /** What the assignor at that member added. */
  readonly userData: Uint8Array | null
}

/** By member id; every member is there. */
export type Assignment = Map<string, TopicPartition[]>

/** Whether members give up all they have before they join, or keep it until they are told (KIP-429). */
export type RebalanceProtocol = 'EAGER' | 'COOPERATIVE'

export interface Assignor {
  /** As members name it to each other and to the coordinator. */
  readonly name: string
  /** The best last: a member takes the best that all of its assignors know. */
  readonly protocols: readonly RebalanceProtocol[]
  assign(topics: Topics, members: readonly Member[]): Assignment
  /** What a member adds to its subscription: what it was assigned last, and in which generation (-1: never). */
  userData?(assigned: readonly TopicPartition[], generationId: number): Uint8Array | null
}

/** Every member with nothing. */
export function emptyAssignment(members: readonly Member[]): Assignment {
  return new Map(members.map(({ memberId }) => [memberId, []]))
}

/** The order of members that Kafka's assignors share: static members first, by instance id, then by member id. */
export function byMember(a: Member, b: Member): number {
  if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compareTexts(a.groupInstanceId, b.groupInstanceId)
  if (a.groupInstanceId !== null) return -1
  if (b.groupInstanceId !== null) return 1
  return compareTexts(a.memberId, b.memberId)
}

/** By UTF-16 code units, as Java compares. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function byTopicAndPartition(a: TopicPartition, b: TopicPartition): number {
  return compareTexts(a.topic, b.topic) || a.partition - b.partition
}

/** The partition itself, whoever wrote its name down; undefined where there is none. */
export function find(topics: Topics, { topic, partition }: TopicPartition): Assignable | undefined {
  return topics.get(topic)?.[partition]
}
