import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { Histogram, quantileOf } from '../base/histogram.ts'
import type { MetadataDelta, PartitionChange } from '../metadata/delta.ts'
import type { TopicImage } from '../metadata/image.ts'
import { api } from '../protocol/api.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { Changes } from './changes.ts'
import { Meters } from './meters.ts'
import type { Measured } from './request-meters.ts'
import { BYTES_IN, BYTES_OUT, FAILED_FETCHES, FAILED_PRODUCES, FETCHES, MESSAGES_IN, PRODUCES } from './traffic.ts'
import { Windows } from './window.ts'

test('a histogram counts every value, and its quantiles are off by a quarter of the value at most', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 0x7fff_ffff }), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, q) => {
        const histogram = new Histogram()
        for (const value of values) histogram.record(value)
        assert.equal(histogram.count, values.length)
        assert.equal(
          histogram.sum,
          values.reduce((a, b) => a + b),
        )
        const sorted = [...values].sort((a, b) => a - b)
        const exact = sorted[Math.ceil(q * values.length - 1e-9) - 1]!
        const told = quantileOf(q, histogram.counts, null)
        assert.ok(Math.abs(told - exact) <= exact / 4 + 1, `${q} of ${sorted}: ${told}, not ${exact}`)
      },
    ),
  )
})

test('a histogram takes what is negative, no number or too large, and knows what lies below a power of two', () => {
  const histogram = new Histogram()
  for (const value of [-5, Number.NaN, 0, 1023, 1024, 2 ** 40]) histogram.record(value)
  assert.equal(histogram.count, 6)
  assert.equal(histogram.countBelow(1024), 4)
  assert.equal(histogram.countBelow(2048), 5)
  assert.ok(Number.isNaN(quantileOf(0.5, new Histogram().counts, null)))
})

test('quantiles are those of the last five minutes', () => {
  const windows = new Windows(new ManualClock())
  const histogram = new Histogram()
  windows.follow(histogram.counts)
  const median = () => quantileOf(0.5, histogram.counts, windows.earlier(histogram.counts))
  for (let i = 0; i < 100; i++) histogram.record(1000)
  assert.ok(median() > 800)
  for (let step = 0; step < 10; step++) windows.step()
  assert.ok(Number.isNaN(median()), 'nothing came since')
  histogram.record(3)
  assert.equal(median(), 3)
})

const TOPIC_ID = 'fkTQ5qYQSZ6dYmbG5g2P3w'
const names = {
  topics: new Map([['t', {}]]),
  topicsById: new Map([[TOPIC_ID, { name: 't' }]]),
}

function metersOn(clock = new ManualClock()) {
  const meters = new Meters(clock, () => names)
  return { meters, clock, traffic: meters.traffic, topic: () => meters.traffic.topics.get('t')! }
}

const measured = (apiKey: number, apiVersion: number, sizeInBytes = 100): Measured => ({
  header: { apiKey, apiVersion },
  sizeInBytes,
  began: -1,
  waitedMs: 0,
  answeredAt: -1,
  side: -1,
})

test('a request is counted once by API and version, with its size, its time and how it ended', () => {
  const { meters, clock } = metersOn()
  const its = measured(3, 12, 77)
  meters.requests.begin(its, clock.now() - 5)
  assert.equal(meters.requests.underWay, 1)
  clock.work(20)
  meters.answered(its, api('Metadata'), {}, { errorCode: 0 })
  assert.deepEqual([meters.requests.underWay, meters.requests.leaving], [0, 1])
  clock.work(10)
  meters.requests.sent(its)
  assert.equal(meters.requests.leaving, 0)
  const [meter, ...others] = meters.requests.all()
  assert.equal(others.length, 0)
  assert.equal(meter!.name, 'Metadata')
  assert.equal(meter!.versions[12], 1)
  assert.equal(meter!.errors[1], 1)
  assert.deepEqual([meter!.sizes.sum, meter!.queued.sum, meter!.total.sum, meter!.sending.sum], [77, 5000, 35_000, 10_000])
})

test('a request whose connection is closed instead of an answer is under way no longer, and counted nowhere', () => {
  const { meters, clock } = metersOn()
  const its = measured(3, 12)
  meters.requests.sent(its) // it never began: another path of the pipeline
  meters.requests.begin(its, clock.now())
  meters.requests.sent(its)
  assert.deepEqual([meters.requests.underWay, meters.requests.leaving, [...meters.requests.all()].length], [0, 0, 0])
})

const batch = buildBatch({
  records: [
    { timestamp: 0, key: null, value: new Uint8Array(3) },
    { timestamp: 0, key: null, value: new Uint8Array(3) },
  ],
})
const TOO_LARGE = 10

function produce({ meters, clock }: ReturnType<typeof metersOn>, request: unknown, answer: unknown): void {
  const its = measured(0, 9)
  meters.requests.begin(its, clock.now())
  meters.answered(its, api('Produce'), request, answer)
  meters.requests.sent(its)
}

const produceOf = (name: string, topicId: string, ...indexes: number[]) => ({
  topicData: [{ name, topicId, partitionData: indexes.map((index) => ({ index, records: batch })) }],
})

