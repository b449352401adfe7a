import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { type Line, ProduceOrder } from './produce-order.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('work of one line begins and ends in the order it came; other lines do not wait', async () => {
  const line = fc.uniqueArray(fc.constantFrom<Line>(1, 2, -1, -2), { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.infiniteStream(fc.nat()), async (works, choices) => {
      const order = new ProduceOrder()
      const open = new Map<number, Deferred<void>>()
      const begun: number[] = []
      const all = works.map((lines, i) =>
        order.run(lines, async () => {
          begun.push(i)
          const done = deferred<void>()
          open.set(i, done)
          await done.promise
        }),
      )
      for (let ended = 0; ended < works.length; ended++) {
        await settled()
        assert.ok(open.size > 0, 'somebody can always go on')
        for (const i of open.keys())
          for (const j of open.keys()) assert.ok(i === j || !works[i]!.some((key) => works[j]!.includes(key)))
        const chosen = [...open.keys()][choices.next().value % open.size]!
        open.get(chosen)!.resolve()
        open.delete(chosen)
      }
      await Promise.all(all)
      for (const key of [1, 2, -1, -2]) {
        const ofLine = begun.filter((i) => works[i]!.includes(key))
        assert.deepEqual(
          ofLine,
          [...ofLine].sort((a, b) => a - b),
        )
      }
      assert.ok(order.isIdle)
    }),
    { numRuns: 40 },
  )
})

test('work that fails tells its caller and lets the next one begin', async () => {
  const order = new ProduceOrder()
  const failing = order.run([1], () => Promise.reject(new Error('no')))
  const next = order.run([1], async () => {})
  await assert.rejects(failing, /no/)
  await next
  assert.ok(order.isIdle)
})
