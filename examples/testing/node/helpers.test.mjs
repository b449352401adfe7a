// With node:test: one Kafka for all tests of a file, its time moved, and what may go wrong.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { Consumer, Producer } from 'odradek/client'
import { suiteKafka, testKafka } from 'odradek/testing'

const kafka = suiteKafka({ before, after })

test('any client reaches it: KafkaJS, for one', async () => {
  const orders = await kafka().topic('orders')
  const client = new Kafka({ brokers: kafka().bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  const producer = client.producer()
  await producer.connect()
  await producer.send({ topic: orders, messages: [{ value: 'one' }] })
  await producer.disconnect()
  assert.equal((await kafka().readAll(orders))[0].value, 'one')
})

test('a week later old records are gone', async () => {
  const visits = await kafka().topic('visits', { configs: { 'retention.ms': 86_400_000 } })
  await kafka().produce(visits, ['yesterday'])
  await kafka().time.advance('7d')
  assert.deepEqual(await kafka().readAll(visits), [])
})

test('a consumer that hangs is thrown out of its group', async (t) => {
  const orders = await kafka().topic('orders')
  // Without kafka().client its clock is the real one: for the brokers it says nothing for two minutes.
  const consumer = new Consumer({ bootstrapServers: kafka().bootstrapServers, groupId: 'shop' })
  t.after(() => consumer.close())
  consumer.subscribe(orders)
  while (consumer.assignment().length === 0) await consumer.poll({ timeoutMs: 20 })
  await kafka().time.advance('2m')
  const shop = (await kafka().admin.describeConsumerGroups(['shop'])).get('shop')
  assert.equal(shop.members.length, 0)
})

test('a record whose answer is lost is written once', async () => {
  const orders = await kafka().topic('orders')
  const lost = kafka().faults.dropNextAnswer('Produce')
  await kafka().produce(orders, ['one'])
  assert.equal(lost.count, 1)
  assert.equal((await kafka().readAll(orders)).length, 1)
})

test('a producer tries again where the leader has moved, and not where it may not write', async () => {
  const orders = await kafka().topic('orders')
  kafka().faults.answerNext('Produce', 'NOT_LEADER_OR_FOLLOWER', { times: 2 })
  await kafka().produce(orders, ['one'])
  kafka().faults.answerNext('Produce', 'TOPIC_AUTHORIZATION_FAILED')
  await assert.rejects(kafka().produce(orders, ['two']), { code: 'TOPIC_AUTHORIZATION_FAILED' })
})

test('a request that was lost on its way comes again', async () => {
  const orders = await kafka().topic('orders')
  const lost = kafka().faults.dropNextRequest('Produce', { where: ({ clientId }) => clientId !== 'monitoring' })
  await kafka().produce(orders, ['one'])
  await lost.happened()
  assert.equal(kafka().faults.cutConnections() > 0, true)
  await kafka().produce(orders, ['two'])
  assert.equal((await kafka().readAll(orders)).length, 2)
})

test('an answer comes late', async () => {
  const orders = await kafka().topic('orders')
  const late = kafka().faults.delayNextAnswer('Produce', '20s')
  const sent = kafka().produce(orders, ['one'])
  await late.happened()
  await kafka().time.advance('20s')
  await sent
})

test('acks=1 may be lost when the power goes, acks=all is not', async (t) => {
  const kafka = await testKafka()
  t.after(() => kafka.close())
  const orders = await kafka.topic('orders')
  await kafka.produce(orders, ['acks=all'])
  const producer = new Producer({ ...kafka.client, acks: '1', enableIdempotence: false })
  t.after(() => producer.close())
  const slow = kafka.faults.slowDisk('1h', { only: 'fsync' })
  await producer.send({ topic: orders, value: 'acks=1' })
  kafka.kill()
  slow.undo()
  await kafka.start()
  const values = (await kafka.readAll(orders)).map(({ value }) => value)
  assert.deepEqual(values, ['acks=all'])
})

test('a broker whose disk fails says so, and starts again on what is left', async (t) => {
  const kafka = await testKafka()
  t.after(() => kafka.close())
  const orders = await kafka.topic('orders')
  const failed = kafka.failed()
  const broken = kafka.faults.failFsync({ topic: orders })
  const sent = kafka.produce(orders, ['one'])
  await broken.happened()
  console.log((await failed).message)
  kafka.kill()
  await kafka.start()
  await sent // the producer has tried again
  assert.equal((await kafka.readAll(orders)).length, 1)
})
