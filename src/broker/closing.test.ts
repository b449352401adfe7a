import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { deferred } from '../base/deferred.ts'
import { atMost, STUCK_MS, unlessStuck } from './closing.ts'

test('work that moves may take as long as it likes; when nothing moves any more it is given up, and says what was not done', async () => {
  const clock = new ManualClock()
  const work = deferred<void>()
  let moved = 0
  let outcome = 'waits'
  const closing = unlessStuck(work.promise, { clock, progress: () => moved, what: () => `${5 - moved} logs` }).then(
    () => (outcome = 'done'),
    (thrown: Error) => (outcome = thrown.message),
  )
  for (; moved < 3; moved++) {
    await clock.advance(STUCK_MS - 2000)
    assert.equal(outcome, 'waits')
  }
  await clock.advance(STUCK_MS + 2000)
  await closing
  assert.match(outcome, /nothing moved for 3\d s; not closed: 2 logs/)
  work.resolve()
})

test('what the work ends with is passed on, and no timer is left', async () => {
  const clock = new ManualClock()
  await unlessStuck(Promise.resolve(), { clock, progress: () => 0, what: () => 'nothing' })
  await assert.rejects(
    unlessStuck(Promise.reject(new Error('its own')), { clock, progress: () => 0, what: () => 'nothing' }),
    /its own/,
  )
})

test('what may take so long at most is left to itself then; before, its failure is told', async () => {
  const clock = new ManualClock()
  let isOver = false
  const waiting = atMost(2000, new Promise(() => {}), clock).then(() => (isOver = true))
  await clock.advance(1999)
  assert.equal(isOver, false)
  await clock.advance(1)
  await waiting
  await assert.rejects(atMost(2000, Promise.reject(new Error('no')), clock), /no/)
})
