import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import type { Log } from './log.ts'

async function newLog(changes = {}): Promise<{ world: LogWorld; log: Log; dir: Awaited<ReturnType<LogWorld['open']>> }> {
  const world = new LogWorld(logConfig(changes))
  const dir = await world.open()
  return { world, dir, log: await dir.createLog('t', 0, TOPIC_ID, world.config) }
}

test('an append is final at once, written later, flushed when asked for', async () => {
  const { log } = await newLog()
  const appended = log.append(batchOf(['a', 'b']), 7)
  assert.deepEqual(appended, { baseOffset: 0, lastOffset: 1, appendTime: -1 })
  assert.deepEqual([log.endOffset, log.writtenOffset, log.flushedOffset], [2, 0, 0])
  await settle()
  assert.deepEqual([log.endOffset, log.writtenOffset, log.flushedOffset], [2, 2, 0])
  log.requestFlush()
  await settle()
  assert.deepEqual([log.endOffset, log.writtenOffset, log.flushedOffset], [2, 2, 2])
})

test('what was not written yet can be read', async () => {
  const { log } = await newLog()
  log.append(batchOf(['a']), 0)
  assert.deepEqual(valuesOf(await readAll(log)), ['a'])
})

test('all appends of one turn leave in one write, and one flush serves them', async () => {
  const { log, dir } = await newLog()
  const seen: [number, number][] = []
  log.onProgress(({ writtenOffset, flushedOffset }) => seen.push([writtenOffset, flushedOffset]))
  for (let i = 0; i < 100; i++) {
    log.append(batchOf([`${i}`]), 0)
    log.requestFlush()
  }
  await settle()
  assert.deepEqual(seen, [
    [100, 0],
    [100, 100],
  ])
  assert.equal(dir.flushes, 1)
})

test('a batch that is appended while a flush is under way waits for the next one', async () => {
  const { log, dir } = await newLog()
  log.append(batchOf(['first']), 0)
  await log.flushed() // with the name of the directory; from here on a flush is one call
  log.append(batchOf(['a']), 0)
  log.requestFlush()
  log.onProgress(() => {
    if (log.endOffset > 2) return
    log.append(batchOf(['b']), 0)
    log.requestFlush()
    assert.ok(log.flushedOffset < log.endOffset)
  })
  await settle(10)
  assert.equal(log.flushedOffset, 3)
  assert.equal(dir.flushes, 3)
})

test('no batch at or beyond the limit comes out', async () => {
  const { log } = await newLog()
  for (const value of ['a', 'b', 'c']) log.append(batchOf([value, value]), 0)
  for (const [limit, expected] of [
    [0, 0],
    [1, 0],
    [2, 2],
    [3, 2],
    [4, 4],
    [6, 6],
    [99, 6],
  ] as const) {
    const read = await log.read(0, 1 << 20, limit)
    assert.equal(countOf(read.views), expected, `limit ${limit}`)
    read.release()
  }
})

function countOf(views: readonly Uint8Array[]): number {
  const bytes = Buffer.concat(views)
  let count = 0
  for (let at = 0; at < bytes.length; ) {
    const batch = new RecordBatch(bytes, at)
    count += batch.recordCount
    at += batch.sizeInBytes
  }
  return count
}

test('the first batch is whole beyond maxBytes, or nothing comes where that is not wanted', async () => {
  const { log } = await newLog()
  log.append(batchOf(['x'.repeat(500)]), 0)
  log.append(batchOf(['y'.repeat(500)]), 0)
  const size = log.sizeInBytes / 2
  const [whole, none, cut] = [await log.read(0, 10, 2), await log.read(0, 10, 2, false), await log.read(0, size + 100, 2)]
  assert.deepEqual([whole.sizeInBytes, none.sizeInBytes, cut.sizeInBytes], [size, 0, size + 100])
  for (const read of [whole, none, cut]) read.release()
})

test('offsets outside of the log are refused', async () => {
  const { log } = await newLog()
  log.append(batchOf(['a', 'b', 'c']), 0)
  await log.deleteBefore(2)
  for (const offset of [-1, 0, 1, 4]) await assert.rejects(log.read(offset, 100, 3), { error: 'OFFSET_OUT_OF_RANGE' })
  assert.equal((await log.read(3, 100, 3)).sizeInBytes, 0)
  assert.deepEqual(valuesOf(await readAll(log)), ['c'])
})

test('reads go on across segments, from memory and from disk alike', async () => {
  const { log, world, dir } = await newLog({ 'internal.segment.bytes': 2000, 'index.interval.bytes': 200 })
  const values = Array.from({ length: 300 }, (_, i) => `value ${i}`)
  for (const value of values) log.append(batchOf([value]), 0)
  assert.deepEqual(valuesOf(await readAll(log, 0, 700)), values)
  await dir.close({ brokerEpoch: 5 })
  const again = (await world.open()).logs.get('t-0')!
  assert.deepEqual(valuesOf(await readAll(again, 0, 700)), values)
  assert.deepEqual(valuesOf(await readAll(again, 250, 70)), values.slice(250))
})

