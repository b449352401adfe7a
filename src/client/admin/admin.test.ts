import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../../index.ts'
import { ClientError, OptionError } from '../errors/index.ts'
import { Admin } from './admin.ts'

let broker: RunningBroker
let admin: Admin

before(async () => {
  broker = await startBroker({ inMemory: true, config: { 'offsets.topic.num.partitions': 1 } })
  admin = new Admin({ bootstrapServers: broker.bootstrapServers, clientId: 'judge', retryBackoffMs: 5, retryBackoffMaxMs: 5 })
})

after(async () => {
  admin.close()
  await broker.close()
})

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code

test('topics are created, listed, described in pages, given more partitions, and deleted', async () => {
  const created = await admin.createTopics([
    { name: 'wide', partitions: 3, replicationFactor: 1, configs: { 'retention.ms': '1000' } },
    { name: 'bad/name' },
  ])
  assert.equal(created.get('wide')?.partitions, 3)
  assert.throws(() => created.get('bad/name'), isError('INVALID_TOPIC_EXCEPTION'))
  assert.throws(() => created.all(), ClientError)
  assert.match(created.errors.get('bad/name')!.said!, /bad\/name/)

  const [listed] = await admin.listTopics()
  assert.equal(listed?.name, 'wide')
  await admin.createPartitions({ wide: { count: 5 } })
  const described = (await admin.describeTopics(['wide', 'none'], { partitionsPerAnswer: 2 })).get('wide')!
  assert.equal(described.id, listed!.id)
  assert.deepEqual(
    described.partitions.map(({ partition }) => partition),
    [0, 1, 2, 3, 4],
  )
  assert.deepEqual(described.partitions[4]!.isr, described.partitions[4]!.replicas)

  const twice = await admin.createTopics([{ name: 'wide' }, { name: 'checked' }], { validateOnly: true })
  assert.throws(() => twice.get('wide'), isError('TOPIC_ALREADY_EXISTS'))
  assert.deepEqual([...(await admin.deleteTopics(['wide', 'none'])).errors.keys()], ['none'])
  assert.deepEqual(await admin.listTopics(), [], 'what was only checked is not there')
})

test('configurations tell from where each value comes, and change one by one', async () => {
  await admin.createTopics([{ name: 'tuned' }])
  const topic = { type: 'topic', name: 'tuned' } as const
  const set = (value: string) =>
    admin.incrementalAlterConfigs([{ resource: topic, changes: [{ name: 'retention.ms', operation: 'set', value }] }])
  ;(await set('5000')).all()
  const entries = (await admin.describeConfigs([topic], { includeSynonyms: true })).get('topic tuned')!
  const retention = entries.find(({ name }) => name === 'retention.ms')!
  assert.deepEqual(retention.synonyms[0], { name: 'retention.ms', value: '5000', source: 'DYNAMIC_TOPIC_CONFIG' })
  assert.equal(entries.find(({ name }) => name === 'segment.bytes')!.source, 'DEFAULT_CONFIG')
  assert.equal((await set('soon')).errors.get('topic tuned')?.code, 'INVALID_CONFIG')
  const [{ id } = assert.fail()] = (await admin.describeCluster()).nodes
  const ofBroker = (await admin.describeConfigs([{ type: 'broker', name: String(id) }])).get(`broker ${id}`)!
  assert.equal(ofBroker.find(({ name }) => name === 'node.id')!.value, String(id))
  assert.ok((await admin.listConfigResources(['topic'])).some(({ name }) => name === 'tuned'))
})

