// A log is closed, deleted or told to stop while others are at work on it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { keptLog } from '../../test/support/running-broker.ts'
import { slowDisk } from '../../test/support/slow-disk.ts'
import { AssertionFailed } from '../base/assert.ts'
import { DiskError } from '../platform/disk.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Log } from './log.ts'
import type { LogDir } from './log-dir.ts'

const small = { 'internal.segment.bytes': 500, 'index.interval.bytes': 100 }

/** A log of several segments on a slow disk, its directory opened anew: nothing of it is in memory. */
async function coldLog(): Promise<{ dir: LogDir; log: Log; open: string[] }> {
  const { disk, open } = slowDisk()
  const world = new LogWorld(logConfig(small), disk)
  const before = await world.open()
  const written = await before.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 20; i++) written.append(batchOf(['v'.repeat(100)], { timestamp: 1000 + i }), 0)
  await before.close({ brokerEpoch: 1 })
  const dir = await world.open({ maxOpenFiles: 1 })
  return { dir, log: dir.logs.get('t-0')!, open }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (thrown) {
    return thrown instanceof KafkaError ? thrown.error : `${thrown}`
  }
}

test('a log that is deleted while it is read cold refuses the readers, keeps its directory online and no file open', async () => {
  const outcomes = new Set<string>()
  for (let turns = 0; turns < 16; turns++) {
    const { dir, log, open } = await coldLog()
    const reads = [
      ...[0, 7, 13, 19].map((offset) => log.read(offset, 300, log.endOffset)),
      log.offsetForTimestamp(1012),
      log.maxTimestampOffset(),
      readAll(log),
    ].map(outcomeOf)
    await settle(turns)
    await dir.deleteLog(log)
    for (const outcome of await Promise.all(reads)) outcomes.add(outcome)
    assert.equal(dir.offline, null)
    assert.deepEqual(open, [])
    await dir.close(null)
  }
  assert.deepEqual([...outcomes].sort(), ['KAFKA_STORAGE_ERROR', 'done'])
})

test('a log that is deleted while it is flushed, sealed and checkpointed keeps its directory online', async () => {
  for (let turns = 0; turns < 16; turns++) {
    const { disk } = slowDisk()
    const world = new LogWorld(logConfig(small), disk)
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (let i = 0; i < 12; i++) log.append(batchOf(['v'.repeat(100)]), i)
    const work = [log.flushed(), dir.checkpoint()].map(outcomeOf)
    await settle(turns)
    await dir.deleteLog(log)
    assert.ok((await Promise.all(work)).every((outcome) => outcome === 'done' || outcome === 'KAFKA_STORAGE_ERROR'))
    assert.equal(dir.offline, null)
    await dir.close(null)
  }
})

test('compaction and retention change nothing once they are told to stop', async () => {
  const world = new LogWorld(
    logConfig({ ...small, 'cleanup.policy': ['compact', 'delete'], 'min.cleanable.dirty.ratio': 0, 'retention.ms': 10 }),
  )
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 20; i++) log.append(batchOf(['v'.repeat(100)], { key: 'k' }), 0)
  log.highWatermark = log.endOffset
  await log.flushed()
  await settle(20)
  const before = await readAll(log)
  let asked = 0
  const afterSome = () => asked++ > 5
  assert.equal(await log.compact(world.clock.now(), afterSome), null)
  assert.equal(await log.applyRetention(world.clock.now() + 1_000_000, () => true), 0)
  assert.deepEqual(await readAll(log), before)
  assert.notEqual(await log.compact(world.clock.now()), null)
})