test('the tail gives up memory beyond its budget, and reads are the same', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open({ tailBytes: 64 * 1024 })
  const logs = await Promise.all([0, 1, 2].map((partition) => dir.createLog('t', partition, TOPIC_ID, world.config)))
  const expected = logs.map(() => [] as string[])
  for (let i = 0; i < 300; i++) {
    logs.forEach((log, at) => {
      const value = `${at}:${i}:${'x'.repeat(500)}`
      expected[at]!.push(value)
      log.append(batchOf([value]), 0)
    })
    if (i % 20 === 0) await settle(1)
  }
  await settle()
  for (const [at, log] of logs.entries()) assert.deepEqual(valuesOf(await readAll(log, 0, 3000)), expected[at])
})

test('views stay as they are while they are held, whatever is appended, evicted or cut', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open({ tailBytes: 64 * 1024 })
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['a'.repeat(2000)]), 0)
  log.append(batchOf(['b'.repeat(2000)]), 0)
  const read = await log.read(0, 1 << 20, 2)
  const before = Buffer.concat(read.views)
  await log.truncate(1)
  for (let i = 0; i < 100; i++) {
    log.append(batchOf(['c'.repeat(3000)]), 0)
    await settle(1)
  }
  assert.deepEqual(Buffer.concat(read.views), before)
  read.release()
})

test("a segment ends when it is full, too old by the records' own time, or when its index is full", async () => {
  const cases = [
    { changes: { 'internal.segment.bytes': 150 }, expected: [0, 1, 2] },
    { changes: { 'segment.ms': 500 }, expected: [0, 2] },
    { changes: { 'segment.index.bytes': 32, 'index.interval.bytes': 0 }, expected: [0, 2] },
  ]
  for (const { changes, expected } of cases) {
    const { log, dir, world } = await newLog(changes)
    for (const timestamp of [1000, 1400, 1600]) log.append(batchOf(['x'.repeat(50)], { timestamp }), 0)
    await dir.close({ brokerEpoch: 1 })
    const names = (await world.disk.list(log.dir)).map(({ name }) => name).filter((name) => name.endsWith('.log'))
    assert.deepEqual(
      names.map((name) => Number.parseInt(name, 10)),
      expected,
      JSON.stringify(changes),
    )
  }
})

test('a write that fails takes the directory offline, for good and for all its logs', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  const [log, other] = [await dir.createLog('t', 0, TOPIC_ID, world.config), await dir.createLog('t', 1, TOPIC_ID, world.config)]
  const told: string[] = []
  dir.onOffline(({ code }) => told.push(code))
  world.disk.open = async (path) => {
    const { DiskError } = await import('../platform/disk.ts')
    throw new DiskError(path, 'EIO', 'the device is gone')
  }
  log.append(batchOf(['a']), 0)
  await settle()
  assert.deepEqual(told, ['EIO'])
  assert.equal(log.writtenOffset, 0)
  for (const one of [log, other]) assert.throws(() => one.append(batchOf(['b']), 0), { error: 'KAFKA_STORAGE_ERROR' })
  await assert.rejects(dir.createLog('t', 2, TOPIC_ID, world.config), { error: 'KAFKA_STORAGE_ERROR' })
})

test('flush.messages and flush.ms flush without being asked', async () => {
  const { log } = await newLog({ 'flush.messages': 3 })
  log.append(batchOf(['a', 'b']), 0)
  await settle()
  assert.equal(log.flushedOffset, 0)
  log.append(batchOf(['c']), 0)
  await settle()
  assert.equal(log.flushedOffset, 3)

  const { log: timed, world } = await newLog({ 'flush.ms': 200 })
  timed.append(batchOf(['a']), 0)
  await world.clock.advance(199)
  assert.equal(timed.flushedOffset, 0)
  await world.clock.advance(1)
  await settle()
  assert.equal(timed.flushedOffset, 1)
})

test('a follower takes batches with the offsets they have, and refuses damaged ones whole', async () => {
  const { log: leader } = await newLog()
  for (const value of ['a', 'b', 'c']) leader.append(batchOf([value]), value === 'c' ? 5 : 4)
  const read = await leader.read(0, 1 << 20, 3)
  const bytes = Buffer.concat(read.views)
  read.release()
  const { log } = await newLog()
  const damaged = Buffer.from(bytes)
  damaged[damaged.length - 1]! ^= 1
  assert.throws(() => log.appendAsFollower(damaged), { error: 'CORRUPT_MESSAGE' })
  assert.equal(log.endOffset, 0)
  assert.equal(log.appendAsFollower(bytes).lastOffset, 2)
  assert.deepEqual(await readAll(log), await readAll(leader))
  assert.deepEqual([log.latestEpoch, log.epochAt(1), log.endOffsetForEpoch(4).endOffset], [5, 4, 2])
})
