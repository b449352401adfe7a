import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { Log } from './log.ts'

const DIR = '/data/orders-0'

/** Three segments, above the size up to which an index is never read back, written in two epochs. */
async function segmentedLog() {
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 80_000 }))
  const dir = await world.open()
  const log = await dir.createLog('orders', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 200; i++) {
    log.append(batchOf(['x'.repeat(1000)], { timestamp: 1_000_000 + i }), i < 50 ? 3 : 5)
    if (i % 20 === 19) await settle()
  }
  await log.flushed()
  await settle()
  return { world, dir, log }
}

const reopened = async (world: LogWorld) => (await world.open()).logs.get('orders-0')!

const factsOf = async (log: Log) => ({
  end: log.endOffset,
  epochs: [3, 4, 5].map((epoch) => log.endOffsetForEpoch(epoch)),
  times: await Promise.all([1_000_000, 1_000_077, 1_000_199].map((time) => log.offsetForTimestamp(time))),
  last: await log.maxTimestampOffset(),
})

for (const suffix of ['index', 'timeindex']) {
  test(`a .${suffix} that is missing below the recovery point is made again after a crash`, async () => {
    const { world, dir, log } = await segmentedLog()
    const before = await factsOf(log)
    await dir.checkpoint()
    await world.crash()
    const [first] = (await world.disk.list(DIR)).filter(({ name }) => name.endsWith(`.${suffix}`))
    await world.disk.remove(`${DIR}/${first!.name}`)
    assert.deepEqual(await factsOf(await reopened(world)), before)
  })
}

/** Changes that leave the file a sound one, as far as one can see from itself. */
const lies: Readonly<Record<string, (bytes: Buffer) => Uint8Array>> = {
  'places a little off': (bytes) => bytes.map((byte, at) => (at % 8 === 7 ? byte ^ 4 : byte)),
  'offsets too small': (bytes) => bytes.map((byte, at) => (at % 8 === 3 && byte > 4 ? byte - 2 : byte)),
}
const timeLies: Readonly<Record<string, (bytes: Buffer) => Uint8Array>> = {
  'without its end': (bytes) => bytes.subarray(0, 24),
  'with zeros at the end': (bytes) => Buffer.from(bytes).fill(0, 24),
  'with a last time too large': (bytes) => bytes.map((byte, at) => (at === bytes.length - 8 ? byte | 0x40 : byte)),
  'with times a little too small': (bytes) => bytes.map((byte, at) => (at % 12 === 7 ? byte & ~3 : byte)),
}

for (const [suffix, [what, lie]] of [
  ...Object.entries(lies).map((each) => ['index', each] as const),
  ...Object.entries(timeLies).map((each) => ['timeindex', each] as const),
]) {
  for (const isClean of [true, false]) {
    test(`a .${suffix} ${what} misleads nobody after a ${isClean ? 'clean stop' : 'crash'}`, async () => {
      const { world, dir, log } = await segmentedLog()
      const before = await factsOf(log)
      if (isClean) await dir.close({ brokerEpoch: 1 })
      else {
        await dir.checkpoint()
        await world.crash()
      }
      for (const { name } of await world.disk.list(DIR)) {
        if (!name.endsWith(`.${suffix}`)) continue
        const path = `${DIR}/${name}`
        await world.disk.replaceAtomic(path, lie(Buffer.from((await world.disk.readAtomic(path))!)))
      }
      const again = (await world.open({ tailBytes: 0 })).logs.get('orders-0')!
      assert.deepEqual(await factsOf(again), before)
      for (let offset = 0; offset < 200; offset += 7) {
        const read = await again.read(offset, 1, 200)
        assert.equal(Number(Buffer.concat(read.views).readBigInt64BE(0)), offset)
        read.release()
      }
    })
  }
}

for (const [what, damage] of [
  ['missing', null],
  ['empty', ''],
  ['cut', '0\n2\n3 0\n'],
  ['out of order', '0\n2\n5 50\n3 0\n'],
] as const) {
  test(`leader epochs come back from the batches where their file is ${what}`, async () => {
    const { world, dir, log } = await segmentedLog()
    const before = await factsOf(log)
    await dir.close({ brokerEpoch: 1 })
    const path = `${DIR}/leader-epoch-checkpoint`
    if (damage === null) await world.disk.remove(path)
    else await world.disk.replaceAtomic(path, Buffer.from(damage))
    assert.deepEqual(await factsOf(await reopened(world)), before)
  })
}

test('a start offset behind the end is not believed after a clean stop', async () => {
  const { world, dir } = await segmentedLog()
  await dir.close({ brokerEpoch: 1 })
  await world.disk.replaceAtomic('/data/log-start-offset-checkpoint', Buffer.from('0\n1\norders 0 2000\n'))
  const log = await reopened(world)
  assert.deepEqual([log.startOffset, log.endOffset, (await readAll(log)).length], [0, 200, 200])
})

test('logs without a meta.properties are refused, not given a new identity', async () => {
  const { world, dir } = await segmentedLog()
  await dir.close({ brokerEpoch: 1 })
  await world.disk.remove('/data/meta.properties')
  await assert.rejects(world.open(), /meta\.properties is missing, but there are logs \(orders-0\): restore it/)
  assert.equal(await world.disk.exists('/data/meta.properties'), false)
})

for (const [what, from, to] of [
  ['cluster.id', /cluster\.id=../, 'cluster.id=\0\0'],
  ['node.id', 'node.id=1', 'node.id=1x'],
  ['directory.id', /directory\.id=../, 'directory.id=%%'],
] as const) {
  test(`a ${what} that makes no sense is refused`, async () => {
    const { world, dir } = await segmentedLog()
    await dir.close({ brokerEpoch: 1 })
    const text = Buffer.from((await world.disk.readAtomic('/data/meta.properties'))!).toString()
    await world.disk.replaceAtomic('/data/meta.properties', Buffer.from(text.replace(from, to)))
    await assert.rejects(world.open(), /meta\.properties .* restore it from a backup/)
  })
}

test('a log that lost its topic id is given it again, for good', async () => {
  const { world, dir } = await segmentedLog()
  await dir.close({ brokerEpoch: 1 })
  await world.disk.replaceAtomic(`${DIR}/partition.metadata`, Buffer.from('noise'))
  const again = await world.open()
  const log = again.logs.get('orders-0')!
  assert.equal(log.topicId, null)
  await again.identify(log, TOPIC_ID)
  assert.equal(log.topicId, TOPIC_ID)
  await again.close({ brokerEpoch: 2 })
  assert.equal((await reopened(world)).topicId, TOPIC_ID)
})
