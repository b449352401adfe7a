import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { watched } from '../../test/support/watched-disk.ts'

const DIR = '/data/t-0'

/** Sixty records of one producer in several small segments, committed. */
async function filled() {
  const world = new LogWorld(logConfig({ 'internal.segment.bytes': 1000, 'index.interval.bytes': 100 }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 60; i++) log.append(batchOf([`value ${i}`], { producerId: 7, producerEpoch: 0, baseSequence: i }), 0)
  await log.flushed()
  log.highWatermark = log.endOffset
  await settle(30)
  return { world, dir }
}

async function namesOf({ disk }: LogWorld, suffix: string): Promise<string[]> {
  return (await disk.list(DIR))
    .map(({ name }) => name)
    .filter((name) => name.endsWith(suffix))
    .sort()
}

async function change({ disk }: LogWorld, name: string, edit: (bytes: Buffer) => void): Promise<void> {
  const bytes = Buffer.from((await disk.readAtomic(`${DIR}/${name}`))!)
  edit(bytes)
  await disk.replaceAtomic(`${DIR}/${name}`, bytes)
}

/** The batch's length is one that no batch can have: what follows it is only found by looking at every byte. */
const breakFraming = (bytes: Buffer) => bytes.writeInt32BE(3, 8)

test('a damaged segment below the recovery point whose index is missing does not stop the start', async () => {
  const { world, dir } = await filled()
  await dir.checkpoint()
  await world.crash()
  const [first] = await namesOf(world, '.log')
  await world.disk.remove(`${DIR}/${first!.replace('.log', '.index')}`)
  await change(world, first!, breakFraming)
  const log = (await world.open()).logs.get('t-0')!
  assert.equal(log.endOffset, 60)
  await assert.rejects(log.read(0, 100, 60), { error: 'CORRUPT_MESSAGE' })
  assert.equal((await readAll(log, 1)).length, 59)
})

test('a damaged segment that has to tell of the producers does not stop a clean start', async () => {
  const { world, dir } = await filled()
  await dir.close({ brokerEpoch: 1 })
  for (const name of (await namesOf(world, '.snapshot')).slice(-2)) await change(world, name, (bytes) => (bytes[8]! ^= 1))
  const last = (await namesOf(world, '.log')).at(-2)!
  await change(world, last, breakFraming)
  const log = (await world.open()).logs.get('t-0')!
  const bad = Number.parseInt(last, 10)
  assert.equal(log.endOffset, 60)
  await assert.rejects(log.read(bad, 100, 60), { error: 'CORRUPT_MESSAGE' })
  assert.equal((await readAll(log, bad + 1)).length, 59 - bad)
  const known = log.producers.check(batchOf(['value 59'], { producerId: 7, producerEpoch: 0, baseSequence: 59 }))
  assert.equal(known === 'new' ? null : known.duplicateOf.baseOffset, 59)
})

test('a log whose every other batch is spoiled is read a few times, not once for each of them', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 1000; i++) log.append(batchOf([`value ${i}`.padEnd(1000)]), 0)
  await log.flushed()
  log.highWatermark = log.endOffset
  await settle(30)
  await dir.checkpoint()
  await world.crash()
  const [name] = await namesOf(world, '.log')
  let size = 0
  await change(world, name!, (bytes) => {
    size = bytes.length
    for (let i = 1; i < 1000; i += 2) bytes[(i * size) / 1000 + 100]! ^= 1
  })
  await world.disk.remove(`${DIR}/leader-epoch-checkpoint`) // all of it is checked
  let bytesRead = 0
  world.disk = watched(world.disk, '.log', (length) => {
    bytesRead += length
  })
  const again = (await world.open({ tailBytes: 0 })).logs.get('t-0')!
  assert.ok(bytesRead < 10 * size, `${bytesRead} bytes were read of ${size}`)
  assert.equal(again.endOffset, 1000)
  await assert.rejects(again.read(1, 100, 1000), { error: 'CORRUPT_MESSAGE' })
  ;(await again.read(2, 100, 1000)).release()
})
