import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { batchOf, copyOfDisk, LogWorld, logConfig, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches, HEADER_SIZE } from '../protocol/records/batch.ts'
import type { Log } from './log.ts'

const SEGMENTS = { 'internal.segment.bytes': 1000, 'index.interval.bytes': 100 }

/** Thirty batches of two records each, several to a segment, in three epochs; closed cleanly. */
async function filled(changes = {}, { count = 60, size = 10 } = {}) {
  const world = new LogWorld(logConfig({ ...SEGMENTS, ...changes }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  const values = Array.from({ length: count }, (_, i) => `${i}`.padEnd(size, '.'))
  for (let i = 0; i < count; i += 2) log.append(batchOf(values.slice(i, i + 2), { key: `${i % 7}` }), Math.floor(i / 20))
  log.highWatermark = log.endOffset
  await log.flushed()
  await settle(20)
  await dir.close({ brokerEpoch: 1 })
  return { world, values }
}

interface File {
  readonly path: string
  readonly bytes: Buffer
  /** Where each batch begins, and the end. */
  readonly at: readonly number[]
  readonly offsets: readonly number[]
}

async function filesOf(world: LogWorld): Promise<File[]> {
  const names = (await world.disk.list('/data/t-0')).map(({ name }) => name).filter((name) => name.endsWith('.log'))
  return Promise.all(
    names.map(async (name) => {
      const path = `/data/t-0/${name}`
      const bytes = Buffer.from((await world.disk.readAtomic(path))!)
      const found = [...batches(bytes)]
      return { path, bytes, at: [...found.map(({ at }) => at), bytes.length], offsets: found.map(({ baseOffset }) => baseOffset) }
    }),
  )
}

async function damage(world: LogWorld, { path, bytes }: File, edit: (bytes: Buffer) => void): Promise<void> {
  const changed = Buffer.from(bytes)
  edit(changed)
  await world.disk.replaceAtomic(path, changed)
}

const reopened = async (world: LogWorld) => (await world.open({ tailBytes: 0 })).logs.get('t-0')!

async function scrubbed(log: Log): Promise<number> {
  const scrub = log.scrub()
  let sum = 0
  for (let bytes = await scrub.step(); bytes > 0; bytes = await scrub.step()) sum += bytes
  return sum
}

/** Reads as a consumer does that seeks to where the error says when it is told of damage. The offsets it could not have, and the values it has. */
async function readAround(log: Log): Promise<{ missing: number[]; values: Map<number, string> }> {
  const missing: number[] = []
  const values = new Map<number, string>()
  for (let next = log.startOffset; next < log.endOffset; ) {
    try {
      const read = await log.read(next, 300, log.endOffset)
      const bytes = Buffer.concat(read.views)
      read.release()
      const before = next
      for (const batch of batches(bytes)) {
        next = batch.nextOffset
        for (const { offset, value } of batch.records()) values.set(offset, Buffer.from(value!).toString())
      }
      assert.ok(next > before, `something comes from ${before}`)
    } catch (thrown) {
      assert.ok(thrown instanceof KafkaError && thrown.error === 'CORRUPT_MESSAGE', `${thrown}`)
      const until = Number(/seek to (\d+)/.exec(thrown.message)![1])
      assert.ok(until > next)
      while (next < until) missing.push(next++)
    }
  }
  return { missing, values }
}

test('what is sound is found to be sound: no byte is left out, nobody is refused', async () => {
  const { world, values } = await filled()
  const files = await filesOf(world)
  const log = await reopened(world)
  assert.equal(
    await scrubbed(log),
    files.reduce((sum, { bytes }) => sum + bytes.length, 0),
  )
  assert.deepEqual(valuesOf(await readAll(log)), values)
})

test('damage at the end of what lies on disk does not cost what memory has of a segment that was closed meanwhile', async () => {
  const { world } = await filled({ 'internal.segment.bytes': 1 << 20 })
  const [file] = await filesOf(world)
  await damage(world, file!, (bytes) => (bytes[bytes.length - 1]! ^= 4))
  const log = (await world.open()).logs.get('t-0')!
  log.append(batchOf(['sound']), 9)
  log.roll()
  await log.flushed()
  await scrubbed(log)
  await assert.rejects(log.read(58, 300, log.endOffset), /seek to 60/)
  assert.deepEqual(valuesOf(await readAll(log, 60)), ['sound'])
})

test('a damaged record is served until it is known, then refused; consumers go on behind it, and those before it are whole', async () => {
  const { world, values } = await filled()
  const [, file] = await filesOf(world)
  const [position, next] = [file!.at[2]!, file!.at[3]!]
  await damage(world, file!, (bytes) => (bytes[next - 1]! ^= 4))
  const told: Record<string, unknown>[] = []
  Object.assign(world, { logger: { ...world.logger, error: (_: string, facts: Record<string, unknown>) => told.push(facts) } })
  const log = await reopened(world)
  const first = file!.offsets[2]!
  ;(await log.read(first, 300, log.endOffset)).release() // nobody looks inside on the way of a fetch
  await scrubbed(log)
  await assert.rejects(log.read(first, 300, log.endOffset), { error: 'CORRUPT_MESSAGE' })
  await assert.rejects(log.read(first + 1, 300, log.endOffset), /checksum.*seek to/)
  const before = await log.read(first - 2, 1 << 20, log.endOffset)
  assert.equal(before.sizeInBytes, position - file!.at[1]!, 'what comes before ends before it')
  before.release()
  assert.deepEqual((await readAround(log)).missing, [first, first + 1])
  assert.deepEqual(valuesOf(await readAll(log, first + 2)), values.slice(first + 2))
  const [{ log: name, file: path, position: at, firstOffset, lastOffset, whatToDo }] = told as [Record<string, unknown>]
  assert.deepEqual([name, path, at, firstOffset, lastOffset], ['t-0', file!.path, position, first, first + 1])
  assert.match(`${whatToDo}`, /seek to/)
  await scrubbed(log)
  assert.equal(told.length, 1, 'what is known is told once')
})

test('whatever byte of a batch is changed, no other record is lost, and a record is right or refused', async () => {
  const { world, values } = await filled()
  const files = await filesOf(world)
  const { disk } = world
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (a, b, c, mask) => {
      const file = files[a % files.length]!
      const batch = b % (file.at.length - 1)
      const size = file.at[batch + 1]! - file.at[batch]!
      const at = c % 3 === 0 ? c % HEADER_SIZE : c % size // headers are small, and the most is to be lost by them
      world.disk = await copyOfDisk(disk, '/data')
      await damage(world, file, (bytes) => (bytes[file.at[batch]! + at]! ^= mask))
      const log = await reopened(world)
      await scrubbed(log)
      const { missing, values: read } = await readAround(log)
      const first = file.offsets[batch]!
      assert.ok(
        missing.every((offset) => offset === first || offset === first + 1),
        `byte ${at} of ${first}: ${missing}`,
      )
      // The epoch of the last batch of all has no witness behind it.
      if (at < 12 || at >= 16) assert.equal(missing.length, 2, `byte ${at} of the batch at ${first} goes unnoticed`)
      for (const [offset, value] of read) assert.equal(value, values[offset])
      assert.equal(read.size + missing.length, 60)
    }),
    { numRuns: 60 },
  )
})

