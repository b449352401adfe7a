import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pauses } from './pauses.ts'

test('a topic is paused with all its partitions, and partitions of it are resumed one by one', () => {
  const pauses = new Pauses()
  pauses.pause({ topic: 't' })
  pauses.resume({ topic: 't', partitions: [1] })
  assert.deepEqual([pauses.has('t', 0), pauses.has('t', 1), pauses.has('u', 0)], [true, false, false])
  pauses.pause({ topic: 't', partitions: [1] })
  assert.deepEqual([pauses.has('t', 0), pauses.has('t', 1)], [false, true])
  pauses.resume({ topic: 't' })
  assert.equal(pauses.has('t', 1), false)
})
