// The leader of a classic group: when what it shared does not fit any more.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONSUMER_PROTOCOL, writeSubscription } from '../../../assignors/consumer-protocol.ts'
import { assignors } from '../../../assignors/index.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Metadata } from '../../cluster/metadata.ts'
import type { Patience } from '../../patience.ts'
import { Leader } from './leader.ts'

const [range] = assignors
const patience = null as unknown as Patience

/** Brokers by their racks; the topic t has a replica of each partition on brokers 1 and 2. */
function metadataOf(brokers: Readonly<Record<number, string>>, partitions = 2): Metadata {
  const infos = Array.from({ length: partitions }, (_, index) => ({ index, replicas: [1, 2] }))
  return {
    brokers: new Map(Object.entries(brokers).map(([id, rack]) => [Number(id), { id: Number(id), rack }])),
    topics: new Map([['t', { name: 't', partitions: infos }]]),
  } as unknown as Metadata
}

function joined(rackId: string | null): JoinGroupResponse {
  const metadata = writeSubscription({ topics: ['t'], ownedPartitions: [], generationId: -1, rackId, userData: null })
  const members = [{ memberId: 'm', groupInstanceId: null, metadata }]
  const names = { protocolType: CONSUMER_PROTOCOL, protocolName: 'range', leader: 'm', memberId: 'm' }
  return { throttleTimeMs: 0, errorCode: 0, generationId: 1, skipAssignment: false, members, ...names }
}

function leaderOf(metadata: Metadata, forgotten: string[] = [], own: readonly string[] = []): Leader {
  const cluster = {
    metadata,
    peekTopic: (name: string) => metadata.topics.get(name),
    forgetTopic: (name: string) => void forgotten.push(name),
  }
  return new Leader(cluster as unknown as Cluster, (topic) => own.includes(topic))
}

test('a broker that is down for a moment has not moved to another rack', async () => {
  const leader = leaderOf(metadataOf({ 1: 'a', 2: 'b' }))
  await leader.assign(range!, joined('a'), patience)
  assert.equal(leader.isStale(metadataOf({ 1: 'a' })), false)
  assert.equal(leader.isStale(metadataOf({ 1: 'a', 2: 'c' })), true)
})

test('racks mean nothing where no member says where it stands; partitions do', async () => {
  const leader = leaderOf(metadataOf({ 1: 'a', 2: 'b' }))
  await leader.assign(range!, joined(null), patience)
  assert.equal(leader.isStale(metadataOf({ 1: 'c', 2: 'd' })), false)
  assert.equal(leader.isStale(metadataOf({ 1: 'a', 2: 'b' }, 3)), true)
})

test('a static leader that comes back to what was assigned before looks on', async () => {
  const leader = leaderOf(metadataOf({ 1: 'a', 2: 'b' }))
  assert.equal(leader.isStale(metadataOf({}, 3)), false)
  await leader.watch(joined(null), patience)
  assert.equal(leader.isStale(metadataOf({}, 2)), false)
  assert.equal(leader.isStale(metadataOf({}, 3)), true)
})

test('who does not lead any more need not know the topics of the others', async () => {
  for (const own of [[], ['t']]) {
    const forgotten: string[] = []
    const leader = leaderOf(metadataOf({ 1: 'a', 2: 'b' }), forgotten, own)
    await leader.assign(range!, joined(null), patience)
    leader.resign()
    assert.deepEqual(forgotten, own.length > 0 ? [] : ['t'])
  }
})
