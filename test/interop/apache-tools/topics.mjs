/** kafka-topics, kafka-configs, kafka-broker-api-versions, kafka-cluster. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'

export async function topics({ bootstrap, report, tool, refused, runner }) {
  const lines = (text) => text.trim().split('\n')

  await report.test('kafka-broker-api-versions', async () => {
    const answer = await tool('kafka-broker-api-versions', [])
    assert.match(answer, /\(id: 1 rack: null isFenced: false\) -> \(/)
    assert.match(answer, /Produce\(0\): 0 to 13 \[usable: 13\]/)
    assert.match(answer, /Fetch\(1\): 4 to 18 \[usable: 18\]/)
    assert.match(answer, /Metadata\(3\): 0 to 13 \[usable: 13\]/)
  })

  await report.test('kafka-cluster cluster-id', async () => {
    const answer = await runner.must('kafka-cluster', ['cluster-id', '--bootstrap-server', bootstrap])
    assert.match(answer, /Cluster ID: [\w-]{22}/)
  })

  await report.test('kafka-topics --create', async () => {
    const answer = await tool('kafka-topics', ['--create', '--topic', 'test-topic'])
    assert.match(answer, /Created topic test-topic\./)
    await tool('kafka-topics', ['--create', '--topic', 'tools.wide', '--partitions', '3', '--config', 'retention.ms=86400000'])
  })

  await report.test('kafka-topics --create refuses a second one, --if-not-exists does not', async () => {
    assert.match(await refused('kafka-topics', ['--create', '--topic', 'test-topic']), /Topic 'test-topic' already exists/)
    await tool('kafka-topics', ['--create', '--topic', 'test-topic', '--if-not-exists'])
  })

  await report.test('kafka-topics --create says what is wrong', async () => {
    assert.match(await refused('kafka-topics', ['--create', '--topic', 'bad/name']), /bad\/name/)
    assert.match(
      await refused('kafka-topics', ['--create', '--topic', 'three', '--replication-factor', '3']),
      /replication factor|brokers/i,
    )
    assert.match(await refused('kafka-topics', ['--create', '--topic', 'conf', '--config', 'retention.ms=soon']), /retention\.ms/)
  })

  await report.test('kafka-topics --list', async () => {
    const listed = lines(await tool('kafka-topics', ['--list']))
    assert.ok(listed.includes('test-topic') && listed.includes('tools.wide'), listed.join())
  })

  await report.test('kafka-topics --describe', async () => {
    const [head, ...partitions] = lines(await tool('kafka-topics', ['--describe', '--topic', 'tools.wide']))
    assert.match(
      head,
      /Topic: tools\.wide\s+TopicId: [\w-]{22}\s+PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=86400000/,
    )
    assert.equal(partitions.length, 3)
    for (const partition of partitions) assert.match(partition, /Leader: 1\s+Replicas: 1\s+Isr: 1/)
    assert.equal((await tool('kafka-topics', ['--describe', '--under-replicated-partitions'])).trim(), '')
  })

  await report.test('kafka-topics --alter --partitions', async () => {
    await tool('kafka-topics', ['--alter', '--topic', 'tools.wide', '--partitions', '5'])
    assert.match(await tool('kafka-topics', ['--describe', '--topic', 'tools.wide']), /PartitionCount: 5/)
    assert.match(await refused('kafka-topics', ['--alter', '--topic', 'tools.wide', '--partitions', '2']), /5 partition/)
  })

  await report.test('kafka-configs of a topic: describe, alter, delete', async () => {
    const entity = ['--entity-type', 'topics', '--entity-name', 'tools.wide']
    await tool('kafka-configs', ['--alter', ...entity, '--add-config', 'retention.ms=3600000,cleanup.policy=[delete,compact]'])
    const altered = await tool('kafka-configs', ['--describe', ...entity])
    assert.match(altered, /retention\.ms=3600000 .*DYNAMIC_TOPIC_CONFIG:retention\.ms=3600000/)
    assert.match(altered, /cleanup\.policy=delete,compact/)
    await tool('kafka-configs', ['--alter', ...entity, '--delete-config', 'cleanup.policy'])
    assert.doesNotMatch(await tool('kafka-configs', ['--describe', ...entity]), /cleanup\.policy/)
    assert.match(
      await tool('kafka-configs', ['--describe', '--all', ...entity]),
      /cleanup\.policy=delete .*DEFAULT_CONFIG:log\.cleanup\.policy=delete/,
    )
    assert.match(
      await refused('kafka-configs', ['--alter', ...entity, '--add-config', 'retention.milliseconds=1']),
      /retention\.milliseconds/,
    )
  })

  await report.test('kafka-configs of a broker: describe, alter, delete, default', async () => {
    const one = ['--entity-type', 'brokers', '--entity-name', '1']
    const ofBroker = () => tool('kafka-configs', ['--describe', ...one])
    assert.match(await tool('kafka-configs', ['--describe', '--all', ...one]), /node\.id=1 /)
    await tool('kafka-configs', ['--alter', ...one, '--add-config', 'log.cleaner.threads=2'])
    await eventually(async () => assert.match(await ofBroker(), /log\.cleaner\.threads=2 .*DYNAMIC_BROKER_CONFIG/))
    await tool('kafka-configs', ['--alter', ...one, '--delete-config', 'log.cleaner.threads'])
    await eventually(async () => assert.doesNotMatch(await ofBroker(), /log\.cleaner\.threads/))
  })

  await report.test('kafka-configs of all brokers reach the topics', async () => {
    const every = ['--entity-type', 'brokers', '--entity-default']
    const ofTopic = () => tool('kafka-configs', ['--describe', '--all', '--entity-type', 'topics', '--entity-name', 'test-topic'])
    await tool('kafka-configs', ['--alter', ...every, '--add-config', 'log.retention.ms=172800000'])
    await eventually(async () => assert.match(await ofTopic(), /retention\.ms=172800000/))
    await tool('kafka-configs', ['--alter', ...every, '--delete-config', 'log.retention.ms'])
    await eventually(async () => assert.match(await ofTopic(), /retention\.ms=604800000/))
  })

  await report.test('kafka-topics --delete', async () => {
    await tool('kafka-topics', ['--delete', '--topic', 'tools.wide'])
    assert.ok(!lines(await tool('kafka-topics', ['--list'])).includes('tools.wide'))
    assert.match(await refused('kafka-topics', ['--delete', '--topic', 'tools.wide']), /does not exist/)
  })
}
