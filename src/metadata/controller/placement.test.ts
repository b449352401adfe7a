import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import type { Random } from '../../platform/random.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'
import { placeReplicas } from './placement.ts'

function broker(id: number, rack: string | null, fields: Partial<BrokerImage> = {}): BrokerImage {
  return {
    id,
    epoch: id,
    incarnationId: '',
    endPoints: [],
    features: [],
    rack,
    fenced: false,
    inControlledShutdown: false,
    logDirs: [],
    ...fields,
  }
}

/** Always the first of all choices, so that an example can be followed by hand. */
const never: Random = { next: () => 0, bytes: () => new Uint8Array() }

function seeded(seed: number): Random {
  let state = seed
  return {
    next: () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    },
    bytes: () => new Uint8Array(),
  }
}

const counts = (ids: readonly number[]) => {
  const found = new Map<number, number>()
  for (const id of ids) found.set(id, (found.get(id) ?? 0) + 1)
  return [...found].sort(([one], [other]) => one - other)
}

test('three racks of one broker give the stripes that Kafka gives', () => {
  const racks = [broker(1, 'a'), broker(2, 'b'), broker(3, 'c')]
  assert.deepEqual(placeReplicas(racks, 3, 3, never), [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ])
})

test('replicas of a partition are in as many racks as there are, and leaders spread over the brokers of a rack', () => {
  const brokers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => broker(id, `r${id % 3}`))
  const placed = placeReplicas(brokers, 90, 3, seeded(7))
  for (const replicas of placed) assert.equal(new Set(replicas.map((id) => id % 3)).size, 3)
  assert.deepEqual(
    counts(placed.map(([leader]) => leader!)),
    brokers.map(({ id }) => [id, 10]),
  )
})

test('brokers without racks share the work evenly, and who follows a leader differs', () => {
  const brokers = [1, 2, 3, 4, 5].map((id) => broker(id, null))
  const placed = placeReplicas(brokers, 100, 2, seeded(3))
  assert.deepEqual(
    counts(placed.map(([leader]) => leader!)),
    brokers.map(({ id }) => [id, 20]),
  )
  const followers = new Set(placed.filter(([leader]) => leader === 1).map(([, follower]) => follower))
  assert.ok(followers.size >= 3, `${[...followers]} take over from broker 1`)
})

test('fenced brokers lead nothing and are taken last of their rack, those that leave not at all', () => {
  const brokers = [
    broker(1, 'a'),
    broker(2, 'a', { fenced: true }),
    broker(3, 'b', { fenced: true }),
    broker(4, 'b', { inControlledShutdown: true }),
  ]
  for (const replicas of placeReplicas(brokers, 6, 2, seeded(1))) assert.deepEqual(replicas, [1, 3])
  for (const replicas of placeReplicas(brokers, 6, 3, seeded(1))) assert.deepEqual([replicas[0], replicas.length], [1, 3])
  const refused = (count: number, list: BrokerImage[]) =>
    assert.throws(
      () => placeReplicas(list, 1, count, never),
      (thrown) => thrown instanceof KafkaError && thrown.error === 'INVALID_REPLICATION_FACTOR',
    )
  refused(4, brokers)
  refused(1, [broker(1, null, { fenced: true })])
})

test('whatever brokers there are, no partition has one twice, and one that serves leads', () => {
  const anyBroker = fc.record({
    rack: fc.constantFrom(null, 'a', 'b', 'c'),
    fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(anyBroker, { minLength: 1, maxLength: 9 }), fc.nat(), fc.nat(40), (kinds, seed, count) => {
      const brokers = kinds.map(({ rack, ...state }, index) => broker(index + 1, rack, state))
      const usable = brokers.filter(({ fenced, inControlledShutdown }) => fenced || !inControlledShutdown)
      fc.pre(usable.some(({ fenced }) => !fenced))
      const factor = 1 + (seed % usable.length)
      for (const replicas of placeReplicas(brokers, count, factor, seeded(seed))) {
        assert.equal(new Set(replicas).size, factor)
        assert.ok(!usable.find(({ id }) => id === replicas[0])!.fenced)
        const racks = new Set(replicas.map((id) => usable.find((one) => one.id === id)!.rack))
        assert.equal(racks.size, Math.min(factor, new Set(usable.map(({ rack }) => rack)).size), 'racks come first')
      }
    }),
    { numRuns: 200 },
  )
})
