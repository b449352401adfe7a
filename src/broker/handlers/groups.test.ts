// What group requests answer where something is not allowed, not there, or not ready; what Apache Kafka answered otherwise is in test/wire/golden-replay.test.ts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settings } from '../../../test/support/group-world.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import { GROUPS_TOPIC, GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { silentLogger } from '../../platform/logger.ts'
import { Slices } from '../../platform/slices.ts'
import { type ErrorName, errorCode, KafkaError } from '../../protocol/errors.ts'
import type { Handler, Operation, RequestContext, Resource } from '../handler.ts'
import { deleteGroups } from './delete-groups.ts'
import { describeGroups } from './describe-groups.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { listGroups } from './list-groups.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'

type May = (operation: Operation, resource: Resource) => boolean

const ID = 'OkKIMv9MT02M9Q1YP6IVjQ'

function imageOf(...names: readonly string[]): MetadataImage {
  const topics = new Map(names.map((name) => [name, { name, id: ID, partitions: [{ leader: 1 }] }]))
  return {
    topic: (name: string) => topics.get(name),
    topicsById: new Map([...topics.values()].map((topic) => [topic.id, topic])),
    partition: (topic: string, partition: number) => topics.get(topic)?.partitions[partition],
    brokers: new Map([[1, { id: 1, fenced: false, endPoints: [{ name: 'PLAIN', host: 'here', port: 9092 }] }]]),
  } as unknown as MetadataImage
}

function contextOf(version: number, may: May = () => true, listener = 'PLAIN'): RequestContext {
  const gone = new AbortController().signal
  const quiet = () => {}
  return {
    version,
    clientId: 'c',
    clientHost: '/::1',
    principal: 'User:u',
    listener,
    connectionId: 1,
    receivedAt: 0,
    slices: new Slices(new ManualClock()),
    may,
    onSent: quiet,
    gone,
    answerFor: (thrown) => KafkaError.of(thrown),
    disconnect: quiet,
  }
}

/** As the pipeline does it: what is thrown is refused in the API's own way. */
async function ask<Req, Res>(handler: Handler<Req, Res>, request: Req, context: RequestContext) {
  const answer = await handler
    .handle(request, context)
    .catch((thrown: unknown) => handler.refuse(request, KafkaError.of(thrown), context))
  assert.ok(answer)
  return answer
}

async function coordinator() {
  const log = new MemoryLog()
  const groups = new GroupCoordinator({
    settings,
    clock: new ManualClock(),
    logger: silentLogger,
    newId: () => 'id',
    partitionCount: () => 1,
    maxBatchBytes: () => 10_000,
  })
  groups.onElected(0, log, 0)
  await groups.whenLoaded()
  return { groups, log, image: () => imageOf('open', 'secret') }
}

const partition = (partitionIndex = 0) => ({
  partitionIndex,
  committedOffset: 1n,
  committedLeaderEpoch: -1,
  committedMetadata: '',
})

const commitOf = (...names: readonly string[]) => ({
  groupId: 'g',
  generationIdOrMemberEpoch: -1,
  memberId: '',
  groupInstanceId: null,
  retentionTimeMs: -1,
  topics: names.map((name) => ({ name, topicId: ZERO_UUID, partitions: [partition(), partition(9)] })),
})

const mayRead: May = (_, { type, name }) => !(type === 'Topic' && name === 'secret')

const codes = (...names: readonly ErrorName[]) => names.map(errorCode)

test('a commit for topics that may not be read is refused for these alone', async () => {
  const rooms = await coordinator()
  const { topics } = await ask(offsetCommit(rooms), commitOf('secret', 'open', 'missing'), contextOf(9, mayRead))
  const told = topics!.map(({ partitions }) => partitions!.map((one) => one.errorCode))
  assert.deepEqual(told, [
    codes('TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'),
    codes('NONE', 'UNKNOWN_TOPIC_OR_PARTITION'),
    codes('UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'),
  ])
})

test('a commit that the log refuses tells so for what it would have written, and keeps the other errors', async () => {
  const rooms = await coordinator()
  rooms.log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  const { topics } = await ask(offsetCommit(rooms), commitOf('open'), contextOf(9))
  assert.deepEqual(
    topics![0]!.partitions!.map((one) => one.errorCode),
    codes('COORDINATOR_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'),
  )
})

test('of all offsets a group has, those of topics that may not be described are left out', async () => {
  const rooms = await coordinator()
  await ask(offsetCommit(rooms), commitOf('open', 'secret'), contextOf(9))
  const request = { groupId: 'g', topics: null, groups: [], requireStable: false }
  const all = await ask(offsetFetch(rooms), request, contextOf(7, mayRead))
  assert.deepEqual(
    all.topics!.map(({ name }) => name),
    ['open'],
  )
  const some = { ...request, topics: [{ name: 'secret', partitionIndexes: [0] }] }
  const refused = await ask(offsetFetch(rooms), some, contextOf(7, mayRead))
  assert.equal(refused.topics![0]!.partitions![0]!.errorCode, errorCode('TOPIC_AUTHORIZATION_FAILED'))
})

