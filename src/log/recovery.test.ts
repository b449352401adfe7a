import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { compress } from '../protocol/compression/index.ts'

const small = { 'internal.segment.bytes': 1000, 'index.interval.bytes': 100 }
const FIRST_LOG = '/data/t-0/00000000000000000000.log'

async function filled(changes = {}, count = 30): Promise<{ world: LogWorld; values: string[] }> {
  const world = new LogWorld(logConfig(changes))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  const values = Array.from({ length: count }, (_, i) => `value ${i}`)
  for (const [i, value] of values.entries()) log.append(batchOf([value], { timestamp: 1000 + i }), 3)
  await log.flushed()
  await settle(20)
  await world.crash()
  return { world, values }
}

async function change(world: LogWorld, path: string, edit: (bytes: Buffer) => Uint8Array): Promise<void> {
  const bytes = edit(Buffer.from((await world.disk.readAtomic(path))!))
  await world.disk.replaceAtomic(path, bytes)
}

test('a last batch that is cut at any byte is left out, and the log goes on behind the one before', async () => {
  const { world, values } = await filled({}, 3)
  const whole = (await world.disk.readAtomic(FIRST_LOG))!
  const size = whole.length / 3
  for (let cut = 1; cut < size; cut++) {
    await world.crash()
    await change(world, FIRST_LOG, (bytes) => bytes.subarray(0, bytes.length - cut))
    const dir = await world.open()
    const log = dir.logs.get('t-0')!
    assert.deepEqual([log.endOffset, log.recovered?.cutBytes], [2, size - cut])
    log.append(batchOf(['more']), 4)
    assert.deepEqual(valuesOf(await readAll(log)), [...values.slice(0, 2), 'more'])
    await dir.close(null)
    await change(world, FIRST_LOG, () => whole)
  }
})

test('any flipped bit of the last batch is noticed', async () => {
  const { world } = await filled({}, 2)
  const whole = Buffer.from((await world.disk.readAtomic(FIRST_LOG))!)
  const start = whole.length / 2
  const isCovered = (at: number) => at < 12 || at >= 16 // the leader epoch lies outside of the checksum
  for (let at = 0; at < start; at++) {
    if (!isCovered(at)) continue
    await world.crash()
    await change(world, FIRST_LOG, (bytes) => {
      bytes[start + at]! ^= 1 << (at % 8)
      return bytes
    })
    const dir = await world.open()
    // A changed offset is no fault of the bytes: it lies outside of the checksum, and leaders write it.
    if (at >= 8) assert.equal(dir.logs.get('t-0')!.endOffset, 1, `byte ${at}`)
    await dir.close(null)
    await change(world, FIRST_LOG, () => whole)
  }
})

test('messages of an old format stop the start with advice, they are never cut off', async () => {
  const old = Buffer.from('0000000000000000' + '00000010' + '00000000' + '00' + '00' + 'ffffffff' + '0000000261' + '62', 'hex')
  old.writeInt32BE(old.length - 12, 8)
  old.writeUInt32BE(zipCrc(old.subarray(16)), 12)
  const { world } = await filled({}, 1)
  await change(world, FIRST_LOG, () => old)
  await assert.rejects(world.open(), /messages of format 0.*let Apache Kafka rewrite/)
  old[old.length - 1]! ^= 1
  await change(world, FIRST_LOG, () => old)
  await world.crash()
  assert.equal((await world.open()).logs.get('t-0')!.endOffset, 0)
})

/** The last eight bytes of a gzip member are the checksum and the size of what it holds. */
function zipCrc(bytes: Uint8Array): number {
  const zipped = compress('gzip', bytes)
  return Buffer.from(zipped).readUInt32LE(zipped.length - 8)
}

test('zeros behind the last batch, as a preallocated file has them, are cut off', async () => {
  const { world, values } = await filled({}, 3)
  await change(world, FIRST_LOG, (bytes) => Buffer.concat([bytes, Buffer.alloc(5000)]))
  const log = (await world.open()).logs.get('t-0')!
  assert.deepEqual(valuesOf(await readAll(log)), values)
  assert.equal(log.recovered?.cutBytes, 5000)
})

test('damage in the middle cuts all that follows, also whole segments', async () => {
  const { world, values } = await filled(small)
  const logs = (await world.disk.list('/data/t-0')).filter(({ name }) => name.endsWith('.log')).map(({ name }) => name)
  assert.ok(logs.length > 2)
  await change(world, `/data/t-0/${logs[1]}`, (bytes) => {
    bytes[100]! ^= 1
    return bytes
  })
  const log = (await world.open()).logs.get('t-0')!
  const kept = Number.parseInt(logs[1]!, 10) + 1
  assert.deepEqual(valuesOf(await readAll(log)), values.slice(0, kept))
  log.append(batchOf(['on']), 4)
  assert.deepEqual(valuesOf(await readAll(log, kept - 1)), [values[kept - 1], 'on'])
})

