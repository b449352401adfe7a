// What is said of records, as it waits and as it is written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import {
  type Acknowledgement,
  type AcknowledgementBatch,
  AcknowledgementQueue,
  batchesOf,
  TYPES,
  type TypeName,
} from './acknowledgements.ts'
import { SharePartitions } from './share-partition.ts'

const partitions = new SharePartitions()
const [p0, p1] = [partitions.get('id', 't', 0), partitions.get('id', 't', 1)]
const said = (offset: number, type: TypeName, partition = p0): Acknowledgement => {
  return { partition, offset, type, turn: 0, lockedUntil: 0, onSettled: null }
}

test('ranges without a hole; one type for all of a range where it is one', () => {
  const acknowledgements = [said(7, 'accept'), said(3, 'accept'), said(1, 'accept'), said(2, 'release'), said(6, 'accept')]
  assert.deepEqual(batchesOf(acknowledgements), [
    { firstOffset: 1, lastOffset: 3, acknowledgeTypes: [1, 2, 1] },
    { firstOffset: 6, lastOffset: 7, acknowledgeTypes: [1] },
  ])
  assert.deepEqual(batchesOf([]), [])
})

test('ranges say of each offset what was said of it, in order, and touch no other', () => {
  const type = fc.constantFrom(...(Object.keys(TYPES) as TypeName[]))
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.nat(60), type), { selector: ([offset]) => offset }), (pairs) => {
      const batches = batchesOf(pairs.map(([offset, name]) => said(offset, name)))
      const expanded = batches.flatMap(typesOf)
      const expected = pairs.sort(([a], [b]) => a - b).map(([offset, name]) => [offset, TYPES[name]])
      assert.deepEqual(expanded, expected)
      for (const [i, { firstOffset }] of batches.entries()) {
        if (i > 0) assert.ok(firstOffset > batches[i - 1]!.lastOffset + 1, 'two ranges that are one')
      }
    }),
  )
})

function typesOf({ firstOffset, lastOffset, acknowledgeTypes }: AcknowledgementBatch): number[][] {
  return Array.from({ length: lastOffset - firstOffset + 1 }, (_, i) => [
    firstOffset + i,
    acknowledgeTypes.length === 1 ? acknowledgeTypes[0]! : acknowledgeTypes[i]!,
  ])
}

test('what is said later of an offset counts, and both hear of it', () => {
  const queue = new AcknowledgementQueue()
  const heard: string[] = []
  queue.add({ ...said(1, 'renew'), onSettled: () => heard.push('renewal') })
  assert.ok(queue.hasRenewals)
  queue.add({ ...said(1, 'accept'), onSettled: () => heard.push('last word') })
  assert.equal(queue.hasRenewals, false)
  assert.equal(queue.size, 1)
  const [taken] = queue.take()
  assert.equal(taken!.type, 'accept')
  taken!.onSettled!(null)
  assert.deepEqual(heard, ['renewal', 'last word'])
  assert.equal(queue.size, 0)
})

test('some partitions may be taken alone, and without renewals; what comes back does not take the place of what is newer', () => {
  const queue = new AcknowledgementQueue()
  for (const each of [said(1, 'accept'), said(2, 'renew'), said(5, 'reject', p1)]) queue.add(each)
  const taken = queue.take({ of: (partition) => partition === p0, withRenewals: false })
  assert.deepEqual(
    taken.map(({ offset }) => offset),
    [1],
  )
  queue.putBack({ ...said(5, 'accept', p1) })
  queue.putBack(taken[0]!)
  assert.deepEqual(
    [...queue].map(({ offset, type }) => `${offset} ${type}`),
    ['2 renew', '1 accept', '5 reject'],
  )
})
