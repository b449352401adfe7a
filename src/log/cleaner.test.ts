import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import {
  batchOf,
  copyOfDisk,
  LogWorld,
  logConfig,
  marker,
  readAll,
  type SeenRecord,
  seededRandom,
  settle,
  TOPIC_ID,
} from '../../test/support/log-world.ts'
import { PowerCutDisk } from '../../test/support/power-cut-disk.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { batches } from '../protocol/records/batch.ts'
import type { Log } from './log.ts'

const compacted = {
  'cleanup.policy': ['compact'],
  'min.cleanable.dirty.ratio': 0,
  'internal.segment.bytes': 1000,
  'delete.retention.ms': 5000,
}

async function newLog(changes = {}) {
  const world = new LogWorld(logConfig({ ...compacted, ...changes }))
  const dir = await world.open()
  return { world, dir, log: await dir.createLog('t', 0, TOPIC_ID, world.config) }
}

/** Closes the active segment and says that everything is committed. */
async function commitAll(log: Log): Promise<void> {
  log.roll()
  log.highWatermark = log.endOffset
  await settle(20)
}

function lastValues(records: readonly SeenRecord[]): Map<string, string | null> {
  return new Map(records.map(({ key, value }) => [key!, value]))
}

const writes = fc.array(fc.record({ key: fc.nat(6), value: fc.option(fc.string({ maxLength: 60 })), rolls: fc.boolean() }), {
  minLength: 1,
  maxLength: 80,
})

test('the last value of every key stays, with its offset, and nothing appears that was not there', async () => {
  await fc.assert(
    fc.asyncProperty(writes, async (steps) => {
      const { log, world, dir } = await newLog()
      for (const { key, value, rolls } of steps) {
        log.append(batchOf([value], { key: `k${key}`, timestamp: world.clock.now() }), 0)
        if (rolls) log.roll()
      }
      const before = await readAll(log)
      await commitAll(log)
      await log.compact(world.clock.now())
      const after = await readAll(log)
      assert.deepEqual(lastValues(after), lastValues(before))
      assert.equal(after.length, lastValues(before).size)
      for (const record of after)
        assert.deepEqual(
          record,
          before.find(({ offset }) => offset === record.offset),
        )
      assert.equal(log.endOffset, steps.length)
      await dir.close({ brokerEpoch: 1 })
      assert.deepEqual(await readAll((await world.open()).logs.get('t-0')!), after)
    }),
    { numRuns: 40 },
  )
})

test('a tombstone stays for delete.retention.ms after it was first compacted, and then goes', async () => {
  const { log, world } = await newLog()
  log.append(batchOf(['v'], { key: 'a' }), 0)
  log.append(batchOf([null], { key: 'a' }), 0)
  log.append(batchOf(['w'], { key: 'b' }), 0)
  await commitAll(log)
  await log.compact(world.clock.now())
  assert.deepEqual(
    (await readAll(log)).map(({ value }) => value),
    [null, 'w'],
  )
  log.append(batchOf(['x'], { key: 'c' }), 0)
  await commitAll(log)
  await log.compact(world.clock.now() + 4999)
  assert.deepEqual(
    (await readAll(log)).map(({ value }) => value),
    [null, 'w', 'x'],
  )
  log.append(batchOf(['y'], { key: 'd' }), 0)
  await commitAll(log)
  await log.compact(world.clock.now() + 5000)
  assert.deepEqual(
    (await readAll(log)).map(({ value }) => value),
    ['w', 'x', 'y'],
  )
})

