import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'

const SETTINGS = { 'internal.segment.bytes': 1000, 'index.interval.bytes': 100 }
const COMPACTED = { ...SETTINGS, 'min.cleanable.dirty.ratio': 0 }
const CHECKPOINTS = ['recovery-point-offset-checkpoint', 'cleaner-offset-checkpoint', 't-0/leader-epoch-checkpoint']

/** What no checkpoint says any more, for every choice of them. */
const losses = Array.from({ length: 2 ** CHECKPOINTS.length }, (_, chosen) => CHECKPOINTS.filter((_, bit) => chosen & (1 << bit)))

for (const lost of losses) {
  test(`a compacted log is whole after a crash ${lost.length > 0 ? `that took ${lost.join(', ')}` : 'that took nothing'}`, async () => {
    const world = new LogWorld(logConfig({ ...COMPACTED, 'cleanup.policy': ['compact'] }))
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (let i = 0; i < 60; i++) log.append(batchOf([`value ${i}`], { key: `k${i % 5 === 0 ? i : i % 5}` }), 0)
    await log.flushed()
    log.highWatermark = log.endOffset
    await settle(30)
    await log.compact(world.clock.now())
    await dir.checkpoint()
    const before = await readAll(log)
    await world.crash()
    for (const path of lost) await world.disk.remove(`/data/${path}`)
    world.config = logConfig(SETTINGS) // the topic's own is not known so early
    const again = (await world.open()).logs.get('t-0')!
    assert.deepEqual([again.endOffset, again.recovered?.cutBytes], [60, 0])
    assert.deepEqual(await readAll(again), before)
  })
}

function at(offset: number, value: string): RecordBatch {
  const batch = batchOf([value])
  batch.assign(offset, 0)
  return batch
}

test('the last record of a compacted log may come behind a gap, that of another one may not', async () => {
  for (const [offsets, end] of [
    [[0, 1, 2, 9], 3],
    [[0, 3, 4, 9], 10],
  ] as const) {
    const world = new LogWorld(logConfig())
    const dir = await world.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
    for (const offset of offsets) log.appendAsFollower(at(offset, `value ${offset}`).slice())
    await log.flushed()
    await settle(20)
    await world.crash()
    assert.equal((await world.open()).logs.get('t-0')!.endOffset, end)
  }
})
