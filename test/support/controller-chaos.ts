// Random lives of a cluster, as its controller sees them: brokers come and go, leaders report, administrators move and delete.

import type { Decision } from '../../src/machine/machine.ts'
import { alterPartition } from '../../src/metadata/controller/alter-partition.ts'
import { assignDirectories } from '../../src/metadata/controller/assign-directories.ts'
import { unregisterBroker } from '../../src/metadata/controller/brokers.ts'
import { incrementalAlterConfigs } from '../../src/metadata/controller/configs.ts'
import type { Controller } from '../../src/metadata/controller/controller.ts'
import { createPartitions } from '../../src/metadata/controller/create-partitions.ts'
import { createTopics } from '../../src/metadata/controller/create-topics.ts'
import { deleteTopics } from '../../src/metadata/controller/delete-topics.ts'
import { balanceLeaders, electLeaders, electUncleanLeaders } from '../../src/metadata/controller/elect-leaders.ts'
import { updateFeatures } from '../../src/metadata/controller/features.ts'
import { heartbeat } from '../../src/metadata/controller/heartbeats.ts'
import { allocateProducerIds } from '../../src/metadata/controller/producer-ids.ts'
import { alterReassignments } from '../../src/metadata/controller/reassignments.ts'
import type { TopicImage } from '../../src/metadata/image.ts'
import type { PartitionImage } from '../../src/metadata/partition.ts'
import type { MetadataRecord } from '../../src/metadata/records.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { directory, type TestController } from './test-controller.ts'

export const BROKERS = [1, 2, 3, 4, 5]

type Command = (controller: Controller, now: number) => Decision<MetadataRecord, unknown>

/** One thing that happens, out of a number that says which variety of it. */
export type Act = (it: TestController, n: number, now: number) => Command | null

/** Bits of a number, as a list of brokers. */
const some = (n: number) => BROKERS.filter((_, index) => (n >> index) & 1)

export function pick<T>(items: Iterable<T>, n: number): T | undefined {
  const list = [...items]
  return list[n % list.length]
}

export function anyPartition({ controller }: TestController, n: number): { topic: TopicImage; partition: PartitionImage } | null {
  const topic = pick(controller.image.topics.values(), n)
  const partition = topic && pick(topic.partitions, n >> 2)
  return topic && partition ? { topic, partition } : null
}

function whoIs(it: TestController, n: number) {
  const brokerId = BROKERS[n % BROKERS.length]!
  const broker = it.controller.image.brokers.get(brokerId)
  return broker ? { brokerId, brokerEpoch: broker.epoch } : null
}

export const beats: Act = (it, n) => {
  const who = whoIs(it, n)
  if (!who) return null
  const currentMetadataOffset = it.written.length - 1 - (n % 3)
  const offlineLogDirs = n % 7 === 0 ? [directory(who.brokerId)] : []
  const wish = { wantFence: n % 11 === 0, wantShutDown: n % 5 === 0 }
  return (controller, now) => heartbeat(controller, { ...who, currentMetadataOffset, offlineLogDirs, ...wish }, now)
}

/** A leader says who is in sync; now and then out of date, or what it may not say. */
export const reports: Act = (it, n) => {
  const found = anyPartition(it, n)
  if (!found || found.partition.leader === -1) return null
  const { topic, partition } = found
  const { leader, leaderEpoch, partitionEpoch } = partition
  const members = [leader, ...some(n >> 3).filter((id) => id !== leader && (n % 13 === 0 || partition.replicas.includes(id)))]
  const proposed = {
    partitionIndex: partition.partition,
    leaderEpoch: leaderEpoch - (n % 17 === 0 ? 1 : 0),
    newIsr: [],
    newIsrWithEpochs: members.map((brokerId) => ({
      brokerId,
      brokerEpoch: it.controller.image.brokers.get(brokerId)?.epoch ?? -1,
    })),
    leaderRecoveryState: n % 4 === 0 ? partition.leaderRecoveryState : 0,
    partitionEpoch: partitionEpoch - (n % 19 === 0 ? 1 : 0),
  }
  const topics = [{ topicId: topic.id, partitions: [proposed] }]
  const brokerEpoch = it.controller.image.brokers.get(leader)?.epoch ?? -1
  return (controller) => alterPartition(controller, { brokerId: leader, brokerEpoch, topics })
}

