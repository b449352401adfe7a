// Answers that leave something out or come from a node that is the wrong one by now, and words that nobody knows: none of it is told as done.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdminScene, adminScene } from '../../../test/support/admin-scene.ts'
import { type ApiName, api } from '../../protocol/api.ts'
import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import { ClientError, OptionError } from '../errors/index.ts'
import type { Admin } from './admin.ts'
import { outcomesOfEach } from './each.ts'
import { groupLag } from './lag.ts'
import type { Outcomes } from './outcomes.ts'
import { quotaKey } from './quotas.ts'

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code
const partition = { topic: 't', partition: 0 }
const timesAsked = ({ broker }: AdminScene, name: ApiName) => broker.asked.filter((asked) => asked.api === name).length

const calls: readonly (readonly [ApiName, (admin: Admin) => Promise<Outcomes<unknown>>])[] = [
  ['CreateTopics', (admin) => admin.createTopics([{ name: 'a' }])],
  ['DeleteTopics', (admin) => admin.deleteTopics(['a'])],
  ['CreatePartitions', (admin) => admin.createPartitions({ a: { count: 2 } })],
  ['DescribeTopicPartitions', (admin) => admin.describeTopics(['a'])],
  [
    'IncrementalAlterConfigs',
    (admin) => admin.incrementalAlterConfigs([{ resource: { type: 'topic', name: 'a' }, changes: [] }]),
  ],
  ['DescribeConfigs', (admin) => admin.describeConfigs([{ type: 'group', name: 'a' }])],
  ['ElectLeaders', (admin) => admin.electLeaders('preferred', { partitions: [partition] })],
  ['AlterPartitionReassignments', (admin) => admin.alterPartitionReassignments([{ ...partition, replicas: [1] }])],
  ['AlterReplicaLogDirs', (admin) => admin.alterReplicaLogDirs([{ ...partition, brokerId: 1, path: '/a' }])],
  ['OffsetCommit', (admin) => admin.alterGroupOffsets('g', [{ ...partition, offset: 1 }])],
  ['OffsetDelete', (admin) => admin.deleteGroupOffsets('g', [partition])],
  ['LeaveGroup', (admin) => admin.removeMembersFromConsumerGroup('g', { groupInstanceIds: ['i'] })],
  ['DescribeProducers', (admin) => admin.describeProducers([partition], { brokerId: 1 })],
  ['DescribeUserScramCredentials', (admin) => admin.describeUserScramCredentials(['alice'])],
  ['AlterClientQuotas', (admin) => admin.alterClientQuotas([{ entity: { user: 'a' }, changes: {} }])],
  ['AlterShareGroupOffsets', (admin) => admin.alterShareGroupOffsets('g', [{ ...partition, offset: 1 }])],
  ['DeleteShareGroupOffsets', (admin) => admin.deleteShareGroupOffsets('g', ['t'])],
]

test('what was asked for, and no answer speaks of, has failed', async () => {
  const { broker, admin, during } = await adminScene({ serves: calls.map(([name]) => name) })
  for (const [name, call] of calls) {
    broker.answers[name] = () => ({})
    const { errors, values } = await during(call(admin))
    assert.deepEqual([values.size, [...errors.values()].map(({ code }) => code)], [0, ['MALFORMED_ANSWER']], name)
  }
})

test('another controller is asked, wherever in its answer the one before says that it is none any more', async () => {
  const scene = await adminScene({ serves: ['AlterClientQuotas', 'DescribeQuorum'] })
  const { broker, admin, during } = scene
  const atFirst = (name: ApiName, code: ErrorName) => (timesAsked(scene, name) === 1 ? errorCode(code) : 0)
  broker.answers.AlterClientQuotas = ({ entries }) => ({
    entries: entries.map(({ entity }: { entity: object }) => ({
      entity,
      errorCode: atFirst('AlterClientQuotas', 'NOT_CONTROLLER'),
    })),
  })
  ;(await during(admin.alterClientQuotas([{ entity: { user: 'a' }, changes: { producer_byte_rate: 1 } }]))).all()
  broker.answers.DescribeQuorum = () => ({
    topics: [{ partitions: [{ errorCode: atFirst('DescribeQuorum', 'NOT_LEADER_OR_FOLLOWER'), leaderId: 4 }] }],
  })
  assert.equal((await during(admin.describeQuorum())).leaderId, 4)
})