test('offsets of a group are set, told and deleted while it has no members', async () => {
  await admin.createTopics([{ name: 'read', partitions: 2 }])
  const at = (partition: number, offset: number) => ({ topic: 'read', partition, offset, metadata: 'm' })
  ;(await admin.alterGroupOffsets('g', [at(0, 7), at(1, 9)])).all()
  assert.deepEqual(
    (await admin.listGroupOffsets('g')).map(({ partition, offset, metadata }) => [partition, offset, metadata]),
    [
      [0, 7, 'm'],
      [1, 9, 'm'],
    ],
  )
  assert.deepEqual(await admin.listGroups({ states: ['Empty'] }), [
    { groupId: 'g', protocolType: '', state: 'Empty', type: 'Classic' },
  ])
  const described = await admin.describeConsumerGroups(['g', 'none'])
  assert.equal(described.get('g')!.state, 'Empty')
  assert.throws(() => described.get('none'), isError('GROUP_ID_NOT_FOUND'))
  ;(await admin.deleteGroupOffsets('g', [{ topic: 'read', partition: 0 }])).all()
  assert.deepEqual(
    (await admin.listGroupOffsets('g')).map(({ partition }) => partition),
    [1],
  )
  assert.deepEqual([...(await admin.deleteGroups(['g', 'none'])).errors.keys()], ['none'])
})

test('what only a leader knows is asked of it, and a partition that is not there is told after a few attempts', async () => {
  await admin.createTopics([{ name: 'empty' }])
  const asked = await admin.listOffsets([
    { topic: 'empty', partition: 0, at: 'latest' },
    { topic: 'none', partition: 0, at: 'earliest' },
    { topic: 'empty', partition: 5, at: 1000 },
  ])
  assert.deepEqual(asked.get('empty-0'), { offset: 0, timestamp: -1, leaderEpoch: 0 })
  assert.throws(() => asked.get('none-0'), isError('UNKNOWN_TOPIC_OR_PARTITION'))
  assert.throws(() => asked.get('empty-5'), isError('UNKNOWN_TOPIC_OR_PARTITION'))
  const deleted = await admin.deleteRecords([{ topic: 'empty', partition: 0, offset: 10 }])
  assert.throws(() => deleted.get('empty-0'), isError('OFFSET_OUT_OF_RANGE'))
})

test('the cluster, its log directories and its versions', async () => {
  const { clusterId, nodes } = await admin.describeCluster()
  assert.equal(clusterId, broker.clusterId)
  const { id } = nodes[0]!
  const dirs = (await admin.describeLogDirs([id])).get(String(id))!
  assert.deepEqual(
    dirs.map(({ path, error }) => [path, error]),
    [['/memory', null]],
  )
  assert.ok((await admin.describeApiVersions([id])).get(String(id))!.get(3)!.max >= 12)
  assert.deepEqual(await admin.listPartitionReassignments(), [])
  await admin.createTopics([{ name: 'stays' }])
  const moved = await admin.alterPartitionReassignments([
    { topic: 'stays', partition: 0, replicas: [id] },
    { topic: 'stays', partition: 1, replicas: [id] },
  ])
  assert.deepEqual([...moved.values.keys()], ['stays-0'])
  assert.throws(() => moved.get('stays-1'), isError('UNKNOWN_TOPIC_OR_PARTITION'))
  const elected = await admin.electLeaders('preferred', { partitions: [{ topic: 'stays', partition: 0 }] })
  assert.throws(() => elected.get('stays-0'), isError('ELECTION_NOT_NEEDED'))
  const quorum = await admin.describeQuorum()
  assert.deepEqual(
    quorum.voters.map((voter) => voter.id),
    [quorum.leaderId],
  )
  const { supported, finalized, epoch } = await admin.describeFeatures()
  assert.ok(epoch !== null && finalized.get('metadata.version')! <= supported.get('metadata.version')!.max)
  const features = await admin.updateFeatures([{ name: 'nothing', level: 1, type: 'upgrade' }], { validateOnly: true })
  assert.throws(() => features.get('nothing'), ClientError)
  await assert.rejects(admin.unregisterBroker(77), isError('BROKER_ID_NOT_REGISTERED'))
})

test('an option that does not exist is told with its name, and a closed client asks nobody', async () => {
  assert.throws(() => new Admin({ bootstrapServers: 'x:1', clientID: 'a' } as never), OptionError)
  const closed = new Admin({ bootstrapServers: broker.bootstrapServers })
  closed.close()
  await assert.rejects(closed.listTopics(), isError('CLOSED'))
})
