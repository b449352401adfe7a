import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from './pace.ts'

function rig() {
  const clock = { ms: 0 }
  const pace = new Pace(() => clock.ms)
  /** A synchronous call of `ms`, if one may be risked; whether it was. */
  const call = (ms: number) => {
    if (!pace.isQuick) return false
    pace.measure(() => (clock.ms += ms))
    return true
  }
  return { clock, pace, call }
}

test('one slow call is forgiven soon: the machine may have been busy', () => {
  const { clock, call, pace } = rig()
  assert.equal(call(20), true)
  assert.equal(pace.isQuick, false)
  clock.ms += 10
  assert.equal(pace.isQuick, true)
})

test('a disk whose calls are slow again and again is tried once a second', () => {
  const { clock, call } = rig()
  let blockedMs = 0
  for (let i = 0; i < 20_000; i++) {
    if (call(50)) blockedMs += 50
    clock.ms += 1
  }
  assert.ok(blockedMs < 20 * 50 + 500, `the event loop stood still for ${blockedMs} ms in 20 s`)
})

test('so is one where one call in twenty is slow', () => {
  const { clock, call } = rig()
  let slow = 0
  for (let i = 0; clock.ms < 60_000; i++) {
    if (call(i % 20 === 0 ? 50 : 0.005) && i % 20 === 0) slow++
    clock.ms += 0.1
  }
  assert.ok(slow < 80, `${slow} slow calls in a minute`)
})

test('a call that may take longer is not slow', () => {
  const { clock, pace } = rig()
  pace.measure(
    () => (clock.ms += 20),
    () => 30,
  )
  assert.equal(pace.isQuick, true)
})

test('calls in the thread pool hold nothing against the disk but a stall, while it lasts and for a second after it', async () => {
  const { clock, pace } = rig()
  const later = (ms: number) => async () => void (clock.ms += ms)
  await pace.watch(later(60))
  assert.equal(pace.isQuick, true)
  await pace.watch(later(500), 100_000_000)
  assert.equal(pace.isQuick, true, '100 MB may take half a second')

  let end = () => {}
  const hanging = pace.watch(() => new Promise<void>((resolve) => (end = resolve)))
  clock.ms += 101
  assert.equal(pace.isQuick, false)
  end()
  await hanging
  clock.ms += 999
  assert.equal(pace.isQuick, false)
  clock.ms += 2
  assert.equal(pace.isQuick, true)
})