test('what is cut although sound batches follow is kept aside, where neither a start nor a reader looks', async () => {
  const { world } = await filled(small)
  const logs = (await world.disk.list('/data/t-0')).filter(({ name }) => name.endsWith('.log')).map(({ name }) => name)
  const whole = Buffer.from((await world.disk.readAtomic(`/data/t-0/${logs[1]}`))!)
  await change(world, `/data/t-0/${logs[1]}`, (bytes) => {
    bytes[100]! ^= 1
    return bytes
  })
  await (await world.open()).close(null)
  const size = whole.readInt32BE(8) + 12
  const kept = (await world.disk.list('/data/t-0')).map(({ name }) => name).filter((name) => name.includes('.log'))
  assert.deepEqual(kept.filter((name) => name.endsWith('.cut')).sort(), [
    `${logs[1]}.${size}.cut`,
    ...logs.slice(2).map((name) => `${name}.cut`),
  ])
  const aside = Buffer.from((await world.disk.readAtomic(`/data/t-0/${logs[1]}.${size}.cut`))!)
  assert.deepEqual(aside.subarray(size), whole.subarray(2 * size))
  const log = (await world.open()).logs.get('t-0')!
  assert.equal(log.endOffset, Number.parseInt(logs[1]!, 10) + 1)
  assert.equal((await world.disk.list('/data/t-0')).filter(({ name }) => name.endsWith('.cut')).length, kept.length - 2)
})

/** Thirty records that are flushed and committed, as the checkpoints say; ten more came since. */
async function checkpointed() {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  const values = Array.from({ length: 40 }, (_, i) => `value ${i}`.padEnd(10))
  for (const value of values.slice(0, 30)) log.append(batchOf([value]), 3)
  await log.flushed()
  log.highWatermark = log.endOffset
  await dir.checkpoint()
  for (const value of values.slice(30)) log.append(batchOf([value]), 3)
  await settle(20)
  await world.crash()
  const bytes = Buffer.from((await world.disk.readAtomic(FIRST_LOG))!)
  const size = bytes.length / 40
  assert.equal(size % 1, 0, 'all batches have one size')
  return { world, values, size }
}

test('a batch that was on the device and is bad now costs itself alone: it is refused, and what follows stays', async () => {
  const { world, values, size } = await checkpointed()
  for (const edit of [(bytes: Buffer) => (bytes[5 * size + 70]! ^= 1), (bytes: Buffer) => bytes.writeInt32BE(-1, 5 * size + 8)]) {
    await world.crash()
    const whole = (await world.disk.readAtomic(FIRST_LOG))!
    await change(world, FIRST_LOG, (bytes) => {
      edit(bytes)
      return bytes
    })
    const log = (await world.open()).logs.get('t-0')!
    assert.deepEqual([log.endOffset, log.recovered?.cutBytes], [40, 0])
    await assert.rejects(log.read(5, 100, 40), { error: 'CORRUPT_MESSAGE' })
    assert.deepEqual(valuesOf(await readAll(log, 6)), values.slice(6))
    await world.disk.replaceAtomic(FIRST_LOG, whole)
  }
})

test('where the last records that were on the device are spoiled, their offsets are refused and not given to others', async () => {
  const { world, size } = await checkpointed()
  await change(world, FIRST_LOG, (bytes) => bytes.fill(7, 27 * size + 3))
  const dir = await world.open()
  const log = dir.logs.get('t-0')!
  assert.equal(log.endOffset, 30)
  assert.equal(log.append(batchOf(['on']), 4).baseOffset, 30)
  const sound = await log.read(0, 1 << 20, 31)
  sound.release()
  assert.equal(sound.sizeInBytes, 27 * size)
  for (const offset of [27, 28, 29]) await assert.rejects(log.read(offset, 100, 31), /seek to 30/)
  assert.deepEqual(valuesOf(await readAll(log, 30)), ['on'])
  await dir.close({ brokerEpoch: 1 })
  const again = (await world.open()).logs.get('t-0')!
  assert.deepEqual([again.endOffset, again.epochAt(30)], [31, 4])
})