test('a compaction with little memory for keys goes on where the last one ended', async () => {
  const world = new LogWorld(logConfig({ ...small, 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0 }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 40; i++) log.append(batchOf(['v'.repeat(50)], { key: `k${i % 20}` }), 0)
  log.roll()
  log.highWatermark = log.endOffset
  await settle(30)
  const first = await log.compact(world.clock.now(), undefined, 500)
  assert.ok(first && first.cleanedUpTo < log.endOffset)
  for (let passes = 0; await log.compact(world.clock.now(), undefined, 0); passes++) assert.ok(passes < 60)
  assert.equal(log.cleanedUpTo, log.endOffset)
})

test('a defect in a read is told to the reader, and neither it nor one of a listener takes the directory offline', async () => {
  const { disk } = slowDisk()
  const world = new LogWorld(logConfig(), disk)
  const dir = await world.open({ tailBytes: 0 })
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.onProgress(() => {
    throw new TypeError('a listener')
  })
  log.append(batchOf(['v']), 0)
  await log.flushed()
  const again = await reopened(dir, world)
  const open = disk.open
  disk.open = async (path, create) => {
    const file = await open(path, create)
    file.read = () => Promise.reject(new TypeError('a defect'))
    return file
  }
  await assert.rejects(again.logs.get('t-0')!.read(0, 100, 1), { error: 'UNKNOWN_SERVER_ERROR' })
  disk.open = open
  assert.equal(again.offline, null)
})

async function reopened(dir: LogDir, world: LogWorld): Promise<LogDir> {
  await dir.close({ brokerEpoch: 1 })
  return world.open({ maxOpenFiles: 0 })
}

test('all who follow a directory hear that its disk failed, though one of them fails itself', async () => {
  const { disk } = slowDisk()
  const world = new LogWorld(logConfig(), disk)
  const dir = await world.open()
  const heard: string[] = []
  dir.onOffline(() => {
    throw new TypeError('a follower')
  })
  dir.onOffline(({ code }) => heard.push(code))
  disk.mkdir = (path) => Promise.reject(new DiskError(path, 'EIO', 'the disk is gone'))
  await assert.rejects(dir.createLog('t', 0, TOPIC_ID, world.config), { error: 'KAFKA_STORAGE_ERROR' })
  await settle(8)
  assert.deepEqual(heard, ['EIO'])
})

test('a log whose new start could not be written down says that its disk failed', async () => {
  const { disk } = slowDisk()
  const world = new LogWorld(logConfig(), disk)
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['a', 'b']), 0)
  disk.replaceAtomic = (path) => Promise.reject(new DiskError(path, 'ENOSPC', 'the disk is full'))
  await assert.rejects(log.deleteBefore(1), { error: 'KAFKA_STORAGE_ERROR' })
})

test('a defect of ours in a write takes that log out of use, with its stack told, and neither its directory nor other logs', async () => {
  const { disk } = slowDisk()
  const world = new LogWorld(logConfig(), disk)
  const { logger, lines } = keptLog()
  Object.assign(world, { logger })
  const dir = await world.open()
  const [bad, good] = [
    await dir.createLog('bad', 0, TOPIC_ID, world.config),
    await dir.createLog('good', 0, TOPIC_ID, world.config),
  ]
  const { open } = disk
  disk.open = async (path, create) => {
    const file = await open.call(disk, path, create)
    if (path.includes('/bad-0/')) file.append = () => Promise.reject(new TypeError('a defect'))
    return file
  }
  const broken: string[] = []
  bad.onBroken(({ message }) => broken.push(message))
  bad.append(batchOf(['v']), 0)
  good.append(batchOf(['v']), 0)
  await assert.rejects(bad.flushed(), TypeError)
  assert.deepEqual(broken, ['a defect'])
  assert.throws(() => bad.append(batchOf(['v']), 0), { error: 'KAFKA_STORAGE_ERROR' })
  assert.deepEqual(
    lines.map(({ level, facts }) => [level, ((facts as Record<string, unknown>)['error'] as Error).name]),
    [['error', 'TypeError']],
  )
  assert.equal(dir.offline, null)
  await good.flushed()
  assert.equal(good.append(batchOf(['v']), 0).baseOffset, 1)
  await dir.close({ brokerEpoch: 1 })
  disk.open = open
  const again = await world.open()
  assert.deepEqual([again.cleanBrokerEpoch, again.logs.get('good-0')!.endOffset], [null, 2])
})

test('a defect while a log is made is not taken for a disk that failed', async () => {
  const { disk } = slowDisk()
  const world = new LogWorld(logConfig(), disk)
  const dir = await world.open()
  const { mkdir } = disk
  disk.mkdir = () => Promise.reject(new AssertionFailed('a promise of ours'))
  await assert.rejects(dir.createLog('t', 0, TOPIC_ID, world.config), AssertionFailed)
  assert.equal(dir.offline, null)
  disk.mkdir = mkdir
  await dir.createLog('t', 0, TOPIC_ID, world.config)
})
