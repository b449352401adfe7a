// What the judges of programs that read take, and what they do not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History } from '../history.ts'
import { ReadingHistory } from './reading-history.ts'

function readers() {
  const history = new History(1, { mishaps: () => 0, starts: [] })
  const reading = new ReadingHistory(history)
  const one = reading.member()
  one.assigned([0])
  return { history, reading, one }
}

test('a member is given what follows, and begins where everything before it is done', () => {
  const { reading, one } = readers()
  one.given(0, 0, 'a', 10)
  one.given(0, 1, 'b', 11)
  assert.throws(() => one.given(0, 3, 'd', 12), /3 of load-0 comes where 2 should/)
  reading.done(0, 0)
  const other = reading.member()
  other.assigned([0])
  assert.throws(() => other.given(0, 2, 'c', 13), /begins to read load-0 at 2, and nobody has done 1/)
  assert.doesNotThrow(() => other.given(0, 1, 'b', 14), 'at least once')
  assert.throws(() => other.given(0, 2, 'b', 15), /b lies at 1 and at 2/)
})

test('a member is given nothing of what it does not have', () => {
  const { one } = readers()
  assert.throws(() => one.assigned([0]), /given to it twice/)
  one.taken([0])
  assert.throws(() => one.given(0, 0, 'a', 10), /not its own/)
  assert.throws(() => one.taken([0]), /had none of it/)
})

test('only what is done is committed, whoever has done it', () => {
  const { history, reading } = readers()
  for (const offset of [0, 2]) reading.done(0, offset)
  assert.doesNotThrow(() => reading.sawCommitted(0, 1, 10))
  assert.throws(() => reading.sawCommitted(0, 3, 11), /3 of load-0 is committed, and nobody has done 1/)
  history.partitions[0]!.acknowledge('c', 2)
  assert.equal(reading.isCaughtUp, false)
  reading.done(0, 1)
  assert.doesNotThrow(() => reading.sawCommitted(0, 3, 12))
  assert.equal(reading.isCaughtUp, true)
})