export const moves: Act = (it, n) => {
  const found = anyPartition(it, n)
  if (!found) return null
  const replicas = n % 5 === 0 ? null : some((n >> 2) % 32)
  const partitions = [{ partitionIndex: found.partition.partition, replicas: n % 2 && replicas ? replicas.reverse() : replicas }]
  const topics = [{ name: found.topic.name, partitions }]
  return (controller) => alterReassignments(controller, { allowReplicationFactorChange: n % 3 !== 0, topics })
}

export const elections: Act = (it, n) => {
  const found = n % 4 === 0 ? null : anyPartition(it, n)
  const topicPartitions = found && [{ topic: found.topic.name, partitions: [found.partition.partition] }]
  return (controller) => electLeaders(controller, { electionType: 0, topicPartitions })
}

export const uncleanElections: Act = (it, n) => {
  const found = anyPartition(it, n)
  const topicPartitions = found && [{ topic: found.topic.name, partitions: [found.partition.partition] }]
  return n % 2 ? electUncleanLeaders : (controller) => electLeaders(controller, { electionType: 1, topicPartitions })
}

export const balance: Act = () => balanceLeaders

export const creates: Act = (_, n) => (controller) =>
  createTopics(controller, {
    topics: [
      {
        name: `t${n % 4}`,
        numPartitions: (n % 3) + 1,
        replicationFactor: (n % 4) + 1,
        assignments: [],
        configs: [{ name: 'min.insync.replicas', value: `${(n % 3) + 1}` }],
      },
    ],
    validateOnly: false,
  })

export const deletes: Act = (_, n) => (controller) => deleteTopics(controller, { topics: [], topicNames: [`t${n % 4}`] })

export const grows: Act = (_, n) => (controller) =>
  createPartitions(controller, { topics: [{ name: `t${n % 4}`, count: n % 6, assignments: null }], validateOnly: false })

const set = (resourceType: number, resourceName: string, name: string, value: string, configOperation = 0): Command => {
  const resources = [{ resourceType, resourceName, configs: [{ name, configOperation, value }] }]
  return (controller) => incrementalAlterConfigs(controller, { resources, validateOnly: false })
}

export const changesMinIsr: Act = (_, n) =>
  n % 3 === 0
    ? set(4, '', 'min.insync.replicas', `${(n % 4) + 1}`)
    : set(2, `t${n % 4}`, 'min.insync.replicas', `${(n % 4) + 1}`, n % 2)

export const allowsUnclean: Act = (_, n) => set(2, `t${n % 4}`, 'unclean.leader.election.enable', `${n % 3 === 0}`)

export const switchesElr: Act = (_, n) => {
  const update = { feature: 'eligible.leader.replicas.version', maxVersionLevel: n % 2, allowDowngrade: false }
  const featureUpdates = [{ ...update, upgradeType: n % 2 ? 1 : 2 }]
  return (controller) => updateFeatures(controller, { featureUpdates, validateOnly: false })
}

export const forgets: Act = (_, n) => (controller) => unregisterBroker(controller, { brokerId: BROKERS[n % BROKERS.length]! })

export const allocates: Act = (it, n) => {
  const who = whoIs(it, n)
  return who && ((controller) => allocateProducerIds(controller, who))
}

export const places: Act = (it, n) => {
  const who = whoIs(it, n)
  const found = anyPartition(it, n >> 2)
  if (!who || !found) return null
  const id = n % 3 ? directory(who.brokerId) : directory(200 + (n % 9))
  const topics = [{ topicId: found.topic.id, partitions: [{ partitionIndex: found.partition.partition }] }]
  return (controller) => assignDirectories(controller, { ...who, directories: [{ id, topics }] })
}

/** What the controller does by itself. */
export const chores: Act = (_, n) => {
  const key = ['online', 'balance', 'idle'][n % 3]!
  return (controller, now) => controller.onTimer(key, now)
}

/** Carries out what happens; false where it was refused as a whole. */
export function happens(it: TestController, command: Command | null, now: number): boolean {
  if (!command) return false
  try {
    it.run(command, now)
    return true
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) throw thrown
    return false
  }
}

/** The next process of a broker: after a clean stop it can prove it. */
export function restarts(it: TestController, brokerId: number, isClean: boolean, now: number): boolean {
  const before = it.controller.image.brokers.get(brokerId)
  try {
    it.register(brokerId, isClean && before ? before.epoch : -1, undefined, brokerId % 2 ? 'odd' : 'even', now)
    return true
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) throw thrown
    return false
  }
}
