import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { memoryDisk } from '../platform/memory/disk.ts'

const MIB = 1 << 20

test('a disk that is nearly full is not filled by compaction, which goes on when there is room', async () => {
  const config = logConfig({
    'cleanup.policy': ['compact'],
    'min.cleanable.dirty.ratio': 0.01,
    'internal.segment.bytes': MIB,
    'file.delete.delay.ms': 0,
  })
  const disk = memoryDisk(8 * MIB)
  const world = new LogWorld(config, disk)
  const dir = await world.open()
  const log = await dir.createLog('table', 0, TOPIC_ID, config)
  for (let i = 0; i < 60; i++) {
    log.append(batchOf(['v'.repeat(60_000)], { key: `k${i % 40}` }), 0)
    await settle(2)
  }
  await log.flushed()
  log.highWatermark = log.endOffset
  const { usable } = await disk.space('/')
  await disk.replaceAtomic('/ballast', Buffer.alloc(usable - MIB / 2))

  assert.equal(await log.compact(world.clock.now()), null)
  assert.equal(dir.offline, null)
  assert.deepEqual(
    (await disk.list('/data/table-0')).filter(({ name }) => name.endsWith('.cleaned')),
    [],
  )

  await disk.remove('/ballast')
  const done = await log.compact(world.clock.now())
  assert.ok(done && done.bytesAfter < done.bytesBefore, JSON.stringify(done))
})
