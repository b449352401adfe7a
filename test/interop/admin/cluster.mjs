/** The cluster itself: its nodes, features, quorum, log directories, leaders and replicas. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { errorOf, javaWords, produce, sorted, topic, withAdmin } from './world.mjs'

/** A UUID that is nobody's. */
const NOBODY = 'Zm9vYmFyMTIzNDU2Nzg5MA'

export async function clusterSuite(world) {
  const { test, admin, java, javaWith, brokerId, client, controllers, dirs, protocol } = world

  await test('describeCluster: nodes, controller, and what one may do, as Java has them', async () => {
    const said = await java('describeCluster', 'operations')
    const ours = await admin.describeCluster({ includeAuthorizedOperations: true, includeFencedBrokers: true })
    assert.deepEqual([ours.clusterId, ours.controllerId], [said.clusterId, said.controller])
    assert.deepEqual(
      ours.nodes.map(({ id }) => id),
      said.nodes,
    )
    assert.ok(ours.nodes.every(({ isFenced }) => !isFenced))
    assert.deepEqual(javaWords(ours.authorizedOperations), said.authorizedOperations && sorted(said.authorizedOperations))
    assert.equal((await admin.describeCluster()).authorizedOperations, null)
  })

  await test('describeCluster: of controllers, asked without brokers', async () => {
    const said = await javaWith({ 'bootstrap.controllers': controllers }, 'describeCluster')
    await withAdmin(world, { bootstrapControllers: controllers }, async (other) => {
      const ours = await other.describeCluster()
      const nodes = ours.nodes.map(({ id }) => id)
      assert.deepEqual([ours.clusterId, ours.controllerId, nodes], [said.clusterId, said.controller, said.nodes])
      assert.equal((await other.describeQuorum()).leaderId, ours.controllerId)
      assert.ok((await other.describeFeatures()).finalized.has('metadata.version'))
      const resource = { type: 'topic', name: 'configured' }
      const changes = [{ name: 'retention.ms', operation: 'set', value: '77777' }]
      ;(await other.incrementalAlterConfigs([{ resource, changes }])).all()
      assert.equal((await errorOf(other.listTopics())).code, 'UNSUPPORTED_VERSION')
    })
    await withAdmin(world, { bootstrapControllers: world.bootstrap }, async (mistaken) => {
      assert.equal((await errorOf(mistaken.describeCluster())).code, 'MISMATCHED_ENDPOINT_TYPE')
    })
  })

  await test('describeApiVersions: of a broker by its id', async () => {
    const told = (await admin.describeApiVersions([brokerId])).get(String(brokerId))
    assert.ok(told.get(protocol.api('Metadata').key).max >= 13)
  })

  await test('describeFeatures: as Java has them', async () => {
    const { supported, finalized, epoch } = await admin.describeFeatures()
    const said = await java('describeFeatures')
    assert.deepEqual([...finalized.keys()].sort(), Object.keys(said.finalizedFeatures).sort())
    for (const [name, level] of finalized) assert.equal(level, said.finalizedFeatures[name].maxVersionLevel, name)
    assert.deepEqual([...supported.keys()].sort(), Object.keys(said.supportedFeatures).sort())
    // With Apache it is an offset of the metadata log, and grows.
    assert.ok(epoch > 0 && epoch <= said.finalizedFeaturesEpoch)
  })

  await test('updateFeatures: checked only, and refused', async () => {
    const level = (await admin.describeFeatures()).finalized.get('metadata.version')
    const update = (name, to, type) => admin.updateFeatures([{ name, level: to, type }], { validateOnly: true })
    ;(await update('metadata.version', level, 'upgrade')).all()
    const wrong = await errorOf(update('metadata.version', 9999, 'upgrade'), 'metadata.version')
    assert.ok(['INVALID_UPDATE_VERSION', 'FEATURE_UPDATE_FAILED'].includes(wrong.code), wrong.code)
  })

  await test('describeQuorum: voters and their endpoints, as Java has them', async () => {
    const ours = await admin.describeQuorum()
    const said = await java('describeMetadataQuorum')
    assert.deepEqual([ours.leaderId, ours.leaderEpoch], [said.leaderId, said.leaderEpoch])
    assert.deepEqual(
      ours.voters.map(({ id }) => id),
      said.voters.map(({ replicaId }) => replicaId),
    )
    assert.deepEqual([...ours.endpoints.keys()], Object.keys(said.nodes).map(Number))
  })

  await test('addRaftVoter and removeRaftVoter: refused for the same reasons as with Java', async () => {
    const endpoints = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }]
    const add = await java('addRaftVoter', brokerId, NOBODY)
    assert.equal((await errorOf(admin.addRaftVoter({ id: brokerId, directoryId: NOBODY, endpoints }))).code, add.error)
    const remove = await java('removeRaftVoter', 77, NOBODY)
    assert.equal((await errorOf(admin.removeRaftVoter({ id: 77, directoryId: NOBODY }))).code, remove.error)
    const elsewhere = admin.removeRaftVoter({ id: 77, directoryId: NOBODY, clusterId: 'another' })
    assert.equal((await errorOf(elsewhere)).code, 'INCONSISTENT_CLUSTER_ID')
  })

  await test('unregisterBroker: refused where there is none, as with Java', async () => {
    const { error } = await java('unregisterBroker', 77)
    assert.equal((await errorOf(admin.unregisterBroker(77))).code, error)
  })

  await test('alterReplicaLogDirs and describeReplicaLogDirs: a replica moves into the other directory', async () => {
    await topic(world, 'moved')
    await produce(world, [{ topic: 'moved', partition: 0, value: 'x' }])
    const replica = { topic: 'moved', partition: 0, brokerId }
    const key = `moved-0-${brokerId}`
    const where = async () => (await admin.describeReplicaLogDirs([replica])).get(key)
    const { current } = await where()
    const path = dirs.find((dir) => dir !== current.path)
    ;(await admin.alterReplicaLogDirs([{ ...replica, path }])).all()
    await eventually(async () => assert.deepEqual(await where(), { current: { path, offsetLag: 0 }, future: null }))
    const said = await java('describeReplicaLogDirs', 'moved', 0, brokerId)
    assert.deepEqual([said.currentReplicaLogDir ?? said.getCurrentReplicaLogDir], [path])
    const { error } = await java('alterReplicaLogDirs', 'moved', 0, brokerId, '/nowhere')
    assert.equal((await errorOf(admin.alterReplicaLogDirs([{ ...replica, path: '/nowhere' }]), key)).code, error)
    const none = { topic: 'moved', partition: 9, brokerId }
    assert.deepEqual((await admin.describeReplicaLogDirs([none])).get(`moved-9-${brokerId}`), { current: null, future: null })
  })

  await test('describeLogDirs: the same directories and replicas as Java', async () => {
    const ours = (await admin.describeLogDirs([brokerId])).get(String(brokerId))
    const said = await java('describeLogDirs', brokerId)
    assert.deepEqual(sorted(ours.map(({ path }) => path)), Object.keys(said).sort())
    for (const { path, replicas, totalBytes } of ours) {
      const names = replicas.map(({ topic: name, partition }) => `${name}-${partition}`)
      assert.deepEqual(names.sort(), Object.keys(said[path].replicaInfos).sort())
      assert.equal(totalBytes, said[path].totalBytes)
    }
  })

  await test('electLeaders: needless for one that leads already, as Java is told', async () => {
    const said = await java('electLeaders', 'moved', 0)
    const elected = admin.electLeaders('preferred', { partitions: [{ topic: 'moved', partition: 0 }] })
    assert.equal((await errorOf(elected, 'moved-0')).code, said['moved-0'])
  })

  await test('alterPartitionReassignments and listPartitionReassignments: nothing to do, and refused', async () => {
    const to = (partition, replicas) => admin.alterPartitionReassignments([{ topic: 'moved', partition, replicas }])
    ;(await to(0, [brokerId])).all()
    assert.deepEqual(await admin.listPartitionReassignments(), [])
    assert.deepEqual(await java('listPartitionReassignments'), {})
    const { error } = await java('alterPartitionReassignments', 'moved', 0, 99)
    assert.equal((await errorOf(to(0, [99]), 'moved-0')).code, error)
    assert.equal((await errorOf(to(0, null), 'moved-0')).code, 'NO_REASSIGNMENT_IN_PROGRESS')
  })

  await test('clientInstanceId: told clearly where no broker takes in metrics', async () => {
    const why = await errorOf(admin.clientInstanceId())
    assert.ok(why instanceof client.UnsupportedError, String(why))
    assert.match(why.message, /GetTelemetrySubscriptions/)
  })
}
