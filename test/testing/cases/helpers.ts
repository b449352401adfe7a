// What tests use every day: topics of their own, records in and out, groups that have read everything, and time that is moved.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Consumer, serdes } from '../../../src/client/index.ts'
import { suiteKafka } from '../../../src/testing/index.ts'

export function helpers(): void {
  const kafka = suiteKafka({ before, after }, { config: { 'offsets.retention.minutes': 60 } })

  test('two topics of one name are two topics, with what they were asked to have', async () => {
    const [one, two] = await Promise.all([
      kafka().topic('orders', { partitions: 3, configs: { 'retention.ms': 1000 } }),
      kafka().topic('orders'),
    ])
    assert.notEqual(one, two)
    assert.match(one, /^orders-/)
    const found = await kafka().admin.describeTopics([one, two])
    assert.deepEqual([found.get(one)!.partitions.length, found.get(two)!.partitions.length], [3, 1])
    await assert.rejects(kafka().topic('no/name'), { code: 'INVALID_TOPIC_EXCEPTION' })
  })

  test('everything is read in the order of partitions and offsets, as deserializers have it', async () => {
    const topic = await kafka().topic('numbers', { partitions: 2 })
    const records = [3, 1, 2].map((value, at) => ({ partition: at % 2, value: JSON.stringify({ value }) }))
    const places = await kafka().produce(topic, records)
    assert.deepEqual(
      places.map(({ partition, offset }) => [partition, offset]),
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    )
    const found = await kafka().readAll(topic, { valueDeserializer: serdes.json<{ value: number }>() })
    assert.deepEqual(
      found.map(({ value }) => value?.value),
      [3, 2, 1],
    )
    assert.deepEqual(await kafka().readAll(await kafka().topic('empty')), [])
  })

  test('lag zero comes when the group has committed everything, and not before', async () => {
    const topic = await kafka().topic('orders', { partitions: 2 })
    await kafka().produce(
      topic,
      Array.from({ length: 10 }, (_, at) => ({ partition: at % 2, value: `${at}` })),
    )
    await using consumer = new Consumer({
      ...kafka().client,
      groupId: 'shop',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
    })
    consumer.subscribe(topic)
    let isZero = false
    const zero = kafka()
      .lagZero('shop', { topics: [topic] })
      .then(() => (isZero = true))
    for (let count = 0; count < 10; ) count += (await consumer.poll()).length
    assert.deepEqual(
      (await kafka().lag('shop')).map(({ partition, committed, end, lag }) => [partition, committed, end, lag]),
      [
        [0, null, 5, 5],
        [1, null, 5, 5],
      ],
    )
    assert.equal(isZero, false)
    await consumer.commit()
    await zero
  })

  test('a group that does not come to its end is told by what lags, and by how much', async () => {
    const topic = await kafka().topic('orders', { partitions: 2 })
    await kafka().produce(
      topic,
      ['1', '2', '3'].map((value) => ({ partition: 1, value })),
    )
    await kafka().admin.alterGroupOffsets('slow', [{ topic, partition: 1, offset: 1 }])
    await assert.rejects(kafka().lagZero('slow', { timeoutMs: 50 }), (thrown: Error) => {
      assert.equal(thrown.name, 'TimeoutError')
      assert.match(thrown.message, new RegExp(`the group slow .* 50 ms; .*${topic}-1 lags by 2: 1 is committed, the end is 3`))
      return true
    })
    await assert.rejects(kafka().lagZero('nobody', { timeoutMs: 50 }), /the group nobody has neither members nor offsets/)
    await assert.rejects(kafka().lagZero('slow', { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  test('what waits can be given up', async () => {
    const topic = await kafka().topic('orders')
    const signal = AbortSignal.abort()
    await assert.rejects(kafka().topic('x', { signal }), { name: 'AbortError' })
    await assert.rejects(kafka().produce(topic, ['x'], { signal }), { name: 'AbortError' })
    await assert.rejects(kafka().readAll(topic, { signal }), { name: 'AbortError' })
    await assert.rejects(kafka().faults.dropNextAnswer('Fetch').happened({ signal }), { name: 'AbortError' })
    kafka().faults.clear()
  })

  test('records that are older than their retention go, and newer ones stay', async () => {
    const day = await kafka().topic('day', { configs: { 'retention.ms': 86_400_000 } })
    const month = await kafka().topic('month', { configs: { 'retention.ms': 30 * 86_400_000 } })
    await kafka().produce(day, ['old'])
    await kafka().produce(month, ['old'])
    const before = kafka().time.now()
    await kafka().time.advance('7d')
    assert.ok(kafka().time.now() - before >= 7 * 86_400_000)
    await kafka().produce(day, ['new'])
    await kafka().time.advance('1h')
    assert.deepEqual(
      (await kafka().readAll(day)).map(({ value, offset }) => [value, offset]),
      [['new', 1]],
    )
    assert.equal((await kafka().readAll(month)).length, 1)
  })

  test('a member whose own clock stands still loses its session; one that shares the time of the brokers stays', async () => {
    const topic = await kafka().topic('orders', { partitions: 2 })
    const lost: string[] = []
    const member = async (name: string, config: { bootstrapServers: string }) => {
      const consumer = new Consumer({ ...config, groupId: name, autoOffsetReset: 'earliest' })
      consumer.subscribe([topic], { onLost: () => void lost.push(name) })
      assert.deepEqual(await consumer.poll({ timeoutMs: 50 }).then((records) => records.length), 0)
      while (consumer.assignment().length === 0) await consumer.poll({ timeoutMs: 20 })
      return consumer
    }
    await using still = await member('still', { bootstrapServers: kafka().bootstrapServers })
    await using shared = await member('shared', kafka().client)
    const members = async (name: string) => (await kafka().admin.describeConsumerGroups([name])).get(name)!.members.length
    assert.deepEqual([await members('still'), await members('shared')], [1, 1])
    await kafka().time.advance('2m')
    assert.deepEqual([await members('still'), await members('shared')], [0, 1])
    assert.equal(shared.assignment().length, 2)
    assert.deepEqual(lost, [])
    assert.equal(still.assignment().length, 2, 'it does not know yet')
  })

  test('offsets of a group without members expire', async () => {
    const topic = await kafka().topic('orders')
    await kafka().produce(topic, ['one'])
    await kafka().admin.alterGroupOffsets('shop', [{ topic, partition: 0, offset: 1 }])
    await kafka().time.advance('50m')
    assert.equal((await kafka().admin.listGroupOffsets('shop')).length, 1)
    await kafka().time.advance('1h')
    assert.equal((await kafka().admin.listGroupOffsets('shop')).length, 0)
  })

  test('moves of time follow each other, and one can be given up', async () => {
    const before = kafka().time.now()
    await Promise.all([kafka().time.advance('1m'), kafka().time.advance(60_000)])
    const moved = kafka().time.now() - before
    assert.ok(moved >= 120_000 && moved < 150_000, `${moved}`)
    await assert.rejects(kafka().time.advance('1d', { signal: AbortSignal.abort('enough') }), { name: 'AbortError' })
    assert.ok(kafka().time.now() - before < 150_000)
    await assert.rejects(kafka().time.advance('7 days' as '7d'), /7 days is no length of time; allowed/)
    await assert.rejects(kafka().time.advance(-1), RangeError)
  })
}
