import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { VirtualClock } from './virtual-clock.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function clocks() {
  const real = new ManualClock()
  return { real, clock: new VirtualClock(real), began: real.now() }
}

test('it goes on as the real clock does, and fires when that has come so far', async () => {
  const { real, clock, began } = clocks()
  const fired: number[] = []
  clock.after(500, () => fired.push(clock.now() - began))
  clock.after(20, () => fired.push(clock.now() - began))
  await real.advance(499)
  assert.deepEqual(fired, [20])
  await real.advance(1)
  assert.deepEqual(fired, [20, 500])
  assert.equal(clock.pending, 0)
})

test('moved ahead, it fires what comes due in its order and at its time, and lets what follows happen in between', async () => {
  const { clock, began } = clocks()
  const seen: string[] = []
  const at = (what: string) => seen.push(`${what} ${clock.now() - began}`)
  clock.after(3000, () => at('late'))
  clock.after(1000, () => {
    at('early')
    clock.after(500, () => at('set on the way'))
  })
  clock.after(60_001, () => at('beyond'))
  await clock.move(60_000, async () => {
    at('settled')
    await turn()
  })
  assert.deepEqual(seen, [
    'settled 0',
    'early 1000',
    'settled 1000',
    'set on the way 1500',
    'settled 1500',
    'late 3000',
    'settled 3000',
  ])
  assert.equal(clock.now() - began, 60_000)
  assert.equal(clock.monotonic() - began, 60_000)
})

test('a timer that sets itself again fires 50 times in a week, and is back at its own pace after it', async () => {
  const { real, clock } = clocks()
  let count = 0
  const again = (): unknown =>
    clock.after(100, () => {
      count++
      again()
    })
  again()
  await clock.move(7 * 86_400_000, turn)
  assert.ok(count >= 49 && count <= 53, `${count}`)
  const before = count
  await real.advance(1000)
  assert.equal(count - before, 10)
})

test('what waits longer than another does not overtake it, however far time is moved', async () => {
  const { clock } = clocks()
  const expired: number[] = []
  let session = clock.after(9000, () => expired.push(clock.now()))
  const beat = () =>
    void clock.after(2000, () => {
      session.cancel()
      session = clock.after(9000, () => expired.push(clock.now()))
      beat()
    })
  beat()
  await clock.move(86_400_000, turn)
  assert.deepEqual(expired, [], 'a heartbeat of 2 s keeps a session of 9 s alive')
})

test('a move whose signal throws leaves time where it came to, and timers as they were', async () => {
  const { real, clock, began } = clocks()
  let fired = 0
  for (const ms of [1000, 2000, 3000]) clock.after(ms, () => fired++)
  const stop = new Error('enough')
  await assert.rejects(
    clock.move(10_000, async () => {
      if (fired === 2) throw stop
    }),
    (thrown) => thrown === stop,
  )
  assert.equal(clock.now() - began, 2000)
  await real.advance(1000)
  assert.equal(fired, 3)
})

test('cancelled timers do not fire and are not kept; what belongs to somebody who is over does not fire; nothing fires after the end', async () => {
  const { real, clock } = clocks()
  const owner = { isOver: false }
  let fired = 0
  for (let i = 0; i < 2000; i++) clock.after(30_000, () => fired++).cancel()
  clock.afterFor(owner, 10, () => fired++)
  clock.after(20, () => fired++)
  assert.equal(clock.pending, 2)
  owner.isOver = true
  await real.advance(15)
  assert.equal(fired, 0)
  clock.end()
  clock.after(1, () => fired++)
  await real.advance(60_000)
  assert.equal(fired, 0)
  assert.equal(clock.pending, 0)
})
