// What a test lets go wrong goes wrong, so often as it says, and clients get over it; brokers are stopped, killed and started again.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { Producer } from '../../../src/client/index.ts'
import { suiteKafka } from '../../../src/testing/index.ts'
import { listens } from './listens.ts'

export function faults(): void {
  const kafka = suiteKafka({ before, after })
  afterEach(() => kafka().faults.clear())

  const valuesOf = async (topic: string) => (await kafka().readAll(topic)).map(({ value }) => value)
  /** Tries again at once. */
  const quick = () => new Producer({ ...kafka().client, retryBackoffMs: 1, retryBackoffMaxMs: 1, reconnectBackoffMs: 1 })

  test('an answer that is dropped leaves what was asked for done, and an idempotent producer writes it once', async () => {
    const topic = await kafka().topic('orders')
    const fault = kafka().faults.dropNextAnswer('Produce')
    await kafka().produce(topic, ['once'])
    assert.equal(fault.count, 1)
    assert.deepEqual(await valuesOf(topic), ['once'])
  })

  test('an answer that is kept back leaves the connection open until the client gives up', async () => {
    const topic = await kafka().topic('orders')
    await using producer = new Producer({ ...kafka().client, requestTimeoutMs: 30_000, deliveryTimeoutMs: 120_000 })
    const fault = kafka().faults.dropNextAnswer('Produce', { connection: 'silent' })
    const sent = producer.send({ topic, value: 'once' })
    await fault.happened()
    await kafka().time.advance('31s')
    assert.equal((await sent).partition, 0)
    assert.deepEqual(await valuesOf(topic), ['once'])
  })

  test('a request that is dropped, or refused, is not carried out, so often as was said', async () => {
    const topic = await kafka().topic('orders')
    await using producer = quick()
    const dropped = kafka().faults.dropNextRequest('Produce', { times: 2 })
    await producer.send({ topic, value: 'one' })
    assert.equal(dropped.count, 2)
    const refused = kafka().faults.answerNext('Produce', 'NOT_ENOUGH_REPLICAS', { times: 2 })
    await producer.send({ topic, value: 'two' })
    assert.equal(refused.count, 2)
    kafka().faults.answerNext('Produce', 'TOPIC_AUTHORIZATION_FAILED')
    await assert.rejects(kafka().produce(topic, ['three']), { code: 'TOPIC_AUTHORIZATION_FAILED' })
    assert.deepEqual(await valuesOf(topic), ['one', 'two'])
  })

  test('a fault is for the requests that it names, and over when it is undone', async () => {
    const topic = await kafka().topic('orders')
    await using other = new Producer({ ...kafka().client, clientId: 'other' })
    const seen: unknown[] = []
    using fault = kafka().faults.answerNext('Produce', 'TOPIC_AUTHORIZATION_FAILED', {
      times: Number.POSITIVE_INFINITY,
      clientId: 'other',
      where: ({ api, broker, body }) => seen.push([api, broker, (body['topicData'] as unknown[]).length]) > 0,
    })
    await kafka().produce(topic, ['one'])
    await assert.rejects(other.send({ topic, value: 'two' }), { code: 'TOPIC_AUTHORIZATION_FAILED' })
    assert.deepEqual(seen, [['Produce', 1, 1]])
    fault.undo()
    await other.send({ topic, value: 'three' })
    assert.equal(fault.count, 1)
  })

  test('an answer is late by the time of the brokers', async () => {
    const topic = await kafka().topic('orders')
    const fault = kafka().faults.delayNextAnswer('Produce', '20s')
    let isSent = false
    const sent = kafka()
      .produce(topic, ['late'])
      .then(() => (isSent = true))
    await fault.happened()
    await kafka().time.advance('19s')
    assert.equal(isSent, false)
    await kafka().time.advance('1s')
    await sent
  })

  test('on a slow disk acks=all waits for the device', async () => {
    const topic = await kafka().topic('orders')
    const slow = kafka().faults.slowDisk('10s', { topic })
    let isSent = false
    const sent = kafka()
      .produce(topic, ['slow'])
      .then(() => (isSent = true))
    await slow.happened()
    await kafka().time.advance('9s')
    assert.equal(isSent, false)
    await kafka().time.advance('30s')
    await sent
  })

  test('a slow disk that is undone lets go of what waited for it', async () => {
    const topic = await kafka().topic('orders')
    const slow = kafka().faults.slowDisk('1h', { topic })
    const sent = kafka().produce(topic, ['one', 'two'])
    await slow.happened()
    slow.undo()
    await sent
  })

  test('a flush that fails takes the disk away: the broker says so, and starts again on what was flushed', async () => {
    const topic = await kafka().topic('orders')
    await kafka().produce(topic, ['safe'])
    const failed = kafka().failed()
    const fault = kafka().faults.failFsync()
    await using producer = new Producer({ ...kafka().client, deliveryTimeoutMs: 2000, requestTimeoutMs: 1000 })
    const sent = producer.send({ topic, value: 'lost' })
    const refused = assert.rejects(sent)
    await fault.happened()
    assert.match((await failed).message, /fsync|EIO|disk|directory/i)
    await kafka().time.advance('3s')
    await refused
    kafka().kill()
    await kafka().start()
    assert.equal((await valuesOf(topic))[0], 'safe')
  })

  test('connections are cut, and clients come again', async () => {
    const topic = await kafka().topic('orders')
    await kafka().produce(topic, ['one'])
    assert.ok(kafka().faults.cutConnections() >= 1)
    await kafka().produce(topic, ['two'])
    assert.deepEqual(await valuesOf(topic), ['one', 'two'])
  })

  test('names that nothing has are refused, and a fault that does not happen says which it is', async () => {
    assert.throws(() => kafka().faults.dropNextAnswer('Prodcue' as 'Produce'), /Prodcue is no API .* did you mean Produce\?/)
    assert.throws(() => kafka().faults.answerNext('Produce', 'NOT_LEADER' as 'NONE'), /NOT_LEADER is no error/)
    assert.throws(() => kafka().faults.dropNextAnswer('Produce', { times: 0 }), RangeError)
    const fault = kafka().faults.dropNextAnswer('Produce')
    await assert.rejects(fault.happened({ timeoutMs: 5 }), /"drop the answer of Produce" to happen took longer than 5 ms/)
  })

  test('who waits for what can happen no more hears so at once', async () => {
    const undone = kafka().faults.dropNextAnswer('Produce')
    const waiting = undone.happened({ times: 2 })
    await assert.rejects(waiting, /"drop the answer of Produce" has happened 0 times and happens no more: 2 times will never be/)
    const once = undone.happened()
    undone.undo()
    await assert.rejects(once, /has happened 0 times and is undone: once will never be/)
    await assert.rejects(undone.happened(), /is undone/)
  })

  test('a broker that was stopped comes back at its port, with everything', async () => {
    const topic = await kafka().topic('orders')
    await kafka().produce(topic, ['one', { key: 'k', value: null, headers: { h: 'v' } }])
    const stopped = kafka().stop()
    assert.equal(await listens(kafka().bootstrapServers), false)
    await kafka().start() // once it is down
    await stopped
    await kafka().start()
    const [one, two] = await kafka().readAll(topic)
    assert.deepEqual([one!.value, two!.key, two!.value, two!.headers[0]!.key], ['one', 'k', null, 'h'])
  })

  test('a broker that cannot stop, because its disk hangs, can be killed meanwhile', async () => {
    const topic = await kafka().topic('orders')
    const slow = kafka().faults.slowDisk('1h', { only: 'fsync' })
    const sent = kafka().produce(topic, ['one'])
    await slow.happened()
    const stopped = kafka().stop()
    kafka().kill()
    await stopped
    slow.undo()
    await kafka().start()
    await sent // the producer has tried again
  })

  test('a broker that is killed forgets what it had not flushed, and nothing that was acknowledged by acks=all', async () => {
    const topic = await kafka().topic('orders')
    await kafka().produce(topic, ['flushed'])
    await using hasty = new Producer({ ...kafka().client, acks: '1', enableIdempotence: false })
    const slow = kafka().faults.slowDisk('1h', { only: 'fsync' })
    assert.equal((await hasty.send({ topic, value: 'written' })).offset, 1)
    kafka().kill()
    slow.undo()
    assert.equal(await listens(kafka().bootstrapServers), false)
    await kafka().start()
    assert.deepEqual(await valuesOf(topic), ['flushed'])
  })

  test('a broker that is killed and keeps what it wrote has all that it acknowledged', async () => {
    const topic = await kafka().topic('orders')
    await using hasty = new Producer({ ...kafka().client, acks: '1', enableIdempotence: false })
    kafka().faults.slowDisk('1h', { only: 'fsync', topic })
    await hasty.send({ topic, value: 'written' })
    kafka().kill(1, { keeps: 'written' })
    kafka().faults.clear()
    await kafka().start()
    assert.deepEqual(await valuesOf(topic), ['written'])
  })
}
