// Producing, as the documentation tells of it.
const assert = require('node:assert/strict')
const { CompressionTypes, KafkaJSNonRetriableError, Partitioners } = require('kafkajs')
const { consumed, end, kafkaOf, step, topicOf } = require('./lib.cjs')

async function main() {
  const kafka = kafkaOf()
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()

  await step('producing messages with keys', async () => {
    const topic = await topicOf(kafka, 'keys', { partitions: 3 })
    const sent = await producer.send({
      topic,
      messages: [
        { key: 'key1', value: 'hello world' },
        { key: 'key2', value: 'hey hey!' },
        { key: 'key1', value: 'again' },
      ],
    })
    assert.ok(sent.every(({ topicName, errorCode, baseOffset }) => topicName === topic && errorCode === 0 && baseOffset === '0'))
    const found = await consumed(kafka, topic, ({ length }) => length === 3)
    const partitions = found.filter(({ key }) => key.toString() === 'key1').map(({ partition }) => partition)
    assert.equal(partitions[0], partitions[1])
  })

  await step('message structure: headers, timestamps, buffers and tombstones', async () => {
    const topic = await topicOf(kafka, 'headers')
    const headers = {
      'correlation-id': '2bfb68bb-893a-423b-a7fa-7b568cad5b67',
      'system-id': Buffer.from('my-system'),
      list: ['a', 'b'],
    }
    await producer.send({
      topic,
      messages: [
        { key: Buffer.from('k'), value: Buffer.from([0, 255]), headers, timestamp: '1700000000000' },
        { key: 'k', value: null },
      ],
    })
    const [first, second] = await consumed(kafka, topic, ({ length }) => length === 2)
    assert.equal(first.timestamp, '1700000000000')
    assert.deepEqual(first.value, Buffer.from([0, 255]))
    assert.equal(first.headers['system-id'].toString(), 'my-system')
    assert.deepEqual(first.headers.list.map(String), ['a', 'b'])
    assert.equal(second.value, null)
    assert.equal(first.offset, '0')
  })

  await step('producing to multiple topics', async () => {
    const [a, b] = [await topicOf(kafka, 'many-a'), await topicOf(kafka, 'many-b')]
    const topicMessages = [
      { topic: a, messages: [{ key: 'key', value: 'hello topic-a' }] },
      { topic: b, messages: [{ key: 'key', value: 'hello topic-b' }] },
      { topic: a, messages: [{ key: 'key', value: 'once more' }] },
    ]
    const sent = await producer.sendBatch({ topicMessages })
    assert.deepEqual(sent.map(({ topicName }) => topicName).sort(), [a, b].sort())
    const found = await consumed(kafka, a, ({ length }) => length === 2)
    assert.deepEqual(
      found.map(({ value }) => value.toString()),
      ['hello topic-a', 'once more'],
    )
  })

  await step('compression: gzip', async () => {
    const topic = await topicOf(kafka, 'gzip')
    const messages = Array.from({ length: 100 }, (_, i) => ({ value: `${i} ${'squeezed '.repeat(50)}` }))
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages })
    assert.equal((await consumed(kafka, topic, ({ length }) => length === 100)).length, 100)
  })

  await step('acks: all, the leader, and nobody', async () => {
    const topic = await topicOf(kafka, 'acks')
    for (const acks of [-1, 1]) assert.equal((await producer.send({ topic, acks, messages: [{ value: `${acks}` }] })).length, 1)
    assert.deepEqual(await producer.send({ topic, acks: 0, timeout: 1000, messages: [{ value: '0' }] }), [])
    await consumed(kafka, topic, ({ length }) => length === 3)
  })

  await step('custom partitioner', async () => {
    const topic = await topicOf(kafka, 'partitioner', { partitions: 2 })
    const seen = []
    const createPartitioner = () => (given) => {
      seen.push(given)
      return given.message.value === 'odd' ? 1 : 0
    }
    const own = kafka.producer({ createPartitioner })
    await own.connect()
    await own.send({
      topic,
      messages: [
        { key: 'k', value: 'odd' },
        { key: 'k', value: 'even' },
      ],
    })
    await own.disconnect()
    const found = await consumed(kafka, topic, ({ length }) => length === 2)
    assert.deepEqual(Object.fromEntries(found.map(({ value, partition }) => [value.toString(), partition])), { odd: 1, even: 0 })
    const [{ partitionMetadata, message }] = seen
    assert.equal(seen[0].topic, topic)
    assert.equal(message.key, 'k')
    assert.deepEqual(partitionMetadata.map(({ partitionId }) => partitionId).sort(), [0, 1])
    for (const { leader, replicas, isr, partitionErrorCode } of partitionMetadata)
      assert.deepEqual([replicas, isr, partitionErrorCode], [[leader], [leader], 0])
  })

  await step('the legacy partitioner puts keys elsewhere than the default one', async () => {
    const topic = await topicOf(kafka, 'legacy', { partitions: 50 })
    const legacy = kafka.producer({ createPartitioner: Partitioners.LegacyPartitioner })
    await legacy.connect()
    const messages = Array.from({ length: 30 }, (_, i) => ({ key: `a key of some length ${i}`, value: 'x' }))
    const places = (sent) => new Set(sent.map(({ partition }) => partition))
    assert.notDeepEqual(places(await legacy.send({ topic, messages })), places(await producer.send({ topic, messages })))
    await legacy.disconnect()
  })

  await step('an idempotent producer', async () => {
    const topic = await topicOf(kafka, 'idempotent')
    const idempotent = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    assert.equal(idempotent.isIdempotent(), true)
    await idempotent.connect()
    for (let i = 0; i < 10; i++) await idempotent.send({ topic, messages: [{ value: `${i}` }] })
    await assert.rejects(idempotent.send({ topic, acks: 1, messages: [{ value: 'x' }] }), KafkaJSNonRetriableError)
    await idempotent.disconnect()
    const found = await consumed(kafka, topic, ({ length }) => length === 10)
    assert.deepEqual(
      found.map(({ value }) => value.toString()),
      Array.from({ length: 10 }, (_, i) => `${i}`),
    )
  })

  await step('retries, and what a topic is too small for', async () => {
    const topic = await topicOf(kafka, 'large')
    await assert.rejects(producer.send({ topic, messages: [{ value: Buffer.alloc(2_000_000) }] }), (error) => {
      assert.match(`${error.type ?? ''} ${error.cause?.type ?? ''}`, /MESSAGE_TOO_LARGE/)
      return true
    })
    const absent = kafkaOf({ retry: { initialRetryTime: 10, retries: 2 } }).producer({ allowAutoTopicCreation: false })
    await absent.connect()
    await assert.rejects(absent.send({ topic: `absent-${Date.now()}`, messages: [{ value: 'x' }] }), (error) => {
      assert.match(`${error.type ?? ''} ${error.cause?.type ?? ''}`, /UNKNOWN_TOPIC_OR_PARTITION/)
      return true
    })
    await absent.disconnect()
  })

  await producer.disconnect()
  end()
}

main()
