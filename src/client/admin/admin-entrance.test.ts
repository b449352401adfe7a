// Whom an admin client asks: brokers or controllers, replicas on several brokers, and nodes that do not serve what is asked.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScene } from '../../../test/support/admin-scene.ts'
import { errorCode } from '../../protocol/errors.ts'
import { ClientError, OptionError, UnsupportedError } from '../errors/index.ts'
import { Admin, type AdminConfig } from './admin.ts'

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code

test('with bootstrapControllers the active controller is asked, and what only brokers know is refused', async () => {
  const { broker, admin, during } = await adminScene({ asksControllers: true, serves: ['DescribeAcls'] })
  const { Metadata, FindCoordinator, ...answers } = broker.answers
  for (const name of ['Metadata', 'FindCoordinator'] as const) delete broker.answers[name]
  assert.ok(Metadata && FindCoordinator && answers.ApiVersions)
  const endpointTypes: number[] = []
  broker.answers.DescribeCluster = ({ endpointType }) => {
    endpointTypes.push(endpointType)
    return {
      endpointType,
      clusterId: 'controlled',
      controllerId: 1,
      brokers: [{ brokerId: 1, host: 'broker', port: 9092 }],
      clusterAuthorizedOperations: 1 << 7,
    }
  }
  const cluster = await during(admin.describeCluster({ includeAuthorizedOperations: true }))
  assert.deepEqual(cluster, {
    clusterId: 'controlled',
    controllerId: 1,
    nodes: [{ id: 1, host: 'broker', port: 9092, rack: null, isFenced: false }],
    authorizedOperations: ['alter'],
  })
  assert.deepEqual(new Set(endpointTypes), new Set([2]))
  let isActive = false
  broker.answers.DescribeAcls = () => {
    const code = isActive ? 0 : errorCode('NOT_CONTROLLER')
    isActive = true
    return { errorCode: code }
  }
  assert.deepEqual(await during(admin.describeAcls({})), [], 'one that is not active any more is asked for the next')
  await assert.rejects(during(admin.listTopics()), (thrown) => {
    assert.ok(thrown instanceof UnsupportedError)
    return /not yet supported when communicating directly with the controller quorum/.test(thrown.message)
  })
  await assert.rejects(during(admin.listGroups()), UnsupportedError)
})

test('brokers that are given as controllers are told from them', async () => {
  const { broker, admin, during } = await adminScene({ asksControllers: true })
  broker.answers.DescribeCluster = () => ({ errorCode: errorCode('MISMATCHED_ENDPOINT_TYPE'), errorMessage: 'for brokers' })
  await assert.rejects(during(admin.describeCluster()), isError('MISMATCHED_ENDPOINT_TYPE'))
  const old = await adminScene({ asksControllers: true })
  old.broker.answers.DescribeCluster = broker.answers.DescribeCluster!
  old.broker.newest.DescribeCluster = 0
  await assert.rejects(old.during(old.admin.describeCluster()), /UNSUPPORTED_VERSION|from Kafka 3.7 on/)
})

test('brokers, or controllers: one of them, and not both', () => {
  for (const config of [{}, { bootstrapServers: 'a:1', bootstrapControllers: 'b:1' }]) {
    assert.throws(() => new Admin(config as AdminConfig), OptionError)
  }
})

test('what a broker does not serve is told with the name of its API', async () => {
  const { admin, during } = await adminScene()
  const calls: readonly (() => Promise<unknown>)[] = [
    () => admin.describeAcls({}),
    () => admin.createDelegationToken(),
    () => admin.listTransactions(),
    () => admin.describeUserScramCredentials(),
    () => admin.listShareGroupOffsets('g'),
    () => admin.clientInstanceId(),
  ]
  const names = ['DescribeAcls', 'CreateDelegationToken', 'ListTransactions', 'DescribeUserScramCredentials']
  const more = ['DescribeShareGroupOffsets', 'GetTelemetrySubscriptions']
  for (const [i, name] of [...names, ...more].entries()) {
    const isClear = (thrown: unknown) => thrown instanceof UnsupportedError && thrown.message.includes(name)
    await assert.rejects(during(calls[i]!()), isClear, name)
  }
})

