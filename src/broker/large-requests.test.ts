import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../base/deferred.ts'
import { LargeRequests } from './large-requests.ts'

const soon = () => new Promise((resolve) => setImmediate(resolve))

function rig() {
  const requests = new LargeRequests()
  const begun: unknown[] = []
  const ends: (() => void)[] = []
  /** The small one has been read, the large one is when its turn comes. */
  const run = (connectionId: number, request: unknown, isLarge = true) => {
    const end = deferred<void>()
    ends.push(end.resolve)
    void requests.run({ connectionId, request: isLarge ? null : request, read: async () => request }, (its) => {
      begun.push(its)
      return end.promise
    })
  }
  return { requests, begun, ends, run }
}

test('four large requests are in hand at a time; the others are read when there is room', async () => {
  const { begun, ends, run } = rig()
  for (let i = 0; i < 10; i++) run(i, { i })
  await soon()
  assert.equal(begun.length, 4)
  for (const end of ends) end()
  await soon()
  assert.deepEqual(
    begun,
    Array.from({ length: 10 }, (_, i) => ({ i })),
  )
})

test('a small request passes, unless a large one before it on its connection waits', async () => {
  const { requests, begun, ends, run } = rig()
  assert.equal(requests.mayPass(1), true)
  for (const name of ['a', 'b', 'c', 'd', 'e']) run(1, { name })
  assert.deepEqual([requests.mayPass(1), requests.mayPass(2)], [false, true])
  run(1, { name: 'small' }, false)
  await soon()
  assert.equal(begun.length, 4)
  for (const end of ends) end()
  await soon()
  assert.deepEqual(
    begun.map((request) => (request as { name: string }).name),
    ['a', 'b', 'c', 'd', 'e', 'small'],
  )
  assert.equal(requests.mayPass(1), true)
})

test('a large Fetch waits half a second for data at most: it keeps others out', async () => {
  const { begun, run } = rig()
  run(1, { maxWaitMs: 2_000_000_000, minBytes: 1 })
  run(2, { maxWaitMs: 100 })
  await soon()
  assert.deepEqual(begun, [{ maxWaitMs: 500, minBytes: 1 }, { maxWaitMs: 100 }])
})

test('what turns out to be no request lets those behind it begin', async () => {
  const { requests, begun, run } = rig()
  const broken = requests.run(
    { connectionId: 1, request: null, read: () => Promise.reject(new Error('malformed')) },
    async () => {},
  )
  run(1, { name: 'small' }, false)
  await assert.rejects(broken, /malformed/)
  await soon()
  assert.deepEqual(begun, [{ name: 'small' }])
})
