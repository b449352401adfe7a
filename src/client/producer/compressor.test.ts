import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { inlineOffload } from '../../platform/offload.ts'
import type { ProducerBatch } from './batch.ts'
import { Compressor } from './compressor.ts'

/** Batches of this size that take their time, and the longest that one turn of the event loop had of it. */
function scene(t: TestContext, count: number, sizeInBytes: number, workMs: number) {
  const clock = new ManualClock()
  let turn = 0
  let longest = 0
  let isOver = false
  const next = () => {
    turn = 0
    if (!isOver) setImmediate(next)
  }
  setImmediate(next)
  t.after(() => void (isOver = true))
  const compress = () => {
    clock.work(workMs)
    turn += workMs
    longest = Math.max(longest, turn)
  }
  const batches = Array.from({ length: count }, () => ({ sizeInBytes, uncompressed: new Uint8Array(sizeInBytes), compress }))
  const compressor = new Compressor({ clock, offload: inlineOffload, codec: 'gzip', level: undefined })
  return {
    compressor,
    batches: batches as unknown as ProducerBatch[],
    longest: () => longest,
  }
}

test('a few small batches are compressed at once, many of them in turns that others get their share of', async (t) => {
  const { compressor, batches, longest } = scene(t, 40, 16_000, 1)
  assert.equal(compressor.compress(batches.slice(0, 2)), null)
  assert.equal(longest(), 2)
  await compressor.compress(batches)
  assert.equal(longest(), 5)
})

test('small requests of one turn share it', async (t) => {
  const { compressor, batches, longest } = scene(t, 10, 1000, 2)
  const done = batches.map((batch) => compressor.compress([batch]))
  assert.ok(done.some((promise) => promise === null) && done.some((promise) => promise !== null))
  await Promise.all(done)
  assert.ok(longest() <= 6, String(longest()))
})
