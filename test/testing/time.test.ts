// The time of brokers of `odradek/testing` is moved, and what depends on it happens.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consumer } from '../../src/client/index.ts'
import { testKafka } from '../../src/testing/index.ts'

test('records that are older than their retention go, and newer ones stay', async () => {
  await using kafka = await testKafka()
  const day = await kafka.topic('day', { configs: { 'retention.ms': 86_400_000 } })
  const month = await kafka.topic('month', { configs: { 'retention.ms': 30 * 86_400_000 } })
  await kafka.produce(day, ['old'])
  await kafka.produce(month, ['old'])
  const before = kafka.time.now()
  await kafka.time.advance('7d')
  assert.ok(kafka.time.now() - before >= 7 * 86_400_000)
  await kafka.produce(day, ['new'])
  await kafka.time.advance('1h')
  assert.deepEqual(
    (await kafka.readAll(day)).map(({ value, offset }) => [value, offset]),
    [['new', 1]],
  )
  assert.equal((await kafka.readAll(month)).length, 1)
})

test('a member whose own clock stands still loses its session; one that shares the time of the brokers stays', async () => {
  await using kafka = await testKafka()
  const topic = await kafka.topic('orders', { partitions: 2 })
  const lost: string[] = []
  const member = async (name: string, config: { bootstrapServers: string }) => {
    const consumer = new Consumer({ ...config, groupId: name, autoOffsetReset: 'earliest' })
    consumer.subscribe([topic], { onLost: () => void lost.push(name) })
    assert.deepEqual(await consumer.poll({ timeoutMs: 50 }).then((records) => records.length), 0)
    while (consumer.assignment().length === 0) await consumer.poll({ timeoutMs: 20 })
    return consumer
  }
  await using still = await member('still', { bootstrapServers: kafka.bootstrapServers })
  await using shared = await member('shared', kafka.client)
  const members = async (name: string) => (await kafka.admin.describeConsumerGroups([name])).get(name)!.members.length
  assert.deepEqual([await members('still'), await members('shared')], [1, 1])
  await kafka.time.advance('2m')
  assert.deepEqual([await members('still'), await members('shared')], [0, 1])
  assert.equal(shared.assignment().length, 2)
  assert.deepEqual(lost, [])
  assert.equal(still.assignment().length, 2, 'it does not know yet')
})

test('offsets of a group without members expire', async () => {
  await using kafka = await testKafka({ config: { 'offsets.retention.minutes': 60 } })
  const topic = await kafka.topic('orders')
  await kafka.produce(topic, ['one'])
  await kafka.admin.alterGroupOffsets('shop', [{ topic, partition: 0, offset: 1 }])
  await kafka.time.advance('50m')
  assert.equal((await kafka.admin.listGroupOffsets('shop')).length, 1)
  await kafka.time.advance('1h')
  assert.equal((await kafka.admin.listGroupOffsets('shop')).length, 0)
})

test('moves of time follow each other, and one can be given up', async () => {
  await using kafka = await testKafka()
  const before = kafka.time.now()
  await Promise.all([kafka.time.advance('1m'), kafka.time.advance(60_000)])
  const moved = kafka.time.now() - before
  assert.ok(moved >= 120_000 && moved < 150_000, `${moved}`)
  await assert.rejects(kafka.time.advance('1d', { signal: AbortSignal.abort('enough') }), { name: 'AbortError' })
  assert.ok(kafka.time.now() - before < 150_000)
  await assert.rejects(kafka.time.advance('7 days' as '7d'), /7 days is no length of time; allowed/)
  await assert.rejects(kafka.time.advance(-1), RangeError)
})