test('aborted data goes, and its marker after its horizon', async () => {
  const { log, world } = await newLog()
  const transactional = (producerId: number, baseSequence: number, value: string) =>
    batchOf([value], { key: value, producerId, producerEpoch: 0, baseSequence, isTransactional: true })
  log.append(transactional(1, 0, 'aborted'), 0)
  log.append(transactional(2, 0, 'committed'), 0)
  log.append(marker(1, 0, false), 0)
  log.append(marker(2, 0, true), 0)
  log.append(transactional(1, 1, 'later'), 0)
  log.append(marker(1, 0, true), 0)
  await commitAll(log)
  const now = world.clock.now()
  await log.compact(now)
  assert.deepEqual(
    (await readAll(log)).map(({ value }) => value),
    ['committed', 'later'],
  )
  assert.equal(await controlBatches(log), 3)
  for (const [i, at] of [now + 1000, now + 20_000, now + 40_000].entries()) {
    log.append(batchOf(['z'], { key: `z${i}` }), 0)
    await commitAll(log)
    await log.compact(at)
  }
  assert.equal(await controlBatches(log), 2) // those of committed data that is still there
  assert.deepEqual(log.producers.abortedTransactions(0, log.endOffset), [])
})

async function controlBatches(log: Log): Promise<number> {
  let count = 0
  for (let next = log.startOffset; next < log.endOffset; ) {
    const read = await log.read(next, 1 << 20, log.endOffset)
    const bytes = Buffer.concat(read.views)
    read.release()
    if (bytes.length === 0) break
    for (const batch of batches(bytes)) {
      if (batch.isControl) count++
      next = batch.nextOffset
    }
  }
  return count
}

test('the sequence of a live producer survives the compaction of all its records', async () => {
  const { log, world } = await newLog()
  const write = (baseSequence: number) =>
    batchOf(['v'], { key: 'k', producerId: 5, producerEpoch: 0, baseSequence, timestamp: world.clock.now() })
  for (let i = 0; i < 3; i++) log.append(write(i), 0)
  log.append(batchOf(['other'], { key: 'k' }), 0)
  await commitAll(log)
  await log.compact(world.clock.now())
  const read = await log.read(0, 1 << 20, log.endOffset)
  const [trace] = [...batches(Buffer.concat(read.views))]
  read.release()
  assert.deepEqual([trace!.recordCount, trace!.producerId, trace!.lastSequence, trace!.lastOffset], [0, 5, 2, 2])
})

test('a log is left alone below min.cleanable.dirty.ratio, within min.compaction.lag.ms, and above what is committed', async () => {
  const { log, world } = await newLog({ 'min.cleanable.dirty.ratio': 0.9, 'min.compaction.lag.ms': 1000 })
  const fill = (count: number) => {
    for (let i = 0; i < count; i++) log.append(batchOf(['v'.repeat(50)], { key: `${i % 3}`, timestamp: world.clock.now() }), 0)
  }
  fill(20)
  log.roll()
  await settle(20)
  assert.equal(await log.compact(world.clock.now() + 2000), null) // nothing is committed
  log.highWatermark = log.endOffset
  assert.equal(await log.compact(world.clock.now() + 999), null)
  assert.ok(await log.compact(world.clock.now() + 2000))
  fill(1)
  await commitAll(log)
  assert.equal(await log.compact(world.clock.now() + 2000), null) // too little is dirty
})

test('max.compaction.lag.ms compacts however little is dirty', async () => {
  const { log, world } = await newLog({ 'min.cleanable.dirty.ratio': 1, 'max.compaction.lag.ms': 1000 })
  log.append(batchOf(['v'], { key: 'k', timestamp: world.clock.now() }), 0)
  await commitAll(log)
  assert.equal(await log.compact(world.clock.now() + 1000), null)
  assert.ok(await log.compact(world.clock.now() + 1001))
})

