import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../base/deferred.ts'
import { LargeRequests } from './large-requests.ts'

const LARGE = 100_000
const soon = () => new Promise((resolve) => setImmediate(resolve))

function rig() {
  const requests = new LargeRequests()
  const begun: unknown[] = []
  const ends: (() => void)[] = []
  let reads = 0
  const run = (connectionId: number, weight: number, request: unknown) => {
    const end = deferred<void>()
    ends.push(end.resolve)
    const readAgain = () => {
      reads++
      return request
    }
    void requests.run({ connectionId, weight, request, readAgain }, (its) => {
      begun.push(its)
      return end.promise
    })
  }
  return { requests, begun, ends, run, reads: () => reads }
}

test('four large requests are in hand at a time; the others are read again when there is room', async () => {
  const { begun, ends, run, reads } = rig()
  for (let i = 0; i < 10; i++) run(i, LARGE, { i })
  await soon()
  assert.deepEqual([begun.length, reads()], [4, 0])
  for (const end of ends) end()
  await soon()
  assert.deepEqual(
    begun,
    Array.from({ length: 10 }, (_, i) => ({ i })),
  )
  assert.equal(reads(), 6)
})

test('a small request passes, unless a large one before it on its connection waits', async () => {
  const { requests, begun, ends, run } = rig()
  assert.equal(requests.mayPass(100, 1), true)
  assert.equal(requests.mayPass(LARGE, 1), false)
  for (const name of ['a', 'b', 'c', 'd', 'e']) run(1, LARGE, { name })
  assert.deepEqual([requests.mayPass(100, 1), requests.mayPass(100, 2)], [false, true])
  run(1, 100, { name: 'small' })
  await soon()
  assert.equal(begun.length, 4)
  for (const end of ends) end()
  await soon()
  assert.deepEqual(
    begun.map((request) => (request as { name: string }).name),
    ['a', 'b', 'c', 'd', 'e', 'small'],
  )
  assert.equal(requests.mayPass(100, 1), true)
})

test('a large Fetch waits half a second for data at most: it keeps others out', async () => {
  const { begun, run } = rig()
  run(1, LARGE, { maxWaitMs: 2_000_000_000, minBytes: 1 })
  run(2, LARGE, { maxWaitMs: 100 })
  await soon()
  assert.deepEqual(begun, [{ maxWaitMs: 500, minBytes: 1 }, { maxWaitMs: 100 }])
})
