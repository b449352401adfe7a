// How fast replicas may move: configurations of the brokers and topics that take part, for the time that it lasts.

import type { Admin } from '../../../client/admin/admin.ts'
import type { ConfigChange, Reassignment } from '../../../client/index.ts'
import type { Surroundings } from '../command.ts'
import { inJavaOrder, numbersInJavaOrder } from '../java-order.ts'
import type { PlannedPartition, PlannedReplica } from './reassign-plan.ts'

const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const DIRECTORY_RATE = 'replica.alter.log.dirs.io.max.bytes.per.second'
const LEADERS = 'leader.replication.throttled.replicas'
const FOLLOWERS = 'follower.replication.throttled.replicas'

export interface Moves {
  readonly planned: readonly PlannedPartition[]
  /** What they are now, of those that nobody moves yet. */
  readonly current: readonly PlannedPartition[]
  readonly underWay: readonly Reassignment[]
}

/** From where to where the replicas of each partition move, by topic and number. */
export function movesOf({ planned, current, underWay }: Moves) {
  const moves = new Map<string, Map<number, { sources: Set<number>; targets: Set<number> }>>()
  const at = (topic: string) => {
    const found = moves.get(topic) ?? new Map<number, { sources: Set<number>; targets: Set<number> }>()
    moves.set(topic, found)
    return found
  }
  for (const { topic, partition, replicas, adding } of underWay) {
    at(topic).set(partition, {
      sources: new Set(replicas.filter((id) => !adding.includes(id))),
      targets: new Set(adding),
    })
  }
  for (const { topic, partition, replicas } of planned) {
    const now = current.find((each) => each.topic === topic && each.partition === partition)
    const sources = at(topic).get(partition)?.sources ?? new Set(now?.replicas)
    at(topic).set(partition, { sources, targets: new Set(replicas.filter((id) => !sources.has(id))) })
  }
  return moves
}

/** Lets replicas move between brokers at so many bytes per second. */
export async function throttleMoves(admin: Admin, moves: Moves, bytesPerSecond: number, around: Surroundings): Promise<void> {
  const byTopic = movesOf(moves)
  const ids = new Set<number>()
  const changes = [...byTopic].map(([name, partitions]) => {
    const entries = (side: 'sources' | 'targets') =>
      [...partitions].flatMap(([partition, move]) => [...move[side]].map((id) => `${partition}:${id}`)).sort()
    for (const { sources, targets } of partitions.values()) for (const id of [...sources, ...targets]) ids.add(id)
    const set = (key: string, side: 'sources' | 'targets'): ConfigChange => ({
      name: key,
      operation: 'set',
      value: entries(side).join(','),
    })
    return { resource: { type: 'topic', name } as const, changes: [set(LEADERS, 'sources'), set(FOLLOWERS, 'targets')] }
  })
  ;(await admin.incrementalAlterConfigs(changes)).all()
  ;(await admin.incrementalAlterConfigs([...ids].map((id) => ofBroker(id, RATES, bytesPerSecond)))).all()
  around.print(`The inter-broker throttle limit was set to ${bytesPerSecond} B/s`)
}

/** The same between the directories of a broker. */
export async function throttleDirectories(
  admin: Admin,
  replicas: readonly PlannedReplica[],
  bytesPerSecond: number,
  around: Surroundings,
): Promise<void> {
  const ids = [...new Set(replicas.map(({ broker }) => broker))]
  ;(await admin.incrementalAlterConfigs(ids.map((id) => ofBroker(id, [DIRECTORY_RATE], bytesPerSecond)))).all()
  around.print(`The replica-alter-dir throttle limit was set to ${bytesPerSecond} B/s`)
}

/** Takes the limits of all brokers, and of the plan's topics, away: nobody knows which of them the moves were from. */
export async function clearThrottles(admin: Admin, planned: readonly PlannedPartition[], around: Surroundings): Promise<void> {
  const { nodes } = await admin.describeCluster()
  const ids = [...new Set([...nodes.map(({ id }) => id), ...planned.flatMap(({ replicas }) => replicas)])]
  around.print(`Clearing broker-level throttles on broker${ids.length === 1 ? '' : 's'} ${numbersInJavaOrder(ids).join(',')}`)
  ;(await admin.incrementalAlterConfigs(ids.map((id) => ofBroker(id, [...RATES, DIRECTORY_RATE], null)))).all()
  const topics = [...new Set(planned.map(({ topic }) => topic))]
  around.print(`Clearing topic-level throttles on topic${topics.length === 1 ? '' : 's'} ${inJavaOrder(topics).join(',')}`)
  ;(
    await admin.incrementalAlterConfigs(
      topics.map((name) => ({ resource: { type: 'topic', name }, changes: [LEADERS, FOLLOWERS].map(deletion) })),
    )
  ).all()
}

const deletion = (name: string): ConfigChange => ({ name, operation: 'delete' })

function ofBroker(id: number, names: readonly string[], rate: number | null) {
  const changes = names.map(
    (name): ConfigChange => (rate === null ? deletion(name) : { name, operation: 'set', value: String(rate) }),
  )
  return { resource: { type: 'broker', name: String(id) } as const, changes }
}
