// What a broker removes on its own or on request: old segments, records before an offset, superseded values of a key.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorCode } from '../../src/protocol/errors.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/protocol/messages/delete-records.ts'
import { batchOf, EARLIEST, type KafkaClient, LATEST } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, inMemory, tempDir } from '../support/running-broker.ts'

/** Chores are done every few milliseconds. */
const busy = {
  'log.retention.check.interval.ms': 20,
  'log.cleaner.backoff.ms': 20,
  'log.segment.delete.delay.ms': 0,
}
const SMALL_SEGMENTS = { 'segment.bytes': String(1 << 20) }
const HALF_A_MIB = 'x'.repeat(1 << 19)

test('records before an offset are deleted on request: the log starts there, at once and after a restart', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await before.createTopic('cut')
  for (let i = 0; i < 10; i++) await before.produce('cut', [`${i}`])
  assert.deepEqual(await deleteRecords(before, 'cut', 4), { errorCode: 0, lowWatermark: 4 })
  assert.equal((await before.fetch('cut', 0, 3)).errorCode, errorCode('OFFSET_OUT_OF_RANGE'))
  assert.deepEqual(await offsets(before, 'cut'), [4, 10])
  assert.equal((await deleteRecords(before, 'cut', 11)).errorCode, errorCode('OFFSET_OUT_OF_RANGE'))
  assert.deepEqual(await deleteRecords(before, 'cut', 2), { errorCode: 0, lowWatermark: 4 })
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir }))
  assert.deepEqual(await offsets(after, 'cut'), [4, 10])
  assert.equal((await after.readAll('cut'))[0]!.offset, 4)
  assert.deepEqual(await deleteRecords(after, 'cut', -1), { errorCode: 0, lowWatermark: 10 })
  assert.deepEqual(await after.readAll('cut'), [])
  assert.equal(await after.produce('cut', ['next']), 10)
})

test('a compacted topic loses no records on request', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
  await client.produce('compacted', [{ key: 'a', value: '1' }])
  assert.equal((await deleteRecords(client, 'compacted', 1)).errorCode, errorCode('POLICY_VIOLATION'))
})

test('segments beyond retention.bytes go, oldest first, and their files too', async (t) => {
  const dataDir = await tempDir(t)
  const client = await clientFor(t, await brokerFor(t, { dataDir, config: busy }))
  await client.createTopic('sized', { configs: { ...SMALL_SEGMENTS, 'retention.bytes': String(3 << 20) } })
  for (let i = 0; i < 20; i++) await client.produce('sized', [HALF_A_MIB])
  await eventually('the log is cut to about 3 MiB', async () => (await client.offset('sized', EARLIEST)) >= 12)
  const [start, end] = await offsets(client, 'sized')
  assert.equal(end, 20)
  assert.ok(start! <= 15, `start ${start}`)
  assert.equal((await client.readAll('sized')).length, end! - start!)
  const files = async () => (await readdir(join(dataDir, 'sized-0'))).filter((name) => /\.log(\.deleted)?$/.test(name))
  // Another segment may go after the look above.
  await eventually('old files are gone', async () => {
    const first = Number((await files()).sort()[0]!.slice(0, 20))
    return first === (await client.offset('sized', EARLIEST))
  })
})

test('records older than retention.ms go, even those of the last segment; younger ones stay', async (t) => {
  const { client } = await inMemory(t, busy)
  const hourAgo = Date.now() - 3_600_000
  await client.createTopic('timed', { configs: { ...SMALL_SEGMENTS, 'retention.ms': '1800000' } })
  for (let i = 0; i < 6; i++) await client.produce('timed', [{ value: HALF_A_MIB, timestamp: hourAgo }])
  await eventually('all old records are gone', async () => (await client.offset('timed', EARLIEST)) === 6)
  assert.equal(await client.produce('timed', ['young']), 6)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(await offsets(client, 'timed'), [6, 7])
})

test('a topic that keeps everything starts to forget when its configuration says so', async (t) => {
  const { client } = await inMemory(t, busy)
  await client.createTopic('changed', { configs: { ...SMALL_SEGMENTS, 'retention.ms': '-1' } })
  for (let i = 0; i < 6; i++) await client.produce('changed', [{ value: HALF_A_MIB, timestamp: 1000 }])
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(await offsets(client, 'changed'), [0, 6])
  await client.alterConfigs('topic', 'changed', { 'retention.ms': '1000' })
  await eventually('old records are gone', async () => (await client.offset('changed', EARLIEST)) === 6)
})

test('compaction keeps the last value of each key at its offset, drops deleted keys in time, and survives a restart', async (t) => {
  const dataDir = await tempDir(t)
  const config = { ...busy, 'log.cleaner.min.cleanable.ratio': 0 }
  const first = await brokerFor(t, { dataDir, config })
  const before = await clientFor(t, first)
  const configs = { ...SMALL_SEGMENTS, 'cleanup.policy': 'compact', 'delete.retention.ms': '0' }
  await before.createTopic('latest', { configs })
  for (let round = 0; round < 5; round++) {
    const texts = Array.from({ length: 100 }, (_, key) => ({ key: `key ${key}`, value: `${round}:${'v'.repeat(5000)}` }))
    await before.produce('latest', texts, { compression: round % 2 ? 'gzip' : 'none' })
  }
  await before.produce('latest', [{ key: 'key 7', value: null }])
  for (let i = 0; i < 4; i++) await before.produce('latest', [{ key: `filler ${i}`, value: HALF_A_MIB }])
  const isClean = async () => {
    const keys = (await before.readAll('latest')).map(({ key }) => key)
    return new Set(keys).size === keys.length
  }
  await eventually('only last values are left', isClean)
  // A tombstone goes in a pass after the one that saw it first (KIP-534), and a pass needs something new to look at.
  for (let i = 4; i < 8; i++) await before.produce('latest', [{ key: `filler ${i}`, value: HALF_A_MIB }])
  const hasTombstone = async () => (await before.readAll('latest')).some(({ key }) => key === 'key 7')
  await eventually('the tombstone is gone', async () => !(await hasTombstone()))
  const left = await before.readAll('latest')
  assert.equal(left.length, 99 + 8)
  for (const { key, value, offset } of left) {
    if (!key!.startsWith('key')) continue
    assert.equal(offset, 400 + Number(key!.slice(4)))
    assert.ok(value!.startsWith('4:'))
  }
  assert.deepEqual(await offsets(before, 'latest'), [0, 509])
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir, config }))
  assert.deepEqual(await after.readAll('latest'), left)
  assert.equal(await after.produce('latest', [{ key: 'key 1', value: 'new' }]), 509)
})

test('a compacted topic takes no record without a key', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
  const answer = await client.send('compacted', 0, batchOf(['no key']))
  assert.equal(answer.errorCode, errorCode('INVALID_RECORD'))
})

async function offsets(client: KafkaClient, topic: string): Promise<number[]> {
  return [await client.offset(topic, EARLIEST), await client.offset(topic, LATEST)]
}

async function deleteRecords(client: KafkaClient, name: string, offset: number) {
  const body = { topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 5000 }
  const { topics } = await client.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, body)
  const { errorCode, lowWatermark } = topics[0]!.partitions[0]!
  return { errorCode, lowWatermark }
}