test('the id of a client is asked for once', async () => {
  const { broker, admin, during } = await adminScene()
  const clientInstanceId = 'Zm9vYmFyMTIzNDU2Nzg5MA'
  broker.answers.GetTelemetrySubscriptions = () => ({ clientInstanceId })
  for (let i = 0; i < 2; i++) assert.equal(await during(admin.clientInstanceId()), clientInstanceId)
  assert.equal(broker.asked.filter(({ api }) => api === 'GetTelemetrySubscriptions').length, 1)
})

test('what a quota puts off is asked for again, that alone, unless it should not be or the time is over', async () => {
  const { broker, admin, during } = await adminScene()
  const late = errorCode('THROTTLING_QUOTA_EXCEEDED')
  let refusals = 2
  broker.answers.CreateTopics = ({ topics }) => {
    const isRefused = refusals-- > 0
    const outcome = (name: string) => ({ name, errorCode: name === 'b' && isRefused ? late : 0 })
    return { throttleTimeMs: isRefused ? 3000 : 0, topics: topics.map(({ name }: { name: string }) => outcome(name)) }
  }
  const topics = [{ name: 'a' }, { name: 'b' }]
  assert.deepEqual([...(await during(admin.createTopics(topics))).all().keys()], ['a', 'b'])
  const asked = broker.asked.filter(({ api }) => api === 'CreateTopics')
  const names = asked.map(({ request }) => (request as { topics: { name: string }[] }).topics.map(({ name }) => name).join())
  assert.deepEqual(names, ['a,b', 'b', 'b'])
  refusals = 1
  const once = await during(admin.createTopics(topics, { retryOnQuotaViolation: false }))
  assert.throws(() => once.get('b'), isError('THROTTLING_QUOTA_EXCEEDED'))
  refusals = 1e9
  const inTime = await during(admin.createTopics(topics, { timeoutMs: 10_000 }))
  assert.deepEqual([...inTime.values.keys()], ['a'])
  assert.throws(() => inTime.get('b'), isError('THROTTLING_QUOTA_EXCEEDED'))
})

test('a pause that a broker asks for ends with the time and the signal of who waits', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.DescribeAcls = () => ({ throttleTimeMs: 60_000 })
  await during(admin.describeAcls({}))
  await assert.rejects(during(admin.describeAcls({}, { timeoutMs: 1000 })), isError('TIMED_OUT'))
  const stopping = new AbortController()
  const waiting = during(admin.describeAcls({}, { signal: stopping.signal }))
  stopping.abort()
  await assert.rejects(waiting, isError('ABORTED'))
})

test('replicas are moved and found in the directories of their brokers, and one that is not there has none', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['DescribeLogDirs'] })
  broker.answers.AlterReplicaLogDirs = () => ({
    results: [
      { topicName: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1, errorCode: errorCode('LOG_DIR_NOT_FOUND') }] },
    ],
  })
  const replica = (partition: number, brokerId = 1) => ({ topic: 't', partition, brokerId })
  const moved = await during(
    admin.alterReplicaLogDirs([
      { ...replica(0), path: '/b' },
      { ...replica(1), path: '/c' },
    ]),
  )
  assert.deepEqual([...moved.values.keys()], ['t-0-1'])
  assert.throws(() => moved.get('t-1-1'), isError('LOG_DIR_NOT_FOUND'))
  assert.deepEqual(broker.asked.at(-1)!.request, {
    dirs: [
      { path: '/b', topics: [{ name: 't', partitions: [0] }] },
      { path: '/c', topics: [{ name: 't', partitions: [1] }] },
    ],
  })
  const at = (offsetLag: number, isFutureKey: boolean) => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offsetLag, isFutureKey }] }],
  })
  broker.answers.DescribeLogDirs = () => ({
    results: [
      { logDir: '/a', ...at(0, false) },
      { logDir: '/b', ...at(7, true) },
      { logDir: '/c', errorCode: errorCode('KAFKA_STORAGE_ERROR') },
    ],
  })
  const found = await during(admin.describeReplicaLogDirs([replica(0), replica(1)]))
  assert.deepEqual(found.get('t-0-1'), { current: { path: '/a', offsetLag: 0 }, future: { path: '/b', offsetLag: 7 } })
  assert.deepEqual(found.get('t-1-1'), { current: null, future: null })
})
