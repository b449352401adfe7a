import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetadataImage } from '../metadata/image.ts'
import { OwnLife } from './own-life.ts'

test('the life of a process begins with the change that registers it, also where the image is ahead of the changes', () => {
  const life = new OwnLife(1)
  const brokers = new Map([[1, { incarnationId: 'the one before', epoch: 20 }]])
  const image = { brokers } as unknown as MetadataImage
  const begunAfter = (endOffset: number) => {
    life.follow({ image, endOffset })
    return life.hasBegun
  }
  assert.deepEqual([begunAfter(20), begunAfter(40)], [false, false], 'another process was registered')
  life.asks('this one')
  assert.equal(begunAfter(44), false, 'it has yet to be heard')
  brokers.set(1, { incarnationId: 'this one', epoch: 50 })
  assert.deepEqual([begunAfter(45), begunAfter(50), begunAfter(52)], [false, false, true])
  brokers.delete(1)
  assert.equal(begunAfter(60), true, 'one that is forgotten lives on')
})
