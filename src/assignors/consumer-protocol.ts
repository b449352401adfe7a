// What consumers tell each other through the coordinator, which does not look at it: what a member subscribes to and owns, and what the leader assigned
// to it. A version newer than ours is read as ours: newer ones only add behind what there is.

import { ByteReader, ByteWriter, byteLengthOf, MalformedBytes } from '../base/bytes.ts'
import type { Member, TopicPartition } from './assignor.ts'

/** The protocol type of groups of consumers. */
export const CONSUMER_PROTOCOL = 'consumer'

const NEWEST = 3
const HAS_OWNED = 1
const HAS_GENERATION = 2
const HAS_RACK = 3
const NONE = -1

/** A member without what the coordinator knows of it. */
export type Subscription = Omit<Member, 'memberId' | 'groupInstanceId'>

export interface Assigned {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Uint8Array | null
}

/** `version` 0 to 3; what an older one has no room for is left out. */
export function writeSubscription(subscription: Subscription, version = NEWEST): Uint8Array {
  const to = new ByteWriter()
  to.int16(version)
  to.int32(subscription.topics.length)
  for (const topic of subscription.topics) writeText(to, topic)
  writeBytes(to, subscription.userData)
  if (version >= HAS_OWNED) writePartitions(to, subscription.ownedPartitions)
  if (version >= HAS_GENERATION) to.int32(subscription.generationId)
  if (version >= HAS_RACK) subscription.rackId === null ? to.int16(NONE) : writeText(to, subscription.rackId)
  return to.toBytes()
}

/** Throws MalformedBytes. */
export function readSubscription(bytes: Uint8Array): Subscription {
  const from = new ByteReader(bytes)
  const version = readVersion(from)
  const topics: string[] = []
  for (let left = count(from); left > 0; left--) topics.push(readText(from))
  return {
    topics,
    userData: readBytes(from),
    ownedPartitions: version >= HAS_OWNED ? readPartitions(from) : [],
    generationId: version >= HAS_GENERATION ? from.int32() : NONE,
    rackId: version >= HAS_RACK ? readNullableText(from) : null,
  }
}

export function writeAssignment({ partitions, userData }: Assigned, version = NEWEST): Uint8Array {
  const to = new ByteWriter()
  to.int16(version)
  writePartitions(to, partitions)
  writeBytes(to, userData)
  return to.toBytes()
}

/** Throws MalformedBytes. No bytes at all are no assignment: so a coordinator answers a member that the leader did not name. */
export function readAssignment(bytes: Uint8Array): Assigned {
  if (bytes.length === 0) return { partitions: [], userData: null }
  const from = new ByteReader(bytes)
  readVersion(from)
  return { partitions: readPartitions(from), userData: readBytes(from) }
}

function readVersion(from: ByteReader): number {
  const version = from.int16()
  if (version < 0) throw new MalformedBytes(`version ${version} of the consumer protocol`)
  return version
}

/** Topic by topic, each once. */
function writePartitions(to: ByteWriter, partitions: readonly TopicPartition[]): void {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const known = byTopic.get(topic)
    if (known) known.push(partition)
    else byTopic.set(topic, [partition])
  }
  to.int32(byTopic.size)
  for (const [topic, numbers] of byTopic) {
    writeText(to, topic)
    to.int32(numbers.length)
    for (const partition of numbers) to.int32(partition)
  }
}

function readPartitions(from: ByteReader): TopicPartition[] {
  const partitions: TopicPartition[] = []
  for (let topics = count(from); topics > 0; topics--) {
    const topic = readText(from)
    for (let left = count(from); left > 0; left--) partitions.push({ topic, partition: from.int32() })
  }
  return partitions
}

function writeText(to: ByteWriter, text: string): void {
  const size = byteLengthOf(text)
  to.int16(size)
  to.text(text, size)
}

function readText(from: ByteReader): string {
  const text = readNullableText(from)
  if (text === null) throw new MalformedBytes('a text is missing')
  return text
}

function readNullableText(from: ByteReader): string | null {
  const size = from.int16()
  return size < 0 ? null : from.text(size)
}

function writeBytes(to: ByteWriter, bytes: Uint8Array | null): void {
  to.int32(bytes === null ? NONE : bytes.length)
  if (bytes !== null) to.raw(bytes)
}

function readBytes(from: ByteReader): Uint8Array | null {
  const size = from.int32()
  return size < 0 ? null : from.view(size)
}

/** Of items that take at least two bytes each. */
function count(from: ByteReader): number {
  const items = from.int32()
  if (items > from.left / 2) throw new MalformedBytes(`${items} items in ${from.left} bytes`)
  return Math.max(0, items)
}
