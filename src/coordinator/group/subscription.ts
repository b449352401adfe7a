// The topics in a consumer's metadata, where the group is one of consumers. Only retention and OffsetDelete look at them.

import { ByteReader, MalformedBytes } from '../../base/bytes.ts'
import type { Group } from './state.ts'

/** The protocol type of consumers; other users of groups, such as Connect, keep what they like in their metadata. */
export const CONSUMER = 'consumer'

/** The topics of a consumer's subscription (all versions begin alike: version, topics); null where it cannot be read. */
export function topicsOf(subscription: Uint8Array): string[] | null {
  try {
    const reader = new ByteReader(subscription)
    if (reader.int16() < 0) return null
    const count = reader.int32()
    if (count < 0 || count > reader.left / 2) return null
    return Array.from({ length: count }, () => reader.text(reader.uint16()))
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return null
    throw thrown
  }
}

/** All topics that members of this generation subscribe to; null where that is unknown. */
export function subscribedTopics(group: Group): ReadonlySet<string> | null {
  if (group.protocolType !== CONSUMER) return null
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const own = group.protocol === null ? null : topicsOf(group.metadataOf(member))
    if (!own) return null
    for (const topic of own) topics.add(topic)
  }
  return topics
}

/** True when the group reads the topic, or when it is one of consumers and what it reads is unknown. */
export function isSubscribed(group: Group, topic: string): boolean {
  return group.subscribedTopics ? group.subscribedTopics.has(topic) : group.protocolType === CONSUMER
}
