import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { onAbort } from './on-abort.ts'

test('all who wait hear it, once, and who has taken it back does not', () => {
  const controller = new AbortController()
  const heard: string[] = []
  onAbort(controller.signal, () => heard.push('one'))
  const quiet = onAbort(controller.signal, () => heard.push('two'))
  const quietLater = onAbort(controller.signal, () => heard.push('three'))
  onAbort(controller.signal, () => quietLater())
  quiet()
  controller.abort()
  assert.deepEqual(heard, ['one', 'three'])
})

test('a signal has one listener for all of them, and none when nobody waits', () => {
  const { signal } = new AbortController()
  const quiets = Array.from({ length: 1000 }, () => onAbort(signal, () => {}))
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  for (const quiet of quiets) quiet()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  onAbort(signal, () => {})()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('who is taken back while others hear it does not hear it any more', () => {
  const controller = new AbortController()
  const heard: string[] = []
  let quiet = () => {}
  onAbort(controller.signal, () => quiet())
  quiet = onAbort(controller.signal, () => heard.push('late'))
  controller.abort()
  assert.deepEqual(heard, [])
})
