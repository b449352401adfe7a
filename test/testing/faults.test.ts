// What a test lets go wrong goes wrong, so often as it says, and clients get over it.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Producer } from '../../src/client/index.ts'
import { type TestKafka, testKafka } from '../../src/testing/index.ts'

async function kafkaFor(t: TestContext): Promise<{ kafka: TestKafka; topic: string }> {
  const kafka = await testKafka()
  t.after(() => kafka.close())
  return { kafka, topic: await kafka.topic('orders') }
}

const valuesOf = async (kafka: TestKafka, topic: string) => (await kafka.readAll(topic)).map(({ value }) => value)

test('an answer that is dropped leaves what was asked for done, and an idempotent producer writes it once', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  const fault = kafka.faults.dropNextAnswer('Produce')
  await kafka.produce(topic, ['once'])
  assert.equal(fault.count, 1)
  assert.deepEqual(await valuesOf(kafka, topic), ['once'])
})

test('an answer that is kept back leaves the connection open until the client gives up', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  await using producer = new Producer({ ...kafka.client, requestTimeoutMs: 30_000, deliveryTimeoutMs: 120_000 })
  const fault = kafka.faults.dropNextAnswer('Produce', { connection: 'silent' })
  const sent = producer.send({ topic, value: 'once' })
  await fault.happened()
  await kafka.time.advance('31s')
  assert.equal((await sent).partition, 0)
  assert.deepEqual(await valuesOf(kafka, topic), ['once'])
})

test('a request that is dropped, or refused, is not carried out, so often as was said', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  const dropped = kafka.faults.dropNextRequest('Produce', { times: 2 })
  await kafka.produce(topic, ['one'])
  assert.equal(dropped.count, 2)
  const refused = kafka.faults.answerNext('Produce', 'NOT_ENOUGH_REPLICAS', { times: 2 })
  await kafka.produce(topic, ['two'])
  assert.equal(refused.count, 2)
  kafka.faults.answerNext('Produce', 'TOPIC_AUTHORIZATION_FAILED')
  await assert.rejects(kafka.produce(topic, ['three']), { code: 'TOPIC_AUTHORIZATION_FAILED' })
  assert.deepEqual(await valuesOf(kafka, topic), ['one', 'two'])
})

test('a fault is for the requests that it names, and over when it is undone', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  await using other = new Producer({ ...kafka.client, clientId: 'other' })
  const seen: unknown[] = []
  using fault = kafka.faults.answerNext('Produce', 'TOPIC_AUTHORIZATION_FAILED', {
    times: Number.POSITIVE_INFINITY,
    clientId: 'other',
    where: ({ api, broker, body }) => seen.push([api, broker, (body['topicData'] as unknown[]).length]) > 0,
  })
  await kafka.produce(topic, ['one'])
  await assert.rejects(other.send({ topic, value: 'two' }), { code: 'TOPIC_AUTHORIZATION_FAILED' })
  assert.deepEqual(seen, [['Produce', 1, 1]])
  fault.undo()
  await other.send({ topic, value: 'three' })
  assert.equal(fault.count, 1)
})

test('an answer is late by the time of the brokers', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  const fault = kafka.faults.delayNextAnswer('Produce', '20s')
  let isSent = false
  const sent = kafka.produce(topic, ['late']).then(() => (isSent = true))
  await fault.happened()
  await kafka.time.advance('19s')
  assert.equal(isSent, false)
  await kafka.time.advance('1s')
  await sent
})

test('on a slow disk acks=all waits for the device', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  const slow = kafka.faults.slowDisk('10s', { topic })
  let isSent = false
  const sent = kafka.produce(topic, ['slow']).then(() => (isSent = true))
  await slow.happened()
  await kafka.time.advance('9s')
  assert.equal(isSent, false)
  await kafka.time.advance('30s')
  await sent
})

test('a flush that fails takes the disk away: the broker says so, and starts again on what was flushed', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  await kafka.produce(topic, ['safe'])
  const failed = kafka.failed()
  const fault = kafka.faults.failFsync()
  await using producer = new Producer({ ...kafka.client, deliveryTimeoutMs: 2000, requestTimeoutMs: 1000 })
  const sent = producer.send({ topic, value: 'lost' })
  const refused = assert.rejects(sent)
  await fault.happened()
  assert.match((await failed).message, /fsync|EIO|disk|directory/i)
  await kafka.time.advance('3s')
  await refused
  kafka.kill()
  await kafka.start()
  assert.equal((await valuesOf(kafka, topic))[0], 'safe')
})

test('connections are cut, and clients come again', async (t) => {
  const { kafka, topic } = await kafkaFor(t)
  await kafka.produce(topic, ['one'])
  assert.ok(kafka.faults.cutConnections() >= 1)
  await kafka.produce(topic, ['two'])
  assert.deepEqual(await valuesOf(kafka, topic), ['one', 'two'])
})

test('names that nothing has are refused, and a fault that does not happen says which it is', async (t) => {
  const { kafka } = await kafkaFor(t)
  assert.throws(() => kafka.faults.dropNextAnswer('Prodcue' as 'Produce'), /Prodcue is no API .* did you mean Produce\?/)
  assert.throws(() => kafka.faults.answerNext('Produce', 'NOT_LEADER' as 'NONE'), /NOT_LEADER is no error/)
  assert.throws(() => kafka.faults.dropNextAnswer('Produce', { times: 0 }), RangeError)
  const fault = kafka.faults.dropNextAnswer('Produce')
  await assert.rejects(fault.happened({ timeoutMs: 5 }), /"drop the answer of Produce" to happen took longer than 5 ms/)
})