test('what producers wrote is counted for the topic and for all of them, what was refused is not', () => {
  const world = metersOn()
  const answer = {
    responses: [
      {
        partitionResponses: [
          { index: 0, errorCode: 0 },
          { index: 1, errorCode: TOO_LARGE },
        ],
      },
    ],
  }
  produce(world, produceOf('t', '', 0, 1), answer)
  for (const counts of [world.traffic.all, world.topic()]) {
    assert.equal(counts[BYTES_IN], batch.length)
    assert.equal(counts[MESSAGES_IN], 2)
    assert.equal(counts[PRODUCES], 2)
    assert.equal(counts[FAILED_PRODUCES], 1)
  }
  const [meter] = world.meters.requests.all()
  assert.deepEqual([meter!.errors[1], meter!.errors[1 + TOO_LARGE]], [1, 1])
})

test('a Produce without an answer is counted, one by topic id under its name, and a topic that nobody knows only in all', () => {
  const world = metersOn()
  produce(world, produceOf('t', '', 0), null)
  produce(world, produceOf('', TOPIC_ID, 0), { responses: [{ partitionResponses: [{ index: 0, errorCode: 0 }] }] })
  produce(world, produceOf('nobody', '', 0), { responses: [{ partitionResponses: [{ index: 0, errorCode: 3 }] }] })
  assert.equal(world.topic()[BYTES_IN], 2 * batch.length)
  assert.deepEqual([...world.traffic.topics.keys()], ['t'])
  assert.equal(world.traffic.all[FAILED_PRODUCES], 1)
})

test('names that came twice, which the answer holds once, are not counted wrongly', () => {
  const world = metersOn()
  const twice = { topicData: [...produceOf('t', '', 0).topicData, ...produceOf('t', '', 1).topicData] }
  const merged = {
    responses: [
      {
        partitionResponses: [
          { index: 0, errorCode: 0 },
          { index: 1, errorCode: 0 },
        ],
      },
    ],
  }
  produce(world, twice, merged)
  assert.equal(world.traffic.all[PRODUCES], 1)
})

test('bytes that consumers and followers got are told apart, and so is whose Fetch it was', () => {
  const world = metersOn()
  const views = [new Uint8Array(10), new Uint8Array(5)]
  const answer = {
    responses: [
      {
        topic: 't',
        partitions: [
          { errorCode: 0, records: views },
          { errorCode: 1, records: new Uint8Array(0) },
        ],
      },
    ],
  }
  for (const replicaId of [-1, 2]) {
    const its = measured(1, 12)
    world.meters.requests.begin(its, world.clock.now())
    world.meters.answered(its, api('Fetch'), { replicaId, replicaState: { replicaId: -1 } }, answer)
    world.meters.requests.sent(its)
  }
  assert.deepEqual([world.topic()[BYTES_OUT], world.topic()[FETCHES], world.topic()[FAILED_FETCHES]], [15, 2, 1])
  assert.equal(world.traffic.replicationBytesOut, 15)
  const counted = [...world.meters.requests.all()].map(({ name, requests, total }) => [name, requests, total.count])
  assert.deepEqual(counted, [
    ['Fetch', 2, 2],
    ['FetchConsumer', 1, 1],
    ['FetchFollower', 1, 1],
  ])
})

// ---- what the metadata tells

const topic: TopicImage = { name: 't', id: TOPIC_ID, partitions: [] }

function change(before: Partial<PartitionChange['after']>, after: Partial<PartitionChange['after']>): PartitionChange {
  const usual = { leader: 1, isr: [1, 2, 3], elr: [] }
  return { topic, before: { ...usual, ...before }, after: { ...usual, ...after } } as unknown as PartitionChange
}

const told = (changes: readonly PartitionChange[], isFirst = false, nodeId = 1) => {
  const counted = new Changes()
  counted.follow({ isFirst, partitionsChanged: changes } as unknown as MetadataDelta, nodeId)
  const { isrShrinks, isrExpands, uncleanElections, eligibleElections } = counted
  return { isrShrinks, isrExpands, uncleanElections, eligibleElections }
}

const nothing = { isrShrinks: 0, isrExpands: 0, uncleanElections: 0, eligibleElections: 0 }

test('elections are clean out of the ISR, eligible out of the ELR, and unclean else', () => {
  assert.deepEqual(told([change({}, { leader: 2 })]), nothing)
  assert.deepEqual(told([change({ isr: [1], elr: [2] }, { leader: 2, isr: [2] })], false, 9), {
    ...nothing,
    eligibleElections: 1,
  })
  assert.deepEqual(told([change({ leader: -1, isr: [1] }, { leader: 3, isr: [3] })], false, 9), {
    ...nothing,
    uncleanElections: 1,
  })
  assert.deepEqual(told([change({}, { leader: -1, isr: [1] })], false, 9), nothing)
})

test('shrinking and growing in-sync replicas are counted where the partition is led, and not at the start', () => {
  const changes = [change({}, { isr: [1, 2] }), change({ isr: [1, 2] }, { isr: [1, 2, 3] }), change({}, { isr: [3, 2, 1] })]
  assert.deepEqual(told(changes), { ...nothing, isrShrinks: 1, isrExpands: 1 })
  assert.deepEqual(told(changes, false, 2), nothing)
  assert.deepEqual(told(changes, true), nothing)
})