test('a damaged batch is left where it is: compaction finds it, goes around its segment, and forgets no deletion behind it', async () => {
  const { log, world, dir } = await newLog()
  for (const value of ['one', 'two', 'three']) log.append(batchOf([value, value], { key: value }), 0)
  await commitAll(log)
  await dir.close({ brokerEpoch: 1 })
  const path = '/data/t-0/00000000000000000000.log'
  const bytes = Buffer.from((await world.disk.readAtomic(path))!)
  bytes[bytes.lastIndexOf('two')]! ^= 0x20
  await world.disk.replaceAtomic(path, bytes)
  const again = await world.open()
  const reopened = again.logs.get('t-0')!
  await commitAll(reopened)
  const write = (value: string | null, key: string) => reopened.append(batchOf([value], { key, timestamp: world.clock.now() }), 0)
  write('4', 'four')
  write(null, 'one')
  await commitAll(reopened)
  write('44', 'four')
  await commitAll(reopened)
  assert.equal(await reopened.compact(world.clock.now()), null) // what it found is known now
  for (let pass = 0; pass < 3; pass++) {
    assert.ok(await reopened.compact(world.clock.now()))
    await world.clock.advance(world.config['delete.retention.ms'] + 1)
    write('more', 'four')
    await commitAll(reopened)
  }
  assert.equal(again.offline, null)
  assert.deepEqual(Buffer.from((await world.disk.readAtomic(path))!), bytes)
  await assert.rejects(reopened.read(2, 100, reopened.endOffset), { error: 'CORRUPT_MESSAGE' })
  const left = await readAll(reopened, 4)
  assert.deepEqual(
    left.filter(({ key }) => key === 'one').map(({ value }) => value),
    ['one', 'one', null].slice(-1),
    'the tombstone stays, or a value would come back that was deleted',
  )
  assert.ok(left.filter(({ key }) => key === 'four').length <= 2)
})

test('whatever a crash during compaction leaves on disk, every key keeps its last value', async () => {
  const { log, world } = await newLog({ 'internal.segment.bytes': 600 })
  for (let i = 0; i < 60; i++) log.append(batchOf([`v${i}`.padEnd(40)], { key: `k${i % 5}`, timestamp: world.clock.now() }), 0)
  await commitAll(log)
  const expected = lastValues(await readAll(log))
  const crashes: (typeof world.disk)[] = []
  const { rename } = world.disk
  world.disk.rename = async (from, to) => {
    crashes.push(await copyOfDisk(world.disk, '/data', memoryDisk(1 << 24)))
    await rename.call(world.disk, from, to)
  }
  await log.compact(world.clock.now())
  assert.ok(crashes.length > 10)
  for (const [i, disk] of crashes.entries()) {
    world.disk = disk
    const reopened = (await world.open()).logs.get('t-0')!
    assert.deepEqual(lastValues(await readAll(reopened)), expected, `crash before rename ${i}`)
    assert.equal(reopened.endOffset, 60)
  }
})

test('whatever a power cut during compaction leaves on the device, every key keeps its last value', async () => {
  const random = seededRandom(7)
  for (let run = 0; run < 10; run++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig({ ...compacted, 'internal.segment.bytes': 600 }), disk)
    const log = await (await world.open()).createLog('t', 0, TOPIC_ID, world.config)
    for (let i = 0; i < 60; i++) log.append(batchOf([`v${i}`.padEnd(40)], { key: `k${i % 5}`, timestamp: world.clock.now() }), 0)
    await commitAll(log)
    await settle(200) // every closed segment is sealed
    const expected = lastValues(await readAll(log))
    const cuts: PowerCutDisk[] = []
    for (const name of ['rename', 'flushDirectory', 'replaceAtomic', 'open'] as const) {
      const act = disk[name].bind(disk) as (...args: unknown[]) => Promise<never>
      disk[name] = (...args: unknown[]) => {
        cuts.push(disk.cut(random))
        return act(...args)
      }
    }
    assert.ok(await log.compact(world.clock.now()))
    assert.ok(cuts.length > 20)
    for (const [i, cut] of cuts.entries()) {
      world.disk = cut
      const reopened = (await world.open()).logs.get('t-0')!
      assert.deepEqual(lastValues(await readAll(reopened)), expected, `run ${run}, cut ${i}`)
      assert.equal(reopened.endOffset, 60)
    }
  }
})
