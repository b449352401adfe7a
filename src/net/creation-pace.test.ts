import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { CreationPace } from './creation-pace.ts'

test("a second's worth comes in at once, the others one after the other, in their order", async () => {
  const clock = new ManualClock()
  const pace = new CreationPace(clock, () => 10)
  const seen: number[] = []
  for (let i = 0; i < 15; i++) pace.enter({}, () => seen.push(i))
  assert.equal(seen.length, 10)
  for (const expected of [11, 12, 13, 14, 15]) {
    await clock.advance(100)
    assert.equal(seen.length, expected)
  }
  assert.deepEqual(
    seen,
    seen.map((_, i) => i),
  )
  await clock.advance(60_000)
  for (let i = 0; i < 15; i++) pace.enter({}, () => seen.push(i))
  assert.equal(seen.length, 25, 'a pause gives a second of credit, not a minute')
})

test('a rate that changes holds for those who wait already; after a stop nobody comes in', async () => {
  const clock = new ManualClock()
  let rate = 0
  const pace = new CreationPace(clock, () => rate)
  let count = 0
  const enter = () => pace.enter({}, () => count++)
  for (let i = 0; i < 5; i++) enter()
  await clock.advance(100_000)
  assert.equal(count, 0)
  rate = 1000
  await clock.advance(600)
  assert.equal(count, 5)
  rate = 0
  enter()
  pace.stop()
  rate = Number.POSITIVE_INFINITY
  await clock.advance(10_000)
  assert.equal(count, 5)
  enter()
  assert.equal(count, 6)
})

test('only so many wait; who leaves meanwhile costs those behind nothing', async () => {
  const clock = new ManualClock()
  const pace = new CreationPace(clock, () => 5)
  const seen: number[] = []
  const all = Array.from({ length: 100 }, (_, number) => ({ number }))
  const taken = all.filter((who) => pace.enter(who, () => seen.push(who.number)))
  assert.equal(seen.length, 5)
  assert.equal(taken.length, 5 + 64)
  for (const who of taken) pace.leave(who)
  assert.equal(
    pace.enter({}, () => seen.push(1000)),
    true,
  )
  await clock.advance(200)
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 1000])
})
