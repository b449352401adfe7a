import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { Joined, partsOf } from './parts.ts'

test('parts are in order, no larger than asked, and their answers join to what was asked', () => {
  const topics = fc.array(fc.record({ name: fc.string(), partitions: fc.array(fc.nat(), { maxLength: 30 }) }), { maxLength: 20 })
  fc.assert(
    fc.property(topics, fc.integer({ min: 1, max: 12 }), (all, size) => {
      const parts = partsOf(all, size)
      const joined = new Joined<number>(all.length)
      for (const part of parts) {
        assert.ok(part.topics.reduce((sum, { partitions }) => sum + partitions.length, 0) <= size)
        assert.ok(part.topics.length > 0 && part.topics.length <= size)
        for (const [i, place] of part.places.entries()) assert.equal(part.topics[i]!.name, all[place]!.name)
        joined.add(
          part,
          part.topics.map(({ partitions }) => partitions),
        )
      }
      assert.deepEqual(
        joined.topics,
        all.map(({ partitions }) => partitions),
      )
    }),
  )
})

test('what fits is one part, with the topics as they are', () => {
  const topics = [{ partitions: [1, 2] }, { partitions: [] }, { partitions: [3] }]
  const [part, ...more] = partsOf(topics, 4)
  assert.deepEqual(more, [])
  assert.ok(part!.topics.every((topic, i) => topic === topics[i]))
})
