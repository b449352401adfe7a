// kafka-topics --describe: a line for each topic and one for each of its partitions.

import type { Admin } from '../../../client/admin/admin.ts'
import { type ConfigEntry, resourceKey } from '../../../client/admin/configs.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { Reassignment } from '../../../client/admin/reassignments.ts'
import type { PartitionDescription, TopicDescription } from '../../../client/admin/topics.ts'
import { ClientError } from '../../../client/errors/index.ts'
import type { Surroundings } from '../command.ts'
import { inJavaOrder } from '../java-order.ts'
import type { TopicOptions } from './topics.ts'

/** Options that show some partitions alone. */
export const reports = [
  'under-replicated-partitions',
  'under-min-isr-partitions',
  'at-min-isr-partitions',
  'unavailable-partitions',
] as const
type Report = (typeof reports)[number]

interface Seen {
  readonly partition: PartitionDescription
  readonly reassignment: Reassignment | undefined
  readonly minIsr: number
  readonly liveBrokers: ReadonlySet<number>
}

export async function describeTopics(
  found: TopicOptions,
  names: readonly string[],
  admin: Admin,
  around: Surroundings,
): Promise<void> {
  const resources = names.map((name) => ({ type: 'topic' as const, name }))
  const partitionsPerAnswer = found.number('partition-size-limit-per-response') ?? 2000
  const described = (await admin.describeTopics(names, { partitionsPerAnswer })).all()
  const configs = names.length === 0 ? new Map() : (await admin.describeConfigs(resources)).all()
  const wanted = reports.filter((report) => found.has(report))
  const liveBrokers = new Set((await admin.describeCluster()).nodes.map(({ id }) => id))
  const reassignments = await reassignmentsOf([...described.values()], admin)
  for (const topic of described.values()) {
    const entries: readonly ConfigEntry[] = configs.get(resourceKey({ type: 'topic', name: topic.name }))!
    const order = inJavaOrder(entries.map(({ name }) => name))
    const own = entries
      .filter(({ source }) => source !== 'DEFAULT_CONFIG')
      .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    if (wanted.length === 0 && (!found.has('topics-with-overrides') || own.length > 0)) {
      around.print(topicLine(topic, own, reassignments))
    }
    if (found.has('topics-with-overrides')) continue
    const minIsr = Number(entries.find(({ name }) => name === 'min.insync.replicas')?.value)
    for (const partition of topic.partitions) {
      const reassignment = reassignments.get(partitionKey(topic.name, partition.partition))
      const seen = { partition, reassignment, minIsr, liveBrokers }
      if (wanted.length === 0 || wanted.some((report) => shows[report](seen))) around.print(partitionLine(topic.name, seen))
    }
  }
}

const shows: Readonly<Record<Report, (seen: Seen) => boolean>> = {
  'under-replicated-partitions': ({ partition, reassignment }) =>
    replicationFactor(partition, reassignment) > partition.isr.length,
  'under-min-isr-partitions': ({ partition, minIsr }) => partition.leader === null || partition.isr.length < minIsr,
  'at-min-isr-partitions': ({ partition, minIsr }) => partition.isr.length === minIsr,
  'unavailable-partitions': ({ partition, liveBrokers }) => partition.leader === null || !liveBrokers.has(partition.leader),
}

/** Who may not see reassignments, or asks a broker that knows none, sees none. */
async function reassignmentsOf(topics: readonly TopicDescription[], admin: Admin): Promise<ReadonlyMap<string, Reassignment>> {
  const partitions = topics.flatMap(({ name, partitions: some }) => some.map(({ partition }) => ({ topic: name, partition })))
  try {
    const listed = partitions.length === 0 ? [] : await admin.listPartitionReassignments({ partitions })
    return new Map(listed.map((each) => [partitionKey(each.topic, each.partition), each]))
  } catch (thrown) {
    if (thrown instanceof ClientError && ['UNSUPPORTED_VERSION', 'CLUSTER_AUTHORIZATION_FAILED'].includes(thrown.code))
      return new Map()
    throw thrown
  }
}

/** Without those that a reassignment adds. One that ended between two answers does not count. */
function replicationFactor({ replicas }: PartitionDescription, reassignment: Reassignment | undefined): number {
  const changing = new Set([...(reassignment?.adding ?? []), ...(reassignment?.removing ?? [])])
  const isUnderWay = reassignment && replicas.some((id) => changing.has(id))
  return isUnderWay ? reassignment.replicas.length - reassignment.adding.length : replicas.length
}

function topicLine(
  { name, id, partitions }: TopicDescription,
  own: readonly ConfigEntry[],
  reassignments: ReadonlyMap<string, Reassignment>,
): string {
  const first = partitions[0]
  const factor = first ? replicationFactor(first, reassignments.get(partitionKey(name, first.partition))) : 0
  return [
    `Topic: ${name}`,
    ...(id === null ? [] : [`TopicId: ${id}`]),
    `PartitionCount: ${partitions.length}`,
    `ReplicationFactor: ${factor}`,
    `Configs: ${own.map((entry) => `${entry.name}=${entry.value}`).join(',')}`,
  ].join('\t')
}

function partitionLine(topic: string, { partition, reassignment }: Seen): string {
  const { leader, replicas, isr, elr, lastKnownElr } = partition
  return [
    '',
    `Topic: ${topic}`,
    `Partition: ${partition.partition}`,
    `Leader: ${leader ?? 'none'}`,
    `Replicas: ${replicas.join(',')}`,
    `Isr: ${isr.join(',')}`,
    ...(reassignment
      ? [`Adding Replicas: ${reassignment.adding.join(',')}`, `Removing Replicas: ${reassignment.removing.join(',')}`]
      : []),
    `Elr: ${elr?.join(',') ?? 'N/A'}`,
    `LastKnownElr: ${lastKnownElr?.join(',') ?? 'N/A'}`,
  ].join('\t')
}
