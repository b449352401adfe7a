// What a coordinator may ask for, and what not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../../test/support/manual-clock.ts'
import { Heartbeats } from './heartbeats.ts'

async function beatsInASecond(intervalMs: number): Promise<number> {
  const clock = new ManualClock()
  let beats = 0
  const heartbeats = new Heartbeats(clock, async () => {
    beats++
  })
  heartbeats.start(intervalMs)
  for (let at = 0; at < 1000; at++) await clock.advance(1)
  heartbeats.stop()
  return beats
}

test('heartbeats come in the interval that is asked for, and one of nothing is no loop without a pause', async () => {
  assert.equal(await beatsInASecond(250), 4)
  const beats = await beatsInASecond(0)
  assert.ok(beats > 50 && beats <= 100, `${beats} in a second`)
})
