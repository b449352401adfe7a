// What every assignor promises, over groups by chance; and what Kafka's documentation gives as examples.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import type { Assignable, Assignment, Assignor, Member, Topics } from './assignor.ts'
import { assignors, cooperativeSticky, range, roundRobin, sticky } from './index.ts'

const textOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}-${partition}`

function topicsOf(sizes: Readonly<Record<string, number>>): Topics {
  const entries = Object.entries(sizes).map(([topic, size]): [string, Assignable[]] => [
    topic,
    Array.from({ length: size }, (_, partition) => ({ topic, partition, racks: [] })),
  ])
  return new Map(entries)
}

function member(memberId: string, topics: readonly string[], rest: Partial<Member> = {}): Member {
  return {
    memberId,
    groupInstanceId: null,
    topics,
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
    userData: null,
    ...rest,
  }
}

function texts(assignment: Assignment): Record<string, string[]> {
  return Object.fromEntries([...assignment].map(([memberId, partitions]) => [memberId, partitions.map(textOf).sort()]))
}

/** The members as they join after they were given this. */
function owning(assignor: Assignor, members: readonly Member[], given: Assignment, generationId: number): Member[] {
  return members.map((each) => {
    const ownedPartitions = given.get(each.memberId) ?? []
    const userData = assignor.userData?.(ownedPartitions, generationId) ?? null
    return { ...each, ownedPartitions: assignor === cooperativeSticky ? ownedPartitions : [], generationId, userData }
  })
}

test("range cuts each topic by itself, and the first members get what is left over, as in Kafka's documentation", () => {
  const given = range.assign(topicsOf({ t0: 3, t1: 3 }), [member('c0', ['t0', 't1']), member('c1', ['t0', 't1'])])
  assert.deepEqual(texts(given), { c0: ['t0-0', 't0-1', 't1-0', 't1-1'], c1: ['t0-2', 't1-2'] })
})

test('round robin deals out all topics together, and passes over who does not subscribe', () => {
  const both = ['t0', 't1']
  assert.deepEqual(texts(roundRobin.assign(topicsOf({ t0: 3, t1: 3 }), [member('c0', both), member('c1', both)])), {
    c0: ['t0-0', 't0-2', 't1-1'],
    c1: ['t0-1', 't1-0', 't1-2'],
  })
  const uneven = [member('c0', ['t0']), member('c1', both), member('c2', ['t0', 't1', 't2'])]
  assert.deepEqual(texts(roundRobin.assign(topicsOf({ t0: 1, t1: 2, t2: 3 }), uneven)), {
    c0: ['t0-0'],
    c1: ['t1-0'],
    c2: ['t1-1', 't2-0', 't2-1', 't2-2'],
  })
})

test('static members come first, by their instance ids, so that a new member id changes nothing', () => {
  const topics = topicsOf({ t: 3 })
  const group = (ids: readonly string[]) => ids.map((id, i) => member(id, ['t'], { groupInstanceId: `i${i}` }))
  const before = range.assign(topics, group(['z', 'y', 'x']))
  const after = range.assign(topics, group(['z', 'a', 'x']))
  assert.deepEqual(texts(before)['y'], ['t-1'])
  assert.deepEqual(texts(after)['a'], ['t-1'])
})

test('members in racks get replicas near to them, and topics alike stay together', () => {
  const racks = ['a', 'b', 'c']
  const inRacks = (topic: string) => racks.map((rack, partition) => ({ topic, partition, racks: [rack] }))
  const topics = new Map(['t', 'u'].map((topic) => [topic, inRacks(topic)]))
  const members = ['c', 'a', 'b'].map((rackId, i) => member(`m${i}`, ['t', 'u'], { rackId }))
  for (const assignor of [range, sticky, cooperativeSticky]) {
    const expected = { m0: ['t-2', 'u-2'], m1: ['t-0', 'u-0'], m2: ['t-1', 'u-1'] }
    assert.deepEqual(texts(assignor.assign(topics, members)), expected, assignor.name)
  }
})

test('who left is replaced, and nobody else gives anything up', () => {
  const topics = topicsOf({ t0: 2, t1: 2, t2: 2, t3: 2 })
  const members = ['c0', 'c1', 'c2'].map((id) => member(id, [...topics.keys()]))
  const first = sticky.assign(topics, members)
  const [, ...left] = owning(sticky, members, first, 1)
  const second = texts(sticky.assign(topics, left))
  for (const { memberId } of left) for (const each of texts(first)[memberId]!) assert.ok(second[memberId]!.includes(each), each)
})

const groups = fc.record({
  sizes: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'orders'), fc.integer({ min: 1, max: 12 }), { minKeys: 1 }),
  members: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 }),
  wanted: fc.array(fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), { minLength: 8, maxLength: 8 }),
  areEqual: fc.boolean(),
  left: fc.nat(7),
  joined: fc.nat(3),
})

type Group = typeof groups extends fc.Arbitrary<infer T> ? T : never

function membersOf({ sizes, members, wanted, areEqual }: Group): Member[] {
  const names = Object.keys(sizes)
  return members.map((id, i) => member(id, areEqual ? names : names.filter((_, at) => wanted[i]![at])))
}

test('every partition that somebody wants goes to one member that wants it, and no other', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const topics = topicsOf(group.sizes)
      const members = membersOf(group)
      for (const assignor of assignors) {
        const given = assignor.assign(topics, members)
        assert.deepEqual([...given.keys()].sort(), members.map(({ memberId }) => memberId).sort())
        const wanted = new Set(members.flatMap((each) => each.topics))
        const expected = [...topics.values()].flat().filter(({ topic }) => wanted.has(topic))
        assert.deepEqual([...given.values()].flat().map(textOf).sort(), expected.map(textOf).sort(), assignor.name)
        for (const each of members)
          for (const { topic } of given.get(each.memberId)!) assert.ok(each.topics.includes(topic), assignor.name)
      }
    }),
    { numRuns: 200 },
  )
})

test('sticky is balanced: nobody could take a partition from a member that has two more', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const members = membersOf(group)
      for (const assignor of [sticky, cooperativeSticky]) {
        const given = assignor.assign(topicsOf(group.sizes), members)
        for (const poor of members) {
          const own = given.get(poor.memberId)!.length
          for (const [, partitions] of given) {
            if (partitions.length > own + 1) assert.ok(!partitions.some(({ topic }) => poor.topics.includes(topic)))
          }
        }
      }
    }),
    { numRuns: 200 },
  )
})

/** A second round: some left, some joined. */
function secondRound(assignor: Assignor, group: Group) {
  const topics = topicsOf(group.sizes)
  const members = membersOf(group)
  const first = assignor.assign(topics, members)
  const stayed = owning(assignor, members, first, 1).filter((_, i) => i !== group.left)
  const names = Object.keys(group.sizes)
  const joined = Array.from({ length: group.joined }, (_, i) => member(`new${i}-with-a-long-name`, names))
  return { topics, first, stayed, members: [...stayed, ...joined] }
}

test('sticky takes from a member only what it must: whoever had at most its share keeps all of it', () => {
  fc.assert(
    fc.property(groups, (given) => {
      const group = { ...given, areEqual: true }
      const { topics, first, stayed, members } = secondRound(sticky, group)
      if (members.length === 0) return
      const second = texts(sticky.assign(topics, members))
      const share = Math.floor([...topics.values()].flat().length / members.length)
      for (const { memberId } of stayed) {
        const had = first.get(memberId)!.map(textOf)
        const kept = had.filter((each) => second[memberId]!.includes(each))
        assert.ok(kept.length >= Math.min(had.length, share), `${memberId} had ${had} and keeps ${kept}`)
      }
    }),
    { numRuns: 200 },
  )
})

test('cooperative never moves an owned partition in one step, and is done after the second', () => {
  fc.assert(
    fc.property(groups, (group) => {
      const { topics, first, members } = secondRound(cooperativeSticky, group)
      if (members.length === 0) return
      const ownerOf = new Map([...first].flatMap(([memberId, given]) => given.map((each) => [textOf(each), memberId] as const)))
      const there = new Set(members.map(({ memberId }) => memberId))
      const second = cooperativeSticky.assign(topics, members)
      for (const [memberId, given] of second) {
        for (const each of given) {
          const owner = ownerOf.get(textOf(each))
          assert.ok(owner === undefined || owner === memberId || !there.has(owner), `${textOf(each)} moves at once`)
        }
      }
      const third = cooperativeSticky.assign(topics, owning(cooperativeSticky, members, second, 2))
      const wanted = new Set(members.flatMap((each) => each.topics))
      const all = [...topics.values()].flat().filter(({ topic }) => wanted.has(topic))
      assert.equal([...third.values()].flat().length, all.length)
    }),
    { numRuns: 200 },
  )
})

test('a partition that two members of one generation claim goes to neither at once; of two generations, the newer one keeps it', () => {
  const topics = topicsOf({ t: 2 })
  const [p0, p1] = topics.get('t')!
  const claim = (id: string, generationId: number, ...ownedPartitions: Assignable[]) =>
    member(id, ['t'], { generationId, ownedPartitions })
  const same = texts(cooperativeSticky.assign(topics, [claim('a', 3, p0!), claim('b', 3, p0!, p1!)]))
  assert.deepEqual(same, { a: [], b: ['t-1'] })
  const newer = texts(cooperativeSticky.assign(topics, [claim('a', 4, p0!), claim('b', 3, p0!, p1!)]))
  assert.deepEqual(newer, { a: ['t-0'], b: ['t-1'] })
})

test('user data that cannot be read is no data', () => {
  const topics = topicsOf({ t: 4 })
  const members = [
    member('a', ['t'], { userData: Buffer.from('ffffffff00', 'hex') }),
    member('b', ['t'], { userData: Buffer.from([0]) }),
  ]
  assert.deepEqual(texts(sticky.assign(topics, members)), { a: ['t-0', 't-2'], b: ['t-1', 't-3'] })
})
