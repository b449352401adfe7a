import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { batchOf, LogWorld, logConfig, readAll, seededRandom, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { PowerCutDisk } from '../../test/support/power-cut-disk.ts'
import type { File } from '../platform/disk.ts'
import type { Log } from './log.ts'
import type { LogDir } from './log-dir.ts'
import { partitionMetadataText } from './text-files.ts'

const step = fc.record({
  size: fc.nat(400),
  next: fc.constantFrom('nothing', 'nothing', 'nothing', 'flush', 'turn', 'turns', 'checkpoint', 'roll', 'truncate', 'stop'),
})
type Step = { readonly size: number; readonly next: string }

/** What one life of a process does: appends, and something after each. True when it ended with a clean stop. */
async function live(dir: LogDir, log: Log, values: string[], steps: readonly Step[], epoch: number): Promise<boolean> {
  for (const { size, next } of steps) {
    const value = `${epoch}:${values.length}${'.'.repeat(size)}`
    values.push(value)
    log.append(batchOf([value]), epoch)
    if (next === 'flush') log.requestFlush()
    if (next === 'turn') await settle(1)
    if (next === 'turns') await settle(8)
    if (next === 'checkpoint') await dir.checkpoint()
    if (next === 'roll') log.roll()
    if (next === 'truncate') {
      values.length = Math.floor(values.length * 0.7)
      await log.truncate(values.length)
    }
    if (next === 'stop') {
      await dir.close({ brokerEpoch: epoch })
      return true
    }
  }
  return false
}

test('whenever the power goes, everything flushed is there again, in order and without a hole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
      fc.integer(),
      async (lives, seed) => {
        const random = seededRandom(seed)
        const world = new LogWorld(logConfig({ 'internal.segment.bytes': 1500, 'index.interval.bytes': 200 }), new PowerCutDisk())
        let dir = await world.open()
        let log = await dir.createLog('t', 0, TOPIC_ID, world.config)
        const values: string[] = []
        for (const [epoch, steps] of lives.entries()) {
          const isClean = await live(dir, log, values, steps, epoch)
          const { flushedOffset } = log
          world.disk = (world.disk as PowerCutDisk).cut(random)
          dir = await world.open()
          if (flushedOffset > 0) assert.equal(dir.logs.get('t-0')?.topicId, TOPIC_ID, 'a log with records is there')
          // Of one without, all may be gone: it is made again by who follows the metadata.
          const found = dir.logs.get('t-0') ?? (await dir.createLog('t', 0, TOPIC_ID, world.config))
          if (found.topicId === null) await dir.identify(found, TOPIC_ID)
          assert.ok(
            found.endOffset >= (isClean ? values.length : flushedOffset),
            `${found.endOffset} of ${flushedOffset} flushed`,
          )
          assert.equal(dir.cleanBrokerEpoch, isClean ? epoch : null)
          values.length = found.endOffset
          assert.deepEqual(valuesOf(await readAll(found, 0, 900)), values)
          for (const [offset, value] of values.entries()) assert.equal(found.epochAt(offset), Number.parseInt(value, 10))
          log = found
        }
      },
    ),
    { numRuns: Number(process.env['POWER_CUT_RUNS'] ?? 60), includeErrorInReport: true },
  )
})

test('a log whose making was cut short by kill -9 stays, once it is used, through a power cut', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    await world.open()
    await disk.flushDirectory('/')
    await disk.mkdir('/data/t-0')
    const metadata = await disk.open('/data/t-0/partition.metadata')
    await metadata.append([Buffer.from(partitionMetadataText(TOPIC_ID))])
    const log = (await world.open()).logs.get('t-0')!
    log.append(batchOf(['v']), 0)
    await log.flushed()
    world.disk = disk.cut(seededRandom(seed))
    const found = (await world.open()).logs.get('t-0')
    assert.deepEqual([found?.topicId, found && valuesOf(await readAll(found))], [TOPIC_ID, ['v']])
  }
})

test('records that a kill -9 left with the system, in a log just made, are safe once a start gave them out', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    const before = await (await world.open()).createLog('t', 0, TOPIC_ID, world.config)
    before.append(batchOf(['v']), 0)
    await settle()
    assert.equal((await world.open()).logs.get('t-0')!.flushedOffset, 1)
    world.disk = disk.cut(seededRandom(seed))
    const found = (await world.open()).logs.get('t-0')
    assert.deepEqual([found?.topicId, found && valuesOf(await readAll(found))], [TOPIC_ID, ['v']])
  }
})

test('where nobody has to wait for the device, what a crash left is open at once, flushed soon, and believed to be safe only then', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    const before = await (await world.open()).createLog('t', 0, TOPIC_ID, world.config)
    for (const value of ['a', 'b', 'c']) before.append(batchOf([value]), 0)
    await settle()
    const log = (await world.open({ flushesFound: false })).logs.get('t-0')!
    assert.deepEqual([log.endOffset, log.writtenOffset, log.flushedOffset, log.recoveryPoint], [3, 3, 0, 0])
    assert.deepEqual(valuesOf(await readAll(log)), ['a', 'b', 'c'])
    await log.flushed()
    assert.equal(log.recoveryPoint, 3)
    world.disk = disk.cut(seededRandom(seed))
    assert.deepEqual(valuesOf(await readAll((await world.open()).logs.get('t-0')!)), ['a', 'b', 'c'])
  }
})