test('a hole between two segments, as a power cut may leave it, ends the log', async () => {
  const { world, values } = await filled(small)
  const logs = (await world.disk.list('/data/t-0')).filter(({ name }) => name.endsWith('.log')).map(({ name }) => name)
  await world.disk.remove(`/data/t-0/${logs[1]}`)
  const log = (await world.open()).logs.get('t-0')!
  assert.deepEqual(valuesOf(await readAll(log)), values.slice(0, Number.parseInt(logs[1]!, 10)))
})

test('indexes that are lost, torn, full of zeros or wrong are made again', async () => {
  const edits: readonly ((bytes: Buffer) => Uint8Array | null)[] = [
    () => null,
    (bytes) => bytes.subarray(0, bytes.length - 1),
    (bytes) => Buffer.concat([bytes, Buffer.alloc(240)]),
    (bytes) => bytes.fill(0xff),
    (bytes) => Buffer.concat([bytes.subarray(24), bytes]),
  ]
  for (const suffix of ['.index', '.timeindex']) {
    for (const edit of edits) {
      const { world, values } = await filled(small)
      const first = await world.open()
      await first.close({ brokerEpoch: 1 })
      for (const { name } of await world.disk.list('/data/t-0')) {
        if (!name.endsWith(suffix)) continue
        const path = `/data/t-0/${name}`
        const bytes = edit(Buffer.from((await world.disk.readAtomic(path))!))
        if (bytes) await world.disk.replaceAtomic(path, bytes)
        else await world.disk.remove(path)
      }
      const log = (await world.open()).logs.get('t-0')!
      assert.deepEqual(valuesOf(await readAll(log, 0, 500)), values)
      assert.equal((await log.offsetForTimestamp(1017))?.offset, 17)
      assert.equal((await log.maxTimestampOffset())?.offset, 29)
    }
  }
})

test('the recovery point spares what lies before it, and epochs come back from the batches', async () => {
  const world = new LogWorld(logConfig(small))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 30; i++) log.append(batchOf([`value ${i}`]), Math.floor(i / 10))
  await log.flushed()
  await settle(20)
  await dir.checkpoint()
  for (let i = 30; i < 40; i++) log.append(batchOf([`value ${i}`]), 3)
  await settle(20)
  await world.crash()
  await change(world, FIRST_LOG, (bytes) => {
    bytes[100]! ^= 1
    return bytes
  })
  const again = (await world.open()).logs.get('t-0')!
  assert.equal(again.endOffset, 40) // the damage in the first segment lies before the recovery point
  for (let offset = 0; offset < 40; offset++) assert.equal(again.epochAt(offset), Math.floor(offset / 10))
})

test('epochs are written down before any recovery point that lies behind them, be it because another log went', async () => {
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 300 }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  await dir.createLog('other', 0, TOPIC_ID, world.config)
  for (let epoch = 0; epoch < 12; epoch++) log.append(batchOf([`${epoch}${'.'.repeat(50)}`]), epoch)
  await log.flushed()
  await world.crash()
  await world.disk.replaceAtomic('/data/t-0/leader-epoch-checkpoint', Buffer.from('0\n1\n0 0\n'))
  await world.disk.remove('/data/recovery-point-offset-checkpoint')
  const second = await world.open() // here the batches tell
  await second.deleteLog(second.logs.get('other-0')!)
  await world.crash()
  const again = (await world.open()).logs.get('t-0')!
  for (let offset = 0; offset < 12; offset++) assert.equal(again.epochAt(offset), offset)
})

test('a stop in the middle of a deletion or a cleaning is finished or undone', async () => {
  const { world, values } = await filled(small)
  const dir = '/data/t-0'
  const logs = (await world.disk.list(dir)).filter(({ name }) => name.endsWith('.log')).map(({ name }) => name)
  const copyTo = async (name: string, to: string) =>
    world.disk.replaceAtomic(`${dir}/${to}`, (await world.disk.readAtomic(`${dir}/${name}`))!)
  await copyTo(logs[0]!, '00000000000000000900.log.deleted')
  await copyTo(logs[0]!, '00000000000000000900.log.cleaned')
  await copyTo(logs[1]!, `${logs[1]!}.swap`)
  const log = (await world.open()).logs.get('t-0')!
  assert.deepEqual(valuesOf(await readAll(log)), values)
  const left = (await world.disk.list(dir)).map(({ name }) => name)
  assert.deepEqual(
    left.filter((name) => /\.(deleted|cleaned|swap)$/.test(name)),
    [],
  )
})

