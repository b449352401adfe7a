// Which protocol a group uses: each member votes for the first of its own that all others know as well.

import { javaStringHash } from './partition-of.ts'
import type { Group, Member, MemberProtocol } from './state.ts'

/** True when a member with these protocols may join: someone new to an empty group, or with something in common with all its members. */
export function mayJoin(group: Group, protocolType: string, protocols: readonly MemberProtocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0
  return protocolType === group.protocolType && protocols.some((protocol) => group.allKnow(protocol.name))
}

/**
 * The protocol with most votes; of two with as many, the one that Apache Kafka would take, so that a group fares alike with every coordinator.
 * @param members those of the group, or as they would be after a change.
 */
export function chooseProtocol(members: Iterable<Member>): string | null {
  const all = [...members]
  const knownToAll = all.map((member) => new Set(member.protocols.map((protocol) => protocol.name)))
  const candidates = [...(knownToAll[0] ?? [])].filter((name) => knownToAll.every((known) => known.has(name)))
  const votes = new Map<string, number>()
  for (const member of all) {
    const choice = member.protocols.find((protocol) => candidates.includes(protocol.name))
    if (choice) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1)
  }
  const ranked = [...votes].sort(([a, votesForA], [b, votesForB]) => votesForB - votesForA || hashBucket(a) - hashBucket(b))
  return ranked[0]?.[0] ?? null
}

/** Where a small hash map of Java keeps the text: Kafka counts votes in one and takes the first with most. */
function hashBucket(text: string): number {
  const hash = javaStringHash(text)
  return (hash ^ (hash >>> 16)) & 15
}

/** True when the member comes with the very protocols and metadata that are known of it. */
export function sameProtocols(member: Member, protocols: readonly MemberProtocol[]): boolean {
  if (member.protocols.length !== protocols.length) return false
  return member.protocols.every(({ name, metadata }, index) => {
    const other = protocols[index]!
    return other.name === name && Buffer.compare(metadata, other.metadata) === 0
  })
}
