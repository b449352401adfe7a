// All partitions of all topics in order, one to each member in turn; a member that does not subscribe to the topic is passed over.

import { type Assignment, type Assignor, byMember, compareTexts, emptyAssignment, type Member, type Topics } from './assignor.ts'

/** Kafka's RoundRobinAssignor. */
export const roundRobin: Assignor = { name: 'roundrobin', protocols: ['EAGER'], assign }

function assign(topics: Topics, members: readonly Member[]): Assignment {
  const assignment = emptyAssignment(members)
  const circle = [...members].sort(byMember).map(({ memberId, topics }) => ({ memberId, topics: new Set(topics) }))
  const subscribed = new Set(members.flatMap((member) => member.topics))
  let next = 0
  for (const topic of [...subscribed].filter((name) => topics.has(name)).sort(compareTexts)) {
    for (const partition of topics.get(topic)!) {
      while (!circle[next]!.topics.has(topic)) next = (next + 1) % circle.length
      assignment.get(circle[next]!.memberId)!.push(partition)
      next = (next + 1) % circle.length
    }
  }
  return assignment
}