test('an unfinished cleaning takes its finished neighbours behind it along', async () => {
  const { world, values } = await filled(small)
  const dir = '/data/t-0'
  const logs = (await world.disk.list(dir)).filter(({ name }) => name.endsWith('.log')).map(({ name }) => name)
  await world.disk.replaceAtomic(`${dir}/${logs[0]}.cleaned`, Buffer.alloc(0))
  await world.disk.replaceAtomic(`${dir}/${logs[1]}.swap`, Buffer.alloc(0))
  assert.deepEqual(valuesOf(await readAll((await world.open()).logs.get('t-0')!)), values)
})

test('the index of a small segment, torn by a power cut after a clean stop, misleads no reader', async () => {
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 1500, 'index.interval.bytes': 200 }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 4; i++) log.append(batchOf([`${i}${'.'.repeat(380)}`]), 0)
  await dir.close({ brokerEpoch: 1 })
  const path = '/data/t-0/00000000000000000000.index'
  const bytes = Buffer.from((await world.disk.readAtomic(path))!)
  await world.disk.replaceAtomic(path, bytes.fill(0, 7))
  const again = (await world.open()).logs.get('t-0')!
  assert.equal((await readAll(again, 1, 500)).length, 3)
})

test('an epoch whose records were lost is not taken for the one of the records in their place', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (const epoch of [0, 1]) log.append(batchOf(['lost']), epoch)
  await log.saveEpochs()
  await world.crash()
  await world.disk.remove('/data/t-0/00000000000000000000.log')
  const again = (await world.open()).logs.get('t-0')!
  again.append(batchOf(['v']), 1)
  await settle()
  await world.crash()
  const found = (await world.open()).logs.get('t-0')!
  assert.deepEqual([found.endOffset, found.epochAt(0)], [1, 1])
})

/** Sixty records in several segments, of which ten are deleted; flushed, committed, written down, and a crash. */
async function deletedFrom(changes = {}) {
  const world = new LogWorld(logConfig({ ...small, ...changes }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 60; i++) log.append(batchOf([`value ${i}`], { key: `key ${i % 5}` }), 0)
  await log.flushed()
  log.highWatermark = log.endOffset
  await settle(30)
  return { world, dir, log }
}

const edited = (from: string, to: string) => (bytes: Buffer) => Buffer.from(bytes.toString().replace(from, to))

test('a start that lies behind all that was ever flushed or committed is a wrong number, and costs nothing', async () => {
  const { world, dir, log } = await deletedFrom()
  await log.deleteBefore(10)
  await dir.checkpoint()
  await world.crash()
  await change(world, '/data/log-start-offset-checkpoint', edited('t 0 10', 't 0 90'))
  const again = (await world.open()).logs.get('t-0')!
  assert.equal(again.endOffset, 60)
  assert.deepEqual(valuesOf(await readAll(again, 10))[0], 'value 10')
  assert.equal((await readAll(again, 10)).length, 50)
})

test('before a start is written down, it is that all below it is committed', async () => {
  const { world, log } = await deletedFrom()
  await log.deleteBefore(10)
  const text = Buffer.from((await world.disk.readAtomic('/data/replication-offset-checkpoint'))!).toString()
  assert.match(text, /^t 0 60$/m)
})

test('a log that lost even what nobody may read goes on at its start, and its files are kept', async () => {
  const { world, dir, log } = await deletedFrom()
  await log.deleteBefore(50)
  await dir.checkpoint()
  await world.crash()
  const names = (await world.disk.list('/data/t-0')).map(({ name }) => name).filter((name) => name.endsWith('.log'))
  for (const name of names.slice(1)) await world.disk.remove(`/data/t-0/${name}`)
  const again = (await world.open()).logs.get('t-0')!
  assert.deepEqual([again.startOffset, again.endOffset], [50, 50])
  assert.ok(await world.disk.exists(`/data/t-0/${names[0]}.cut`))
})

test('a log that is cleaned further than it reaches, as a wrong number says, is compacted again', async () => {
  const { world, dir, log } = await deletedFrom({ 'cleanup.policy': ['compact'], 'min.cleanable.dirty.ratio': 0 })
  await log.compact(world.clock.now())
  assert.ok(log.cleanedUpTo! > 0)
  await dir.close({ brokerEpoch: 1 })
  await world.crash()
  await change(world, '/data/cleaner-offset-checkpoint', edited(`t 0 ${log.cleanedUpTo}`, `t 0 9${log.cleanedUpTo}`))
  const again = (await world.open()).logs.get('t-0')!
  assert.equal(again.cleanedUpTo, null)
  await again.compact(world.clock.now())
  assert.equal(again.cleanedUpTo, log.cleanedUpTo)
})
