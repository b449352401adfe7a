// What the judges take, and what they do not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionHistory, Register } from './history.ts'

test('a write of unknown outcome may be read until the broker has started again, and no more once a later one was acknowledged', () => {
  const starts = [0]
  const register = new Register('one', starts)
  register.begin(1, 10) // nobody is told
  register.end(register.begin(2, 20), 'done', 25)
  assert.doesNotThrow(() => register.read(2, 30, 31))
  assert.doesNotThrow(() => register.read(1, 32, 33), 'it may have come later')

  const other = new Register('other', starts)
  other.begin(1, 40)
  starts.push(50)
  other.end(other.begin(2, 60), 'done', 65)
  assert.doesNotThrow(() => other.read(2, 70, 71))
  assert.throws(() => other.read(1, 72, 73), /although 2 was acknowledged after it/)
})

test('a write of unknown outcome that was read counts as done from then on', () => {
  const register = new Register('one')
  register.end(register.begin(1, 10), 'done', 15)
  register.begin(2, 20)
  register.read(1, 30, 31)
  register.read(2, 40, 41)
  assert.throws(() => register.read(1, 50, 51), /although 2 was acknowledged after it/)
  register.end(register.begin(3, 60), 'done', 65)
  assert.throws(() => register.read(2, 70, 71), /although 3 was acknowledged after it/)
})

test('what acks=1 acknowledged has to stay, unless the disk had trouble since', () => {
  let mishaps = 0
  const partition = new PartitionHistory('load-0', () => mishaps)
  partition.acknowledgeWritten('a', 0, mishaps)
  partition.acknowledgeWritten('b', 1, mishaps)
  partition.checkAll([value('a', 0), value('b', 1)], 2)
  assert.throws(() => partition.checkAll([value('a', 0)], 1), /b was acknowledged with acks=1 at 1 of load-0 and is lost/)
  assert.throws(() => partition.saw('c', 1), /offset 1 of load-0 was b and is c|b was acknowledged with acks=1/)
  mishaps++
  const after = new PartitionHistory('load-0', () => mishaps)
  after.acknowledgeWritten('a', 0, mishaps - 1)
  after.checkAll([value('other', 0)], 1)
})

function value(text: string, offset: number) {
  return { offset, value: text }
}
