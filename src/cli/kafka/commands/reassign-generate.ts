// A plan that spreads topics over brokers.

import { dealReplicas, PlacementError } from '../../../base/replica-racks.ts'
import type { Admin } from '../../../client/admin/admin.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import type { ReassignOptions } from './reassign-partitions.ts'
import { type PlannedPartition, parseTopics, planText, repeated, shown } from './reassign-plan.ts'
import { currentDirs } from './reassign-states.ts'

const SOME_RACKS =
  'Not all brokers have rack information. Add --disable-rack-aware in command line to make replica assignment without rack information.'

/** Prints what the topics have, and what they would have; each keeps the number of replicas of its first partition. */
export async function generate(found: ReassignOptions, admin: Admin, text: string, around: Surroundings): Promise<void> {
  const ids = brokersOf(found.text('broker-list')!)
  const current = await replicasOf(admin, parseTopics(text))
  const all = [...current.values()].flat()
  const dirs = await currentDirs(admin, all)
  const isRackAware = !found.has('disable-rack-aware')
  const nodes = (await admin.describeCluster()).nodes.filter(({ id }) => ids.includes(id))
  const rackless = nodes.filter(({ rack }) => rack === null).length
  if (isRackAware && rackless > 0 && rackless < nodes.length) throw new Failure(SOME_RACKS)
  const brokers = nodes.map(({ id, rack }) => ({ id, rack: isRackAware ? rack : null, fenced: false }))
  const chance = () => new DataView(around.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32
  const proposed = [...current].flatMap(([topic, partitions]) => {
    try {
      const dealt = dealReplicas(brokers, partitions.length, partitions[0]!.replicas.length, chance)
      return dealt.map((replicas, partition): PlannedPartition => ({ topic, partition, replicas }))
    } catch (thrown) {
      throw thrown instanceof PlacementError ? new Failure(thrown.message) : thrown
    }
  })
  around.print(`Current partition replica assignment\n${planText(all, dirs)}\n`)
  around.print(`Proposed partition reassignment configuration\n${planText(proposed)}`)
}

function brokersOf(typed: string): readonly number[] {
  const ids = typed.replace(/,+$/, '').split(',')
  const wrong = ids.find((word) => !/^[+-]?\d{1,9}$/.test(word))
  if (wrong !== undefined) throw new Failure(`For input string: "${wrong}"`)
  const twice = repeated(ids.map(Number))
  if (twice.length > 0) throw new Failure(`Broker list contains duplicate entries: ${shown(twice)}`)
  return ids.map(Number)
}

/** The partitions of each topic as they are. Fails where one of them is not there. */
export async function replicasOf(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, readonly PlannedPartition[]>> {
  const described = await admin.describeTopics([...new Set(topics)])
  for (const [topic, error] of described.errors) {
    if (error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    throw new Failure(`org.apache.kafka.common.errors.UnknownTopicOrPartitionException: Topic ${topic} not found.`)
  }
  return new Map(
    [...described.values.values()].map(({ name, partitions }) => [
      name,
      partitions.map(({ partition, replicas }) => ({ topic: name, partition, replicas })),
    ]),
  )
}