test('a group that may not be described is refused for itself, in every version its own way', async () => {
  const rooms = await coordinator()
  const mayGroup: May = (_, { type, name }) => type !== 'Group' || name !== 'g'
  const code = errorCode('GROUP_AUTHORIZATION_FAILED')
  const one = { groupId: 'g', topics: [{ name: 'open', partitionIndexes: [0] }], groups: [], requireStable: false }
  const v1 = await ask(offsetFetch(rooms), one, contextOf(1, mayGroup))
  assert.deepEqual([v1.topics![0]!.partitions![0]!.errorCode, v1.topics![0]!.partitions![0]!.committedOffset], [code, -1n])
  const v2 = await ask(offsetFetch(rooms), one, contextOf(2, mayGroup))
  assert.deepEqual([v2.errorCode, v2.topics], [code, []])
  const groups = ['g', 'h'].map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }))
  const v8 = await ask(offsetFetch(rooms), { groupId: '', topics: [], groups, requireStable: false }, contextOf(8, mayGroup))
  assert.deepEqual(
    v8.groups!.map((group) => group.errorCode),
    [code, 0],
  )
  const described = await ask(describeGroups(rooms), { groups: ['g'], includeAuthorizedOperations: true }, contextOf(5, mayGroup))
  assert.deepEqual([described.groups![0]!.errorCode, described.groups![0]!.errorMessage], [code, null])
  const deleted = await ask(deleteGroups(rooms), { groupsNames: ['g', 'h', 'g'] }, contextOf(2, mayGroup))
  assert.deepEqual(deleted.results, [
    { groupId: 'g', errorCode: code },
    { groupId: 'h', errorCode: errorCode('GROUP_ID_NOT_FOUND') },
  ])
})

test('without Describe on the cluster a list holds the groups that may be described', async () => {
  const rooms = await coordinator()
  await ask(offsetCommit(rooms), commitOf('open'), contextOf(9))
  await ask(offsetCommit(rooms), { ...commitOf('open'), groupId: 'h' }, contextOf(9))
  const mayG: May = (_, { type, name }) => type === 'Group' && name === 'g'
  const request = { statesFilter: [], typesFilter: [] }
  const listed = async (may?: May) =>
    (await ask(listGroups(rooms), request, contextOf(5, may))).groups!.map(({ groupId }) => groupId)
  assert.deepEqual(await listed(mayG), ['g'])
  assert.deepEqual(await listed(), ['g', 'h'])
})

test('offsets are deleted where the topic may be read and the partition exists', async () => {
  const rooms = await coordinator()
  await ask(offsetCommit(rooms), commitOf('open', 'secret'), contextOf(9))
  const request = {
    groupId: 'g',
    topics: ['secret', 'open'].map((name) => ({ name, partitions: [{ partitionIndex: 0 }, { partitionIndex: 5 }] })),
  }
  const { topics } = await ask(offsetDelete(rooms), request, contextOf(0, mayRead))
  const told = topics!.map(({ partitions }) => partitions!.map((one) => one.errorCode))
  assert.deepEqual(told, [
    codes('TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED'),
    codes('NONE', 'UNKNOWN_TOPIC_OR_PARTITION'),
  ])
})

test('a heartbeat while groups are read from the log is well, elsewhere it is sent on', async () => {
  const { groups, log } = await coordinator()
  const request = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }
  groups.onElected(0, log, 1)
  assert.equal((await ask(heartbeat({ groups }), request, contextOf(4))).errorCode, 0)
  groups.onResigned(0)
  assert.equal((await ask(heartbeat({ groups }), request, contextOf(4))).errorCode, errorCode('NOT_COORDINATOR'))
})

test('the first search for a coordinator makes its topic; an address is one of the listener asked at', async () => {
  let image = imageOf()
  const made: string[] = []
  const handler = findCoordinator({
    image: () => image,
    topics: { group: GROUPS_TOPIC },
    ensureInternalTopic: async (topic) => {
      made.push(topic)
      image = imageOf(topic)
    },
  })
  const request = { key: 'g', keyType: 0, coordinatorKeys: [] }
  assert.deepEqual(await ask(handler, request, contextOf(3)), {
    errorCode: 0,
    errorMessage: 'NONE',
    nodeId: 1,
    host: 'here',
    port: 9092,
  })
  await ask(handler, request, contextOf(3))
  assert.deepEqual(made, [GROUPS_TOPIC])
  const elsewhere = await ask(
    handler,
    request,
    contextOf(3, () => true, 'OTHER'),
  )
  assert.deepEqual([elsewhere.errorCode, elsewhere.nodeId], [errorCode('COORDINATOR_NOT_AVAILABLE'), -1])
})

test('a coordinator is told to those who may know, key by key', async () => {
  const handler = findCoordinator({
    image: () => imageOf(GROUPS_TOPIC),
    topics: { group: GROUPS_TOPIC },
    ensureInternalTopic: async () => {},
  })
  const may: May = (_, { name }) => name !== 'hidden'
  const request = { key: '', keyType: 0, coordinatorKeys: ['g', 'hidden'] }
  const { coordinators } = await ask(handler, request, contextOf(4, may))
  assert.deepEqual(
    coordinators!.map((one) => one.errorCode),
    codes('NONE', 'GROUP_AUTHORIZATION_FAILED'),
  )
  const transactional = await ask(handler, { key: 'hidden', keyType: 1, coordinatorKeys: [] }, contextOf(3, may))
  assert.equal(transactional.errorCode, errorCode('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
  const unserved = await ask(handler, { key: 't', keyType: 1, coordinatorKeys: [] }, contextOf(3, may))
  assert.equal(unserved.errorCode, errorCode('INVALID_REQUEST'))
})
