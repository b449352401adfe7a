// What the leader of a classic group does: it shares the partitions among the members.

import { readSubscription, writeAssignment } from '../../../assignors/consumer-protocol.ts'
import {
  type Assignable,
  type Assignor,
  type Member as GroupMember,
  assignors as known,
  type Topics,
} from '../../../assignors/index.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Metadata } from '../../cluster/metadata.ts'
import { BrokerError } from '../../errors/index.ts'
import type { Patience } from '../../patience.ts'

/** The assignors that a consumer names in its options, in that order. */
export function assignorsOf(names: readonly string[]): Assignor[] {
  return names.map((name) => known.find((assignor) => assignor.name === name)!)
}

export class Leader {
  readonly #cluster: Cluster
  readonly #keeps: (topic: string) => boolean
  /** The topics of the whole group. */
  #topics: readonly string[] = []
  /** Whether a member says where it stands: only then it matters where replicas are. */
  #hasRacks = false
  /** What the assignment was made of, as a text. */
  #basis: string | null = null
  /** By broker, where it was seen last: one that is down for a moment has not moved. */
  readonly #racks = new Map<number, string | null>()

  /** `keeps` tells the topics that the member itself wants to know of. */
  constructor(cluster: Cluster, keeps: (topic: string) => boolean) {
    this.#cluster = cluster
    this.#keeps = keeps
  }

  /** Who gets what, in the encoding of the group. */
  async assign(
    assignor: Assignor,
    { members }: JoinGroupResponse,
    patience: Patience,
  ): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const group = groupOf(members)
    const topics = await this.#look(group, patience)
    const assignment = assignor.assign(topics, group)
    return [...assignment].map(([memberId, partitions]) => ({
      memberId,
      assignment: writeAssignment({ partitions, userData: null }),
    }))
  }

  /** What was assigned before it came back stands as it is (KIP-814); from now on it looks whether it still fits. */
  async watch({ members }: JoinGroupResponse, patience: Patience): Promise<void> {
    await this.#look(groupOf(members), patience)
  }

  /** Another member leads. */
  resign(): void {
    this.#basis = null
    this.#turnTo([])
  }

  /** Whether what it shared is not what there is any more; false for who does not lead. */
  isStale(metadata: Metadata): boolean {
    return this.#basis !== null && basisOf(this.#topicsIn(metadata)) !== this.#basis
  }

  async #look(group: readonly GroupMember[], patience: Patience): Promise<Topics> {
    this.#turnTo([...new Set(group.flatMap(({ topics }) => topics))].sort())
    this.#hasRacks = group.some(({ rackId }) => rackId !== null && rackId !== '')
    await this.#learn(patience)
    const topics = this.#topicsIn(this.#cluster.metadata)
    this.#basis = basisOf(topics)
    return topics
  }

  /** What nobody of the group wants any more need not be kept fresh. */
  #turnTo(topics: readonly string[]): void {
    const wanted = new Set(topics)
    for (const topic of this.#topics) if (!wanted.has(topic) && !this.#keeps(topic)) this.#cluster.forgetTopic(topic)
    this.#topics = topics
  }

  #topicsIn({ topics, brokers }: Metadata): Topics {
    for (const { id, rack } of brokers.values()) this.#racks.set(id, rack)
    const found = new Map<string, Assignable[]>()
    for (const topic of this.#topics) {
      const partitions = topics.get(topic)?.partitions
      if (!partitions || partitions.length === 0) continue
      const assignable = partitions.map(({ index, replicas }): Assignable => {
        const racks = new Set(this.#hasRacks ? replicas.flatMap((id) => this.#racks.get(id) ?? []) : [])
        return { topic, partition: index, racks: [...racks].sort() }
      })
      found.set(topic, assignable)
    }
    return found
  }

  /** A topic that nobody asked for so far is asked for; one that does not exist is nobody's. */
  async #learn(patience: Patience): Promise<void> {
    const missing = this.#topics.filter((topic) => !this.#cluster.peekTopic(topic))
    if (missing.length > 0) await this.#cluster.refresh(patience)
    if (this.#topics.length > 0 && this.#cluster.metadata.brokers.size === 0) {
      throw new BrokerError('BROKER_NOT_AVAILABLE', 'nobody tells the brokers of the cluster', { retriable: true })
    }
  }
}

function groupOf(members: JoinGroupResponse['members']): GroupMember[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    return { memberId, groupInstanceId, ...readSubscription(metadata) }
  })
}

/** Topics, how many partitions they have, and in which racks these are, where that matters. */
function basisOf(topics: Topics): string {
  return JSON.stringify([...topics].map(([topic, partitions]) => [topic, partitions.map(({ racks }) => racks)]))
}
