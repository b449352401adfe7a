// Opens a broker on a state that a power cut may have left: it must start, have everything that was acknowledged, and serve.

import type { SimDevice } from '../../src/platform/sim/disk.ts'
import { SimDirectory, SimInode } from '../../src/platform/sim/inode.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { violated } from '../sim/history.ts'
import { committedOffsets, findCoordinator, GroupMember } from '../support/group-member.ts'
import { type KafkaClient, RESOURCE } from '../support/kafka-client.ts'
import type { Ledger, TopicLedger } from './ledger.ts'
import { checkPartition, continueProducers } from './partition-judge.ts'
import type { SimBroker } from './sim-broker.ts'
import type { DeviceImage } from './states.ts'

export interface State {
  readonly image: DeviceImage
  readonly ledger: Ledger
  /** When the power was cut, in milliseconds of the recorded world. */
  readonly at: number
}

const SERVED = 'served-after'

/** Runs `broker`, which was not started, on the state. Throws a Violation, or what the broker throws that it must not; else it still runs. */
export async function judge(broker: SimBroker, { image, ledger, at }: State, twice: boolean): Promise<void> {
  broker.node.machine.wall.jump(at)
  mount(broker.node.machine.device, image)
  await broker.start()
  await broker.ask((client) => look(client, ledger))
  const served = await broker.ask((client) => serve(client, ledger))
  if (!twice) return // else it is killed when it has served, and must know the same again
  broker.node.kill()
  await broker.start()
  await broker.ask((client) => look(client, ledger, true))
  await broker.ask((client) => lookAtServed(client, served))
}

/** Puts the state on an empty device. */
function mount(device: SimDevice, image: DeviceImage): void {
  const root = new SimDirectory(device.journal)
  const directories = new Map<string, SimDirectory>([['', root]])
  for (const [path, bytes] of image) {
    const slash = path.lastIndexOf('/')
    const parent = directories.get(path.slice(0, slash))!
    const node = bytes === null ? new SimDirectory(device.journal) : new SimInode(device.journal)
    parent.name([path.slice(slash + 1), node])
    if (node instanceof SimDirectory) directories.set(path, node)
    else if (bytes !== null && bytes.length > 0) {
      node.write(0, bytes)
      node.flushUpTo(node.mark)
    }
  }
  for (const directory of directories.values()) directory.flush()
  device.mount(root)
}

interface FoundTopic {
  readonly id: string
  readonly partitions: number
}

async function listTopics(client: KafkaClient): Promise<Map<string, FoundTopic>> {
  const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: null, allowAutoTopicCreation: false })
  const found = new Map<string, FoundTopic>()
  for (const { errorCode, name, topicId, partitions } of topics) {
    if (errorCode !== 0) violated(`Metadata says ${errorName(errorCode)} of ${name}`)
    for (const { errorCode: error, partitionIndex, leaderId } of partitions)
      if (error !== 0 || leaderId < 0) violated(`${name}-${partitionIndex} has no leader: ${errorName(error)}`)
    found.set(name ?? '', { id: topicId, partitions: partitions.length })
  }
  return found
}

/** `isLater`: the producers have gone on since. */
async function look(client: KafkaClient, ledger: Ledger, isLater = false): Promise<void> {
  const listed = await listTopics(client)
  for (const topic of ledger.topics.values()) {
    const found = listed.get(topic.name)
    checkTopic(topic, found)
    if (!found) continue
    for (let partition = 0; partition < found.partitions; partition++) await checkPartition(client, topic, partition, isLater)
  }
  for (const name of listed.keys())
    if (!ledger.topics.has(name) && !/^__|^served-/.test(name)) violated(`there is a topic ${name} that nobody made`)
  await checkConfigs(
    client,
    [...ledger.topics.values()].filter(({ name }) => listed.has(name)),
  )
  for (const [group, commits] of ledger.commits) {
    await findCoordinator(client, group)
    const offsets = await committedOffsets(client, group)
    for (const [partition, { possible }] of commits) {
      const offset = offsets[partition] ?? -1
      if (!possible.includes(offset))
        violated(`${group} committed ${possible.join(' or ')} of ${partition}, but ${offset} is found`)
    }
  }
}

function checkTopic({ name, id, state, partitionCount }: TopicLedger, found: FoundTopic | undefined): void {
  if (!found && state === 'made') violated(`${name} was made and is gone`)
  if (!found) return
  if (state === 'deleted') violated(`${name} was deleted and is there`)
  if (id !== null && found.id !== id) violated(`${name} had id ${id} and has ${found.id}`)
  if (!partitionCount.possible.includes(found.partitions))
    violated(`${name} has ${found.partitions} partitions, not ${partitionCount.possible.join(' or ')}`)
}

async function checkConfigs(client: KafkaClient, topics: readonly TopicLedger[]): Promise<void> {
  // What is meant for tests alone is not described.
  const asked = topics.filter(({ configs }) => [...configs.keys()].some((key) => !key.startsWith('internal.')))
  if (asked.length === 0) return
  const resources = asked.map(({ name, configs }) => ({
    resourceType: RESOURCE.topic,
    resourceName: name,
    configurationKeys: [...configs.keys()],
  }))
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, { resources })
  for (const [i, { name, configs }] of asked.entries()) {
    const { errorCode, configs: found } = results[i]!
    if (errorCode !== 0) violated(`DescribeConfigs of ${name} says ${errorName(errorCode)}`)
    for (const [key, { possible }] of configs) {
      if (key.startsWith('internal.')) continue
      // A default stands where nobody set it: what it is, others test.
      const value = found.find((each) => each.name === key)?.value ?? null
      if (!possible.includes(null) && !possible.includes(value))
        violated(`${key} of ${name} was set to ${possible.join(' or ')}, but ${value} is found`)
    }
  }
}

interface Served {
  readonly topic: string
  readonly value: string
  readonly group: string
}

/** A produce, a fetch, a commit, and every producer goes on. */
async function serve(client: KafkaClient, ledger: Ledger): Promise<Served> {
  for (const topic of ledger.topics.values()) if (topic.state === 'made') await continueProducers(client, topic)
  const identity = await client.call(InitProducerIdRequest, InitProducerIdResponse, 5, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  })
  if (identity.errorCode !== 0) violated(`InitProducerId says ${errorName(identity.errorCode)}`)
  if (ledger.producerIds.has(identity.producerId)) violated(`producer id ${identity.producerId} is given out again`)
  const served = { topic: SERVED, value: 'after the power cut', group: 'group-after' }
  await client.createTopic(served.topic)
  await client.produce(served.topic, [{ value: served.value, timestamp: 1_700_000_000_000 }], { ...identity, baseSequence: 0 })
  await findCoordinator(client, served.group)
  const error = await new GroupMember(client, served.group).commit(served.topic, 1)
  if (error !== 'NONE') violated(`OffsetCommit after the power cut says ${error}`)
  await lookAtServed(client, served)
  return served
}

async function lookAtServed(client: KafkaClient, { topic, value, group }: Served): Promise<void> {
  const found = await client.readAll(topic)
  if (found.length !== 1 || found[0]!.value !== value) violated(`${topic} holds ${JSON.stringify(found)}`)
  await findCoordinator(client, group)
  const offsets = await committedOffsets(client, group)
  if (offsets[`${topic}-0`] !== 1) violated(`${group} committed 1 of ${topic}-0, but ${JSON.stringify(offsets)} is found`)
}