test('the indexes of a segment are on the device before a recovery point passes it', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig({ 'internal.segment.bytes': 500, 'index.interval.bytes': 100 }), disk)
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (let i = 0; i < 20; i++) {
      log.append(batchOf([`${i}`.padEnd(80)]), 0)
      await log.flushed()
    }
    await settle(200) // every closed segment is sealed
    await dir.checkpoint()
    const indexes = async (on: PowerCutDisk) => (await on.list('/data/t-0')).filter(({ name }) => name.endsWith('index'))
    const before = await indexes(disk)
    assert.ok(before.length >= 6, `${before.length} index files`)
    assert.deepEqual(await indexes(disk.cut(seededRandom(seed))), before)
  }
})

test('a recovery point goes back where a log is cut, and not because a segment that is being closed still owes its indexes', async () => {
  const world = new LogWorld()
  const log = await (await world.open()).createLog('t', 0, TOPIC_ID, world.config)
  for (const value of ['a', 'b']) log.append(batchOf([value]), 0)
  await log.flushed()
  log.append(batchOf(['c']), 0)
  log.roll()
  log.append(batchOf(['d']), 0)
  assert.equal(log.recoveryPoint, 2)
  await log.flushed()
  await settle(30)
  assert.equal(log.recoveryPoint, 4)
  await log.truncate(3)
  log.append(batchOf(['e']), 0)
  log.roll()
  assert.equal(log.recoveryPoint, 3)
})

test('the producers that a clean stop wrote down are known after a power cut', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    log.append(batchOf(['v'], { producerId: 7, producerEpoch: 0, baseSequence: 0, timestamp: world.clock.now() }), 0)
    await log.flushed()
    await dir.close({ brokerEpoch: 1 })
    world.disk = disk.cut(seededRandom(seed))
    assert.deepEqual([...(await world.open()).logs.get('t-0')!.producers.entries.keys()], [7])
  }
})

test('whoever hears that records are deleted never sees them again, whoever asked for it first', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (const value of ['a', 'b', 'c', 'd']) log.append(batchOf([value]), 0)
    await log.flushed()
    const [further, second] = [log.deleteBefore(3), log.deleteBefore(2)]
    const told = log.startOffset
    await (seed % 2 === 0 ? second : settle(seed))
    const heard = Math.max(told, log.startOffset)
    world.disk = disk.cut(seededRandom(seed))
    await Promise.allSettled([further, second])
    const found = (await world.open()).logs.get('t-0')!
    assert.ok(found.startOffset >= heard, `${found.startOffset} after ${heard}`)
    if (seed % 2 === 0) assert.ok(found.startOffset >= 2)
  }
})

test('what a recovery point vouches for, the high watermark on the device vouches for, too', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = new PowerCutDisk()
    const world = new LogWorld(logConfig(), disk)
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    const gone = await dir.createLog('gone', 0, TOPIC_ID, world.config)
    for (const value of ['a', 'b', 'c']) log.append(batchOf([value]), 0)
    await log.flushed()
    log.highWatermark = 3
    await dir.deleteLog(gone) // writes the recovery points, and nobody asked for more
    const after = disk.cut(seededRandom(seed))
    const line = async (file: string) => Buffer.from((await after.readAtomic(`/data/${file}`)) ?? '').toString()
    if (/^t 0 3$/m.test(await line('recovery-point-offset-checkpoint')))
      assert.match(await line('replication-offset-checkpoint'), /^t 0 3$/m)
  }
})

/** Directories of slow logs are not flushed before `flushes`, and the second segment's file is not made before `makes`. */
class SlowDisk extends PowerCutDisk {
  flushes = () => {}
  makes = () => {}
  readonly #mayFlush = new Promise<void>((resolve) => (this.flushes = resolve))
  readonly #mayMake = new Promise<void>((resolve) => (this.makes = resolve))

  override async open(path: string, create?: string): Promise<File> {
    if (path.startsWith('/data/t-0/') && path.endsWith('.log') && !path.endsWith('/00000000000000000000.log')) await this.#mayMake
    return super.open(path, create)
  }

  override async flushDirectory(dir: string): Promise<void> {
    if (dir.startsWith('/data/slow-')) await this.#mayFlush
    return super.flushDirectory(dir)
  }
}

test('a flush of the directory says nothing of a file that was made after it', async () => {
  const disk = new SlowDisk()
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 400 }), disk)
  const dir = await world.open()
  for (const partition of [0, 1]) {
    const slow = await dir.createLog('slow', partition, TOPIC_ID, world.config)
    slow.append(batchOf(['v']), 0)
    slow.requestFlush()
  }
  await settle(20) // no more than two logs are flushed at a time
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (const value of ['a', 'b']) log.append(batchOf([value.repeat(250)]), 0)
  log.requestFlush()
  await settle(20)
  disk.flushes()
  await settle(50)
  assert.equal((await disk.list('/data/t-0')).filter(({ name }) => name.endsWith('.log')).length, 1)
  const cuts: PowerCutDisk[] = []
  log.onProgress(() => {
    for (let seed = 0; seed < 8 && log.flushedOffset === 2; seed++) cuts.push(disk.cut(seededRandom(seed)))
  })
  disk.makes()
  await log.flushed()
  assert.ok(cuts.length > 0)
  for (world.disk of cuts)
    assert.equal((await world.open()).logs.get('t-0')?.endOffset, 2, 'what was said to be flushed is there')
})