test('a word that is none is refused, and stands for nothing else', async () => {
  const scene = await adminScene()
  const { broker, admin, during } = scene
  const { length } = broker.asked
  const topic = { type: 'topic', name: 't' } as const
  const wrong: readonly (() => Promise<unknown>)[] = [
    () => admin.electLeaders('uncleen' as never),
    () => admin.listOffsets([{ ...partition, at: 'ealiest' as never }]),
    () => admin.listOffsets([{ ...partition, at: 'latest' }], { isolationLevel: 'READ_COMMITTED' as never }),
    () => admin.describeConfigs([{ type: 'topics' as never, name: 't' }]),
    () => admin.describeConfigs([{ type: 'broker', name: 'one' }]),
    () => admin.describeConfigs([{ type: 'brokerLogger', name: '' }]),
    () => admin.incrementalAlterConfigs([{ resource: topic, changes: [{ name: 'a', operation: 'Set' as never, value: 'b' }] }]),
    () => admin.listConfigResources(['topics' as never]),
    () => admin.updateFeatures([{ name: 'metadata.version', level: 1, type: 'downgrade' as never }]),
  ]
  for (const call of wrong) await assert.rejects(during(call()), OptionError, String(call))
  assert.equal(broker.asked.length, length, 'nobody was asked')
})

test('with bootstrapControllers the active one changes the configuration of any broker', async () => {
  const { broker, admin, during } = await adminScene({ asksControllers: true, serves: ['IncrementalAlterConfigs'] })
  const self = { brokerId: 1, host: 'broker', port: 9092 }
  broker.answers.DescribeCluster = () => ({ endpointType: 2, controllerId: 1, brokers: [self] })
  broker.answers.IncrementalAlterConfigs = ({ resources }) => ({
    responses: resources.map(({ resourceType, resourceName }: Record<string, unknown>) => ({ resourceType, resourceName })),
  })
  const resource = { type: 'broker', name: '77' } as const
  const changes = [{ name: 'log.retention.ms', operation: 'delete' }] as const
  assert.deepEqual([...(await during(admin.incrementalAlterConfigs([{ resource, changes }]))).all().keys()], ['broker 77'])
})

test('a part of an entity that is undefined does not stand for the default of all', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.AlterClientQuotas = ({ entries }) => ({
    entries: entries.map(({ entity }: { entity: object[] }) => ({
      entity,
      errorCode: entity.length === 1 ? 0 : errorCode('INVALID_REQUEST'),
    })),
  })
  const ofUser = { user: undefined, 'client-id': 'c' } as never
  const ofBoth = { user: null, 'client-id': 'c' }
  const outcomes = await during(
    admin.alterClientQuotas([
      { entity: ofUser, changes: { producer_byte_rate: 1 } },
      { entity: ofBoth, changes: { producer_byte_rate: null } },
    ]),
  )
  assert.deepEqual([quotaKey(ofUser), quotaKey(ofBoth)], ['client-id=c', 'user,client-id=c'])
  assert.deepEqual([[...outcomes.values.keys()], [...outcomes.errors.keys()]], [['client-id=c'], ['user,client-id=c']])
})

test('what was created stays told where asking for the rest once more fails', async () => {
  const { broker, admin, during } = await adminScene()
  let asked = 0
  broker.answers.CreateTopics = ({ topics }) => ({
    topics: topics.map(({ name }: { name: string }) => ({
      name,
      errorCode: name === 'a' ? 0 : errorCode(asked++ === 0 ? 'THROTTLING_QUOTA_EXCEEDED' : 'NONE'),
    })),
  })
  const stopping = new AbortController()
  const creating = admin.createTopics([{ name: 'a' }, { name: 'b' }], { signal: stopping.signal })
  const { CreateTopics } = broker.answers
  broker.answers.CreateTopics = (request, version) => {
    if (asked > 0) stopping.abort()
    return CreateTopics(request, version)
  }
  const outcomes = await during(creating)
  assert.deepEqual([...outcomes.values.keys()], ['a'])
  assert.throws(() => outcomes.get('b'), isError('ABORTED'))
})

