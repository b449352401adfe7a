import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from './deferred.ts'
import { Slots } from './slots.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('no more than so many work at a time, in the order they came', async () => {
  const slots = new Slots(2)
  const begun: number[] = []
  const ends = [0, 1, 2, 3].map(() => deferred<void>())
  const all = ends.map((end, i) =>
    slots.run(() => {
      begun.push(i)
      return end.promise
    }),
  )
  await settled()
  assert.deepEqual(begun, [0, 1])
  ends[1]!.reject(new Error('no'))
  await assert.rejects(all[1]!)
  assert.deepEqual(begun, [0, 1, 2])
  for (const end of ends) end.resolve()
  await Promise.all([all[0], all[2], all[3]])
  assert.deepEqual(begun, [0, 1, 2, 3])
})
