import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'

/** One segment per record, each a minute later than the one before. */
async function minutes(count: number, changes = {}) {
  const world = new LogWorld(logConfig({ 'retention.ms': -1, ...changes }))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  const start = world.clock.now()
  for (let i = 0; i < count; i++) {
    if (i > 0) log.roll()
    log.append(batchOf(['x'.repeat(100)], { timestamp: start + i * 60_000 }), 0)
  }
  await settle(30)
  log.highWatermark = log.endOffset
  return { world, dir, log, start }
}

test('segments go when their latest record is older than retention.ms', async () => {
  const { log, start } = await minutes(5, { 'retention.ms': 120_000 })
  assert.equal(await log.applyRetention(start + 240_000), 2)
  assert.deepEqual([log.startOffset, log.endOffset], [2, 5])
  assert.equal((await readAll(log)).length, 3)
})

test('when all are too old, the active segment goes too and the log goes on where it was', async () => {
  const { log, start, dir, world } = await minutes(3, { 'retention.ms': 1000 })
  assert.equal(await log.applyRetention(start + 1_000_000), 3)
  assert.deepEqual([log.startOffset, log.endOffset], [3, 3])
  assert.equal(log.append(batchOf(['y'], { timestamp: start + 1_000_000 }), 0).baseOffset, 3)
  await dir.close({ brokerEpoch: 1 })
  assert.equal((await world.open()).logs.get('t-0')!.startOffset, 3)
})

test('segments go while what is left is at least retention.bytes', async () => {
  const { log, start } = await minutes(5, { 'retention.bytes': 1000 })
  const each = log.sizeInBytes / 5
  log.updateConfig({ ...log.config, 'retention.bytes': Math.round(each * 2.5) })
  assert.equal(await log.applyRetention(start), 2)
  log.updateConfig({ ...log.config, 'retention.bytes': each * 3 })
  assert.equal(await log.applyRetention(start), 0)
})

test('nothing goes that is not committed, and nothing by age where the policy is compact', async () => {
  const { log, start } = await minutes(4, { 'retention.ms': 1000 })
  log.highWatermark = 2
  assert.equal(await log.applyRetention(start + 1_000_000), 2)
  log.highWatermark = 4
  log.updateConfig({ ...log.config, 'cleanup.policy': ['compact'] })
  assert.equal(await log.applyRetention(start + 1_000_000), 0)
})

test('segments below a start that was moved go, whatever the policy', async () => {
  const { log, start } = await minutes(4, { 'cleanup.policy': ['compact'] })
  await log.deleteBefore(2)
  assert.equal(await log.applyRetention(start), 2)
})

test('files wait for file.delete.delay.ms, and readers that began before finish', async () => {
  const { log, world, start } = await minutes(3, { 'retention.ms': 1000, 'file.delete.delay.ms': 5000 })
  const reading = log.read(0, 1 << 20, 3)
  await log.applyRetention(start + 1_000_000)
  assert.ok((await reading).sizeInBytes > 0)
  ;(await reading).release()
  const marked = async () => (await world.disk.list(log.dir)).filter(({ name }) => name.endsWith('.log.deleted')).length
  assert.equal(await marked(), 3)
  await world.clock.advance(5000)
  await settle()
  assert.equal(await marked(), 0)
})
