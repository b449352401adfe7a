import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import type { Disk, File } from '../platform/disk.ts'
import type { Log } from './log.ts'

const FIRST = '/data/t-0/00000000000000000000.log'

/** A log of `count` batches of `size` records, stopped cleanly. */
async function filled(count: number, size: number, value: string): Promise<LogWorld> {
  const world = new LogWorld()
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < count; i++) log.append(batchOf(Array(size).fill(value)), 7)
  log.highWatermark = log.endOffset
  await log.flushed()
  await settle(50)
  await dir.close({ brokerEpoch: 1 })
  return world
}

const reopened = async (world: LogWorld) => (await world.open({ tailBytes: 0 })).logs.get('t-0')!

async function scrubbed(log: Log): Promise<void> {
  const scrub = log.scrub()
  while ((await scrub.step()) > 0);
}

async function flip(disk: Disk, path: string, at: (size: number) => number): Promise<void> {
  const file = await disk.open(path, 'never')
  const position = at(file.size)
  const read = await file.read(position, 1)
  const byte = read.views[0]![0]! ^ 1
  read.release()
  await file.write(position, Uint8Array.of(byte))
  await file.close()
}

test('a cut inside a known damage goes back to its beginning: the records that take its offsets can be read', async () => {
  const world = await filled(100, 10, 'value')
  await flip(world.disk, FIRST, (size) => size / 2 + 100)
  const log = await reopened(world)
  await scrubbed(log)
  await assert.rejects(log.read(503, 1, log.endOffset), { error: 'CORRUPT_MESSAGE' })
  await log.truncate(503)
  assert.deepEqual([log.endOffset, log.highWatermark], [500, 500])
  const fresh = Array.from({ length: 15 }, (_, i) => `new ${i}`)
  for (const value of fresh) log.append(batchOf([value]), 8)
  await log.flushed()
  assert.deepEqual(valuesOf(await readAll(log, 500)), fresh)
})

test('a look that a cut overtook says nothing of what was appended behind the cut', async () => {
  const log = await reopened(await filled(1000, 1, 'x'.repeat(1000)))
  const scrub = log.scrub()
  assert.ok((await scrub.step()) > 0)
  await log.truncate(100)
  const fresh = Array.from({ length: 900 }, (_, i) => `${i}`.padEnd(1337))
  for (const value of fresh) log.append(batchOf([value]), 8)
  await log.flushed()
  await settle(20)
  while ((await scrub.step()) > 0);
  assert.deepEqual(valuesOf(await readAll(log, 100)), fresh)
  await scrubbed(log)
  assert.deepEqual(valuesOf(await readAll(log, 100)), fresh)
})

test('a cut that stops half-way takes the log out of use, and a start brings it back', async () => {
  const world = await filled(60, 1, 'value')
  const { disk } = world
  const bytes = (await disk.readAtomic(FIRST))!.length
  world.disk = spoiling(disk, async (file) => {
    await file.write((bytes / 60) * 3 + 8, Uint8Array.of(0, 0, 0, 3))
  })
  const log = await reopened(world)
  await assert.rejects(log.truncate(40))
  assert.ok(log.offline, 'memory and files are at odds')
  assert.throws(() => log.append(batchOf(['new']), 8), { error: 'KAFKA_STORAGE_ERROR' })
})

test('bytes that make no sense, met before anything was cut, leave the log as it is and in use', async () => {
  const world = await filled(60, 1, 'value')
  const bytes = (await world.disk.readAtomic(FIRST))!.length
  const log = await reopened(world)
  const file = await world.disk.open(FIRST, 'never')
  await file.write((bytes / 60) * 3 + 8, Uint8Array.of(0, 0, 0, 3))
  await assert.rejects(log.truncate(40), { error: 'CORRUPT_MESSAGE' })
  assert.deepEqual([log.offline, log.endOffset, log.writtenOffset, log.flushedOffset], [null, 60, 60, 60])
  log.append(batchOf(['new']), 8)
  await log.flushed()
  assert.equal(log.flushedOffset, 61)
})

/** A disk that runs `spoil` when a log's file was cut. */
function spoiling(disk: Disk, spoil: (file: File) => Promise<void>): Disk {
  return new Proxy(disk, {
    get(target, name) {
      if (name !== 'open') return bound(target, name)
      return async (...args: Parameters<Disk['open']>) => {
        const file = await target.open(...args)
        if (args[0] !== FIRST) return file
        return new Proxy(file, {
          get(opened, what) {
            if (what !== 'truncate') return bound(opened, what)
            return async (size: number) => {
              await opened.truncate(size)
              await spoil(opened)
            }
          },
        })
      }
    },
  })
}

function bound<T extends object>(target: T, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}