test('zeros over the border of two batches cost these two', async () => {
  const { world } = await filled()
  const [, file] = await filesOf(world)
  await damage(world, file!, (bytes) => void bytes.fill(0, file!.at[1]! + 20, file!.at[2]! + 70))
  const log = await reopened(world)
  await scrubbed(log)
  const first = file!.offsets[1]!
  assert.deepEqual((await readAround(log)).missing, [first, first + 1, first + 2, first + 3])
})

test('a large batch that is damaged, larger than what is looked at in one step, costs no other', async () => {
  const { world } = await filled({ 'internal.segment.bytes': 4 << 20 }, { count: 8, size: 300_000 })
  const [file] = await filesOf(world)
  await damage(world, file!, (bytes) => (bytes[file!.at[1]! + 400_000]! ^= 1))
  const log = await reopened(world)
  const scrub = log.scrub()
  let largest = 0
  for (let bytes = await scrub.step(); bytes > 0; bytes = await scrub.step()) largest = Math.max(largest, bytes)
  assert.ok(largest < 2 << 20, `${largest} bytes in one step`)
  assert.deepEqual(await offsetsRefused(log, 8), [2, 3])
})

async function offsetsRefused(log: Log, count: number): Promise<number[]> {
  const refused: number[] = []
  for (let offset = 0; offset < count; offset++) {
    await log.read(offset, 100, log.endOffset).then(
      (read) => read.release(),
      () => refused.push(offset),
    )
  }
  return refused
}

test('a reader that stumbles over bytes that are none has them looked for: the next ones are told where to go on', async () => {
  const { world } = await filled()
  const [, file] = await filesOf(world)
  await damage(world, file!, (bytes) => bytes.writeInt32BE(-5, file!.at[2]! + 8))
  const log = await reopened(world)
  const first = file!.offsets[2]!
  await assert.rejects(log.read(first + 2, 300, log.endOffset), { error: 'CORRUPT_MESSAGE' })
  await settle(20)
  ;(await log.read(first + 2, 300, log.endOffset)).release()
  assert.deepEqual((await readAround(log)).missing, [first, first + 1])
})

test('retention takes segments with damage away, known or not, and indexes lost as well', async () => {
  const { world } = await filled()
  const files = await filesOf(world)
  await damage(world, files[0]!, (bytes) => bytes.writeInt32BE(3, files[0]!.at[1]! + 8))
  await damage(world, files[1]!, (bytes) => (bytes[files[1]!.at[1]! - 1]! ^= 1))
  const log = await reopened(world)
  assert.ok((await log.applyRetention(world.clock.now() + 700_000_000)) > 2)
  assert.equal(log.startOffset, 60)
  assert.equal(await scrubbed(log), 0)
})

test('a pass goes on although segments are removed and logs are closed under its eyes', async () => {
  const { world } = await filled()
  const log = await reopened(world)
  const scrub = log.scrub()
  await scrub.step()
  await log.applyRetention(world.clock.now() + 700_000_000)
  assert.equal(await scrub.step(), 0)
  await log.closeAsIs()
  await assert.rejects(scrub.step(), { error: 'KAFKA_STORAGE_ERROR' })
})
