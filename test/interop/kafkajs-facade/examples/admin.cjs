// The admin client, as the documentation tells of it.
const assert = require('node:assert/strict')
const { ConfigResourceTypes, ConfigSource } = require('kafkajs')
const { consumed, end, kafkaOf, step, topicOf, until } = require('./lib.cjs')

async function main() {
  const kafka = kafkaOf()
  const admin = kafka.admin()
  await admin.connect()

  await step('topics: listed, created, grown, described and deleted', async () => {
    const topic = `facade-topics-${Date.now()}`
    assert.equal(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic }] }), true)
    assert.ok(!(await admin.listTopics()).includes(topic))
    const topics = [
      { topic, numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
    ]
    assert.equal(await admin.createTopics({ topics }), true)
    assert.equal(await admin.createTopics({ topics }), false)
    assert.ok((await admin.listTopics()).includes(topic))
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await until(
      async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 3,
      () => 'three partitions',
    )
    const [{ name, partitions }] = (await admin.fetchTopicMetadata({ topics: [topic] })).topics
    assert.equal(name, topic)
    assert.deepEqual(partitions.map(({ partitionId }) => partitionId).sort(), [0, 1, 2])
    for (const { leader, replicas, isr, partitionErrorCode } of partitions)
      assert.deepEqual([replicas, isr, partitionErrorCode], [[leader], [leader], 0])
    await admin.deleteTopics({ topics: [topic] })
    await until(
      async () => !(await admin.listTopics()).includes(topic),
      () => 'it is still there',
    )
  })

  await step('what cannot be created is told topic by topic', async () => {
    const topic = `facade-bad-${Date.now()}`
    await assert.rejects(admin.createTopics({ topics: [{ topic, replicationFactor: 99 }] }), (error) => {
      const [first] = error.errors
      assert.deepEqual(
        [error.name, first.name, first.topic, first.type, first.code],
        ['KafkaJSAggregateError', 'KafkaJSCreateTopicError', topic, 'INVALID_REPLICATION_FACTOR', 38],
      )
      return true
    })
    await assert.rejects(admin.fetchTopicMetadata({ topics: [topic] }), {
      name: 'KafkaJSProtocolError',
      type: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  await step('offsets of topics, by time as well, and records that are deleted', async () => {
    const topic = await topicOf(kafka, 'by-time')
    const producer = kafka.producer()
    await producer.connect()
    const messages = [1000, 2000, 3000].map((timestamp) => ({ value: `${timestamp}`, timestamp: `${timestamp}` }))
    await producer.send({ topic, messages })
    await producer.disconnect()
    assert.deepEqual(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: '3', high: '3', low: '0' }])
    assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp(topic, 2000), [{ partition: 0, offset: '1' }])
    assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp(topic, 9000), [{ partition: 0, offset: '3' }])
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
    assert.equal((await admin.fetchTopicOffsets(topic))[0].low, '2')
    await assert.rejects(admin.deleteTopicRecords({ topic, partitions: [{ partition: 7, offset: '2' }] }), {
      name: 'KafkaJSDeleteTopicRecordsError',
    })
  })

  await step('offsets of groups: fetched, set, reset and resolved', async () => {
    const topic = await topicOf(kafka, 'group-offsets', { messages: 5 })
    const groupId = `offsets-${Date.now()}`
    const offset = async (more = {}) => (await admin.fetchOffsets({ groupId, topics: [topic], ...more }))[0].partitions
    assert.deepEqual(await offset(), [{ partition: 0, offset: '-1', metadata: null }])
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '3' }] })
    assert.equal((await offset())[0].offset, '3')
    const found = await consumed(kafka, topic, ({ length }) => length === 2, { config: { groupId } })
    assert.deepEqual(
      found.map(({ value }) => value.toString()),
      ['3', '4'],
    )
    await admin.resetOffsets({ groupId, topic, earliest: true })
    assert.equal((await offset())[0].offset, '-2')
    assert.equal((await offset({ resolveOffsets: true }))[0].offset, '0')
    await admin.resetOffsets({ groupId, topic })
    assert.equal((await offset({ resolveOffsets: true }))[0].offset, '5')
    const all = await admin.fetchOffsets({ groupId })
    assert.deepEqual(
      all.map((each) => each.topic),
      [topic],
    )
  })

  await step('groups: listed, described and deleted', async () => {
    const topic = await topicOf(kafka, 'groups', { messages: 1 })
    const groupId = `groups-${Date.now()}`
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({ eachMessage: async () => {} })
    const [group] = (await admin.describeGroups([groupId])).groups
    assert.deepEqual(
      [group.groupId, group.state, group.protocol, group.protocolType, group.members.length],
      [groupId, 'Stable', 'RoundRobinAssigner', 'consumer', 1],
    )
    assert.equal(group.members[0].clientId, 'my-app')
    assert.ok(Buffer.isBuffer(group.members[0].memberMetadata))
    assert.ok((await admin.listGroups()).groups.some((each) => each.groupId === groupId && each.protocolType === 'consumer'))
    await assert.rejects(
      admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] }),
      /must have no running instances/,
    )
    await assert.rejects(admin.deleteGroups([groupId]), (error) => {
      assert.deepEqual(
        [error.name, error.groups[0].groupId, error.groups[0].error.type],
        ['KafkaJSDeleteGroupsError', groupId, 'NON_EMPTY_GROUP'],
      )
      return true
    })
    await consumer.disconnect()
    const [{ groupId: deleted, errorCode }] = await admin.deleteGroups([groupId])
    assert.deepEqual([deleted, errorCode], [groupId, 0])
    const [dead] = (await admin.describeGroups([groupId])).groups
    assert.equal(dead.state, 'Dead')
  })

  await step('configurations are described and altered', async () => {
    const topic = await topicOf(kafka, 'configs')
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    const of = async (name) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: true,
        resources: [{ ...resource, configNames: [name] }],
      })
      assert.deepEqual([resources[0].resourceName, resources[0].resourceType, resources[0].errorCode], [topic, 2, 0])
      assert.equal(resources[0].configEntries.length, 1)
      return resources[0].configEntries[0]
    }
    const before = await of('retention.ms')
    assert.deepEqual(
      [before.configValue, before.isDefault, before.readOnly, before.isSensitive],
      ['604800000', true, false, false],
    )
    const change = { ...resource, configEntries: [{ name: 'retention.ms', value: '12345' }] }
    await admin.alterConfigs({ validateOnly: false, resources: [change] })
    await until(
      async () => (await of('retention.ms')).configValue === '12345',
      () => 'retention.ms stays as it was',
    )
    const after = await of('retention.ms')
    assert.deepEqual([after.isDefault, after.configSource], [false, ConfigSource.TOPIC_CONFIG])
    assert.equal(after.configSynonyms[0].configValue, '12345')
    const wrong = { ...resource, configEntries: [{ name: 'retention.ms', value: 'much' }] }
    await assert.rejects(admin.alterConfigs({ validateOnly: false, resources: [wrong] }), { type: 'INVALID_CONFIG' })
  })

  await step('reassignments, and the cluster', async () => {
    const topic = await topicOf(kafka, 'moves')
    assert.deepEqual(await admin.listPartitionReassignments({ topics: [{ topic, partitions: [0] }] }), { topics: [] })
    const { brokers, controller, clusterId } = await admin.describeCluster()
    assert.deepEqual(Object.keys(brokers[0]).sort(), ['host', 'nodeId', 'port'])
    assert.deepEqual([brokers.length, controller, typeof clusterId], [1, brokers[0].nodeId, 'string'])
    await admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition: 0, replicas: [brokers[0].nodeId] }] }],
    })
    const unknown = [{ topic, partitionAssignment: [{ partition: 0, replicas: [99] }] }]
    await assert.rejects(admin.alterPartitionReassignments({ topics: unknown }), (error) => {
      const [first] = error.errors
      assert.deepEqual(
        [error.name, first.name, first.topic, first.partition],
        ['KafkaJSAggregateError', 'KafkaJSAlterPartitionReassignmentsError', topic, 0],
      )
      return true
    })
  })

  await admin.disconnect()
  end()
}

main()