test('two that ask at once for the id of a client are told the same', async () => {
  const { broker, admin, during } = await adminScene()
  const ids = ['Zm9vYmFyMTIzNDU2Nzg5MA', 'Zm9vYmFyMTIzNDU2Nzg5MQ']
  broker.answers.GetTelemetrySubscriptions = () => ({ clientInstanceId: ids.shift() })
  const [one, other] = await during(Promise.all([admin.clientInstanceId(), admin.clientInstanceId()]))
  assert.equal(one, other)
  assert.equal(ids.length, 0, 'both have asked')
})

test('a broker that tells of no directory at all has refused, and one that only knows its versions tells them', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.DescribeLogDirs = () => ({})
  const dirs = await during(admin.describeLogDirs([1]))
  assert.throws(() => dirs.get('1'), isError('CLUSTER_AUTHORIZATION_FAILED'))
  const versions = (await during(admin.describeApiVersions([1]))).get('1')!
  assert.ok(versions.has(api('Metadata').key) && !versions.has(api('DescribeCluster').key))
})

test('the lag of a group is refused where its members are, and what is left of a deleted topic does not count', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['ListOffsets', 'DescribeGroups'] })
  const committed = [{ partitionIndex: 0, committedOffset: 3n }]
  broker.answers.OffsetFetch = ({ groups: [{ groupId }] }) => ({
    groups: [{ groupId, topics: ['gone', 't'].map((name) => ({ name, partitions: committed })) }],
  })
  broker.answers.DescribeGroups = () => ({ groups: [{ errorCode: errorCode('GROUP_AUTHORIZATION_FAILED') }] })
  broker.answers.ListOffsets = ({ topics }) => ({
    topics: topics.map(({ name }: { name: string }) => ({
      name,
      partitions: [{ partitionIndex: 0, offset: 5, errorCode: name === 'gone' ? errorCode('UNKNOWN_TOPIC_OR_PARTITION') : 0 }],
    })),
  })
  await assert.rejects(during(groupLag(admin, 'g')), isError('GROUP_AUTHORIZATION_FAILED'))
  broker.answers.DescribeGroups = () => ({ groups: [{ errorCode: errorCode('GROUP_ID_NOT_FOUND') }] })
  assert.deepEqual(await during(groupLag(admin, 'g')), [{ ...partition, committed: 3, end: 5, lag: 2 }])
})

test('of many things a hundred are asked for at once, and each has its outcome', async () => {
  let [underWay, most] = [0, 0]
  const outcomes = await outcomesOfEach(
    Array.from({ length: 250 }, (_, key) => key),
    async (key) => {
      most = Math.max(most, ++underWay)
      await Promise.resolve()
      underWay--
      if (key % 2 === 1) throw new ClientError('TIMED_OUT', String(key))
      return key
    },
  )
  assert.deepEqual([most, outcomes.values.size, outcomes.errors.size], [100, 125, 125])
  assert.equal(outcomes.get('248'), 248)
})

test('a list is not held up by a broker that has left the cluster meanwhile', async () => {
  const { broker, admin, during } = await adminScene()
  const { Metadata } = broker.answers
  let isKnown = 5
  broker.answers.Metadata = (request, version) => {
    const answer = Metadata!(request, version) as { brokers: object[] }
    const lost = { nodeId: 2, host: 'lost', port: 9092 }
    return { ...answer, brokers: isKnown-- > 0 ? [...answer.brokers, lost] : answer.brokers }
  }
  broker.answers.ListGroups = () => ({ groups: [{ groupId: 'g', groupState: 'Empty', groupType: 'classic' }] })
  assert.deepEqual(
    (await during(admin.listGroups())).map(({ groupId, type }) => [groupId, type]),
    [['g', 'Classic']],
  )
})
