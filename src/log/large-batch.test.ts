import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { watched } from '../../test/support/watched-disk.ts'

const FIRST_LOG = '/data/t-0/00000000000000000000.log'
const BATCHES = 48
const WIDE = 4 * 1024 * 1024

/** Forty-eight batches of a quarter of a megabyte, all flushed and committed; the length of the fourth says four megabytes more. */
async function withWrongLength(isClean: boolean) {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < BATCHES; i++) log.append(batchOf(['x'.repeat(250_000)]), 0)
  await log.flushed()
  log.highWatermark = log.endOffset
  await settle(20)
  await dir.checkpoint()
  if (isClean) await dir.close({ brokerEpoch: 1 })
  await world.crash()
  const bytes = Buffer.from((await world.disk.readAtomic(FIRST_LOG))!)
  const at = (3 * bytes.length) / BATCHES + 8
  bytes.writeInt32BE(bytes.readInt32BE(at) + WIDE, at)
  await world.disk.replaceAtomic(FIRST_LOG, bytes)
  if (!isClean) await world.disk.remove('/data/t-0/leader-epoch-checkpoint') // all of it is checked
  let largest = 0
  world.disk = watched(world.disk, '.log', (length) => {
    largest = Math.max(largest, length)
  })
  return { world, largest: () => largest }
}

for (const isClean of [true, false]) {
  test(`one wrong length has no more read at once than a batch needs: ${isClean ? 'a look for damage' : 'recovery'}`, async () => {
    const { world, largest } = await withWrongLength(isClean)
    const log = (await world.open({ tailBytes: 0 })).logs.get('t-0')!
    const scrub = log.scrub()
    while ((await scrub.step()) > 0);
    assert.ok(largest() <= 1024 * 1024, `${largest()} bytes were read at once`)
    assert.equal(log.endOffset, BATCHES)
    await assert.rejects(log.read(3, 100, BATCHES), { error: 'CORRUPT_MESSAGE' })
    assert.equal((await readAll(log, 4)).length, BATCHES - 4)
  })
}

for (const [what, isBad] of [
  ['sound', false],
  ['spoiled', true],
] as const) {
  test(`a batch of four megabytes is found ${what}, also where the one behind it is spoiled`, async () => {
    const world = new LogWorld(logConfig())
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (const size of [10, WIDE, 10, 10]) log.append(batchOf(['y'.repeat(size)]), 0)
    await log.flushed()
    log.highWatermark = log.endOffset
    await settle(20)
    await dir.checkpoint()
    await world.crash()
    const bytes = Buffer.from((await world.disk.readAtomic(FIRST_LOG))!)
    bytes.writeInt32BE(3, bytes.length - 2 * batchOf(['y'.repeat(10)]).sizeInBytes + 8)
    if (isBad) bytes[WIDE / 2]! ^= 1
    await world.disk.replaceAtomic(FIRST_LOG, bytes)
    await world.disk.remove('/data/t-0/leader-epoch-checkpoint')
    const again = (await world.open({ tailBytes: 0 })).logs.get('t-0')!
    const refused: number[] = []
    for (let offset = 0; offset < 4; offset++) {
      try {
        ;(await again.read(offset, 1, 4)).release()
      } catch {
        refused.push(offset)
      }
    }
    assert.deepEqual([again.endOffset, refused], [4, isBad ? [1, 2] : [2]])
  })
}
