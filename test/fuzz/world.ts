// What the broker under fire holds, and how a frame made from a seed names what only that broker knows (ids that it drew itself).

import { uuidFromBytes, uuidToBytes } from '../../src/base/uuid.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/protocol/messages/find-coordinator.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/join-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/sync-group.ts'
import { KafkaClient } from '../support/kafka-client.ts'
import { eventually } from '../support/running-broker.ts'

export const TOPICS = ['fuzz-a', 'fuzz-b', 'fuzz-c'] as const
export const GROUP = 'fuzz-group'
/** The topic of the client that must not notice anything; no generated frame names it. */
export const BYSTANDER = 'bystander'

const CONFIGS: Readonly<Record<(typeof TOPICS)[number], Record<string, string>>> = {
  'fuzz-a': {},
  'fuzz-b': { 'cleanup.policy': 'compact', 'message.timestamp.after.max.ms': '9223372036854775807' },
  'fuzz-c': { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'gzip' },
}

/** Stand-ins of the same length, replaced just before a frame is sent: so a frame depends on its seed alone. */
const idStandIn = (i: number) => Buffer.from(Array.from({ length: 16 }, (_, at) => 0xf0 ^ (at * 7 + i * 31 + 1)))
export const TOPIC_IDS = TOPICS.map((_, i) => uuidFromBytes(idStandIn(i)))
export const MEMBER = 'test-00000000-dead-beef-0000-000000000000'

export type World = readonly (readonly [standIn: Uint8Array, real: Uint8Array])[]

/** Makes topics with some records and a group with one member. */
export async function makeWorld(bootstrapServers: string): Promise<World> {
  const client = await KafkaClient.connect(bootstrapServers)
  try {
    await client.createTopic(BYSTANDER)
    const world: [Uint8Array, Uint8Array][] = []
    for (const [i, topic] of TOPICS.entries()) {
      const id = await client.createTopic(topic, { partitions: 2, configs: CONFIGS[topic] })
      world.push([idStandIn(i), uuidToBytes(id)])
      await client.produce(
        topic,
        ['one', 'two', 'three'].map((value) => ({ key: value, value })),
      )
    }
    world.push([Buffer.from(MEMBER), Buffer.from(await joinGroup(client))])
    return world
  } finally {
    client.close()
  }
}

async function joinGroup(client: KafkaClient): Promise<string> {
  await eventually('the coordinator is there', async () => {
    const body = { keyType: 0, coordinatorKeys: [GROUP] }
    const { coordinators } = await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 4, body)
    return coordinators[0]?.errorCode === 0
  })
  const metadata = Buffer.from('0000000000010006667a2d613030ffffffff', 'hex')
  const body = {
    groupId: GROUP,
    sessionTimeoutMs: 300_000,
    rebalanceTimeoutMs: 100,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
  }
  const { memberId } = await client.call(JoinGroupRequest, JoinGroupResponse, 5, body)
  const joined = await client.call(JoinGroupRequest, JoinGroupResponse, 5, { ...body, memberId })
  const assignments = [{ memberId, assignment: metadata }]
  const sync = { groupId: GROUP, generationId: joined.generationId, memberId, assignments }
  await client.call(SyncGroupRequest, SyncGroupResponse, 3, sync)
  if (memberId.length !== MEMBER.length) throw new Error(`the stand-in for a member id has another length than ${memberId}`)
  return memberId
}

/** The frame with what stands for ids replaced; the frame itself where it names none. */
export function inWorld(frame: Uint8Array, world: World): Uint8Array {
  let bytes: Buffer | null = null
  for (const [standIn, real] of world) {
    for (let at = -1; ; ) {
      at = (bytes ?? Buffer.from(frame.buffer, frame.byteOffset, frame.length)).indexOf(standIn, at + 1)
      if (at < 0) break
      bytes ??= Buffer.from(frame)
      bytes.set(real, at)
    }
  }
  return bytes ?? frame
}
