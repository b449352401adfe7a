// The assigner that consumers have who name none: one partition after the other goes to one member after the other.

import { AssignerProtocol } from './assigner-protocol.ts'
import type { Assignment, PartitionAssigner } from './types/index.ts'

const VERSION = 0

/** A member is given partitions of the topics alone that it subscribes to. Where all subscribe to the same, it is what KafkaJS gives. */
const roundRobin: PartitionAssigner = ({ cluster }) => ({
  name: 'RoundRobinAssigner',
  version: VERSION,

  async assign({ members, topics }) {
    const wants = new Map(
      [...members]
        .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
        .map(({ memberId, memberMetadata }) => [
          memberId,
          AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics ?? topics,
        ]),
    )
    const all = [...new Set([...topics, ...[...wants.values()].flat()])]
    await cluster.addMultipleTargetTopics(all.filter((topic) => !topics.includes(topic)))
    const shares = new Map([...wants.keys()].map((memberId) => [memberId, {} as Assignment]))
    let turn = 0
    for (const topic of all) {
      const takers = [...wants].filter(([, wanted]) => wanted.includes(topic)).map(([memberId]) => memberId)
      for (const { partitionId } of takers.length === 0 ? [] : cluster.findTopicPartitionMetadata(topic)) {
        const share = shares.get(takers[turn++ % takers.length]!)!
        share[topic] = [...(share[topic] ?? []), partitionId]
      }
    }
    return [...shares].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
    }))
  },

  protocol: ({ topics }) => ({
    name: 'RoundRobinAssigner',
    metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.alloc(0) }),
  }),
})

export const PartitionAssigners: { roundRobin: PartitionAssigner } = { roundRobin }
