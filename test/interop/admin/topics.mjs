/** Topics, partitions and what they hold. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { eventually } from '../lib/report.mjs'
import { errorOf, javaWords, produce, sorted, topic } from './world.mjs'

export async function topicSuite(world) {
  const { test, admin, java, brokerId } = world

  await test('createTopics: with configurations, with assignments, and refused', async () => {
    const created = await admin.createTopics([
      { name: 'made.ours', partitions: 1, replicationFactor: 1, configs: { 'retention.ms': '1234' } },
      { name: 'assigned', assignments: [[brokerId], [brokerId]] },
      { name: 'odd', configs: { 'retention.ms': 'soon' } },
    ])
    const { configs, partitions, replicationFactor } = created.get('made.ours')
    assert.deepEqual([partitions, replicationFactor, created.get('assigned').partitions], [1, 1, 2])
    const { entries } = await java('createTopics', 'made.java')
    assert.deepEqual(sorted(configs.map(summary)), sorted(entries.map(summary)))
    assert.equal((await errorOf(created, 'odd')).code, 'INVALID_CONFIG')
  })

  await test('describeTopics: by name, by id, with what one may do', async () => {
    const byName = (await admin.describeTopics(['assigned'], { includeAuthorizedOperations: true })).get('assigned')
    const { id } = byName
    const byId = (await admin.describeTopics({ topicIds: [id] }, { includeAuthorizedOperations: true })).get(id)
    assert.deepEqual(
      byId.partitions.map(({ partition, leader, replicas, isr }) => ({ partition, leader, replicas, isr })),
      byName.partitions.map(({ partition, leader, replicas, isr }) => ({ partition, leader, replicas, isr })),
    )
    assert.deepEqual(byId.authorizedOperations, byName.authorizedOperations)
    const { [id]: said } = await java('describeTopicsById', id)
    assert.deepEqual([said.name, said.partitions.length, said.partitions[0].leader], ['assigned', 2, brokerId])
    const { assigned } = await java('describeTopics', 'assigned')
    assert.deepEqual(
      javaWords(byName.authorizedOperations),
      assigned.authorizedOperations && sorted(assigned.authorizedOperations),
    )
    const none = randomBytes(15).toString('base64url').concat('AA')
    assert.equal((await errorOf(admin.describeTopics({ topicIds: [none] }), none)).code, 'UNKNOWN_TOPIC_ID')
  })

  await test('createPartitions: with assignments, and refused', async () => {
    const assignments = [[brokerId], [brokerId]]
    ;(await admin.createPartitions({ assigned: { count: 4, assignments } })).all()
    await eventually(async () => {
      assert.equal((await admin.describeTopics(['assigned'])).get('assigned').partitions.length, 4)
    })
    assert.equal((await errorOf(admin.createPartitions({ assigned: { count: 2 } }), 'assigned')).code, 'INVALID_PARTITIONS')
    const wrong = admin.createPartitions({ assigned: { count: 5, assignments: [[99]] } })
    assert.equal((await errorOf(wrong, 'assigned')).code, 'INVALID_REPLICA_ASSIGNMENT')
  })

  await test('listTopics: the same as Java', async () => {
    const said = await java('listTopics')
    assert.deepEqual(
      sorted((await admin.listTopics()).map(({ name, id, isInternal }) => `${name} ${id} ${isInternal}`)),
      sorted(Object.values(said).map(({ name, topicId, isInternal }) => `${name} ${topicId} ${isInternal}`)),
    )
  })

  await test('listOffsets: every place, and a time, as Java finds them', async () => {
    await topic(world, 'offsets')
    await produce(
      world,
      [3000, 9000, 5000].map((timestamp, i) => ({ topic: 'offsets', partition: 0, value: `v${i}`, timestamp })),
    )
    for (const at of ['earliest', 'latest', 'maxTimestamp', 'earliestLocal', 'latestTiered', 'earliestPendingUpload', 4000]) {
      const said = await java('listOffsets', 'offsets', 0, at)
      const found = await admin.listOffsets([{ topic: 'offsets', partition: 0, at }])
      if (said.error) assert.equal((await errorOf(found, 'offsets-0')).code, said.error, at)
      else {
        const { offset, timestamp, leaderEpoch } = found.get('offsets-0')
        assert.deepEqual({ offset, timestamp, leaderEpoch }, said, at)
      }
    }
  })

  await test('deleteRecords: what is below an offset is gone', async () => {
    const deleted = await admin.deleteRecords([{ topic: 'offsets', partition: 0, offset: 2 }])
    assert.equal(deleted.get('offsets-0'), 2)
    assert.equal((await java('listOffsets', 'offsets', 0, 'earliest')).offset, 2)
  })

  await test('describeProducers: the same as Java, of the leader and of a certain replica', async () => {
    const partition = { topic: 'offsets', partition: 0 }
    const ofLeader = (await admin.describeProducers([partition])).get('offsets-0')
    const { activeProducers } = await java('describeProducers', 'offsets', 0)
    assert.equal(ofLeader.length, 1)
    assert.deepEqual(ofLeader, activeProducers)
    assert.deepEqual((await admin.describeProducers([partition], { brokerId })).get('offsets-0'), activeProducers)
    const none = admin.describeProducers([{ topic: 'offsets', partition: 9 }], { brokerId })
    assert.ok(['UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'].includes((await errorOf(none, 'offsets-9')).code))
  })

  await test('deleteTopics: by id and by name', async () => {
    const { id } = (await admin.describeTopics(['made.java'])).get('made.java')
    const none = randomBytes(15).toString('base64url').concat('AA')
    const deleted = await admin.deleteTopics({ topicIds: [id, none] })
    assert.deepEqual([...deleted.values.keys()], [id])
    assert.equal((await errorOf(deleted, none)).code, 'UNKNOWN_TOPIC_ID')
    ;(await admin.deleteTopics(['made.ours'])).all()
    await eventually(async () => {
      assert.deepEqual(
        sorted(Object.keys(await java('listTopics'))).filter((name) => name.startsWith('made')),
        [],
      )
    })
  })
}

/** A configuration, in the words of either. */
const summary = ({ name, value, source, isSensitive, isReadOnly }) => `${name}=${value} ${source} ${isSensitive} ${isReadOnly}`
