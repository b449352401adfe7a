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
    return life.isNow
  }
  assert.deepEqual([begunAfter(20), begunAfter(40)], [false, false], 'another process was registered')
  life.asks('this one')
  assert.equal(begunAfter(44), false, 'it has yet to be heard')
  brokers.set(1, { incarnationId: 'this one', epoch: 50 })
  assert.deepEqual([begunAfter(45), begunAfter(50), begunAfter(52)], [false, false, true])
  brokers.delete(1)
  assert.equal(begunAfter(60), true, 'one that is forgotten lives on')
})

test('who was replaced by another process leads nothing by what is said of that one', () => {
  const life = new OwnLife(1)
  life.asks('this one')
  const brokers = new Map([[1, { incarnationId: 'this one', epoch: 50 }]])
  const image = { brokers } as unknown as MetadataImage
  life.follow({ image, endOffset: 52 })
  assert.equal(life.isNow, true)
  brokers.set(1, { incarnationId: 'another one', epoch: 70 })
  life.follow({ image, endOffset: 60 })
  assert.equal(life.isNow, true, 'that change came before it')
  life.follow({ image, endOffset: 72 })
  assert.equal(life.isNow, false)
})
