import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SentOffsets } from './sent-offsets.ts'

test('consumers of a group hear what is sent for it, as long as they listen', () => {
  const sent = new SentOffsets()
  const heard: string[] = []
  const listen = (name: string, groupId: string) =>
    sent.listen(groupId, (offsets) => heard.push(`${name} ${offsets.map(({ offset }) => offset)}`))
  const unheard = listen('a', 'g')
  listen('b', 'g')
  listen('c', 'h')
  sent.tell('g', [{ topic: 't', partition: 0, offset: 7 }])
  unheard()
  sent.tell('g', [{ topic: 't', partition: 0, offset: 8 }])
  sent.tell('nobody', [])
  assert.deepEqual(heard, ['a 7', 'b 7', 'b 8'])
})
