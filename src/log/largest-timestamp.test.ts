// Topics with message.timestamp.after.max.ms=9223372036854775807 take any timestamp; a double rounds the largest to 2^63.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogWorld, logConfig, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { batches, RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'

const LARGEST = 2 ** 63

function batchAt(timestamp: number, value: string, key = 'k', sequence = 0): RecordBatch {
  const records = [{ key: Buffer.from(key), value: Buffer.from(value), timestamp }]
  return new RecordBatch(buildBatch({ records, producerId: LARGEST, producerEpoch: 0, baseSequence: sequence }))
}

test('a batch holds the largest timestamp and producer id as they came', () => {
  const { bytes, maxTimestamp } = batchAt(LARGEST, 'v')
  assert.equal(maxTimestamp, LARGEST)
  const view = Buffer.from(bytes)
  assert.deepEqual(
    [27, 35, 43].map((at) => view.readBigInt64BE(at)),
    Array(3).fill(2n ** 63n - 1n),
  )
})

test('a log with the largest timestamp rolls, stops, starts, recovers and is found by time', async () => {
  const world = new LogWorld(logConfig({ 'index.interval.bytes': 0 }))
  let dir = await world.open()
  let log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchAt(1000, 'a', 'k', 0), 0)
  log.append(batchAt(LARGEST, 'b', 'k', 1), 0)
  log.roll()
  log.append(batchAt(LARGEST, 'c', 'k', 2), 0)
  await log.flushed()
  await settle(20)
  await dir.close({ brokerEpoch: 1 })
  for (const isClean of [true, false]) {
    dir = await world.open()
    log = dir.logs.get('t-0')!
    assert.deepEqual(valuesOf(await readAll(log)), ['a', 'b', 'c'])
    assert.equal((await log.offsetForTimestamp(1001))?.offset, 1)
    assert.equal((await log.maxTimestampOffset())?.offset, 1)
    if (isClean) await world.crash()
  }
  assert.equal(dir.offline, null)
})

test('tombstones that never expire keep their timestamps through compaction', async () => {
  const world = new LogWorld(
    logConfig({ 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0, 'delete.retention.ms': LARGEST }),
  )
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  const records = [{ key: Buffer.from('k'), value: null, timestamp: 1_700_000_000_123 }]
  log.append(new RecordBatch(buildBatch({ records })), 0)
  log.roll()
  log.highWatermark = log.endOffset
  await settle(20)
  assert.notEqual(await log.compact(world.clock.now()), null)
  const { views } = await log.read(0, 1000, log.endOffset)
  const [batch] = batches(Buffer.concat(views))
  const [record] = batch!.records()
  assert.equal(record!.timestamp, 1_700_000_000_123)
  assert.ok(batch!.deleteHorizonMs! > 2 ** 52)
})
