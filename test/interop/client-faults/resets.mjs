/** Connections that break at every kind of place of a request and of its answer. */
import assert from 'node:assert/strict'
import { places } from './proxy.mjs'
import { breakNext, QUICK } from './world.mjs'

const KINDS = ['request', 'answer']
const EVERYWHERE = KINDS.flatMap((kind) => Object.keys(places).map((place) => [kind, place]))
/** Of the places, for what is asked by many requests. */
const FEW = [
  ['request', 'in its middle'],
  ['request', 'behind it'],
  ['answer', 'before its last byte'],
  ['answer', 'in its size'],
]

const PRODUCE = 0
const BEFORE_PRODUCE = { ApiVersions: 18, Metadata: 3, InitProducerId: 22 }
const READING = { Fetch: 1, OffsetCommit: 8, OffsetFetch: 9, FindCoordinator: 10, ListOffsets: 2 }
const MEMBERSHIP = {
  classic: { JoinGroup: 11, SyncGroup: 14, Heartbeat: 12, LeaveGroup: 13 },
  consumer: { ConsumerGroupHeartbeat: 68 },
}

export async function resets({ share, test, producerOf, consumerOf, adminOf, topic, read, proxy, protocols, client }) {
  await test('a producer whose connection breaks at every place of Produce and its answer: each record once, in order', async () => {
    const name = await topic()
    const producer = producerOf()
    const values = []
    const send = async (count) => {
      const next = Array.from({ length: count }, (_, i) => `${values.length + i}`)
      values.push(...next)
      const places = await producer.sendAll(next.map((value) => ({ topic: name, value })))
      assert.deepEqual(
        places.map(({ offset }) => String(offset)),
        next,
      )
    }
    try {
      await send(1)
      for (const [kind, place] of EVERYWHERE) {
        const { strokes } = proxy
        breakNext(proxy, kind, PRODUCE, place)
        await Promise.all([send(3), send(2)])
        assert.equal(proxy.strokes, strokes + 1, `nothing was broken ${place}`)
      }
    } finally {
      await producer.close({ timeoutMs: 5000 })
    }
    assert.deepEqual(await read(name, values.length), values)
  })

  await test('a producer whose connection breaks while it gets ready sends all the same', async () => {
    const name = await topic()
    let count = 0
    for (const [api, key] of Object.entries(BEFORE_PRODUCE)) {
      for (const [kind, place] of FEW) {
        const { strokes } = proxy
        breakNext(proxy, kind, key, place)
        const producer = producerOf()
        try {
          assert.equal((await producer.send({ topic: name, value: `${count}` })).offset, count++)
        } finally {
          await producer.close({ timeoutMs: 5000 })
        }
        assert.equal(proxy.strokes, strokes + 1, `${api} was not broken ${place}`)
      }
    }
  })

  for (const groupProtocol of protocols) {
    await test(
      `a member (${groupProtocol}) whose connection breaks in each of its requests: every record is read, and all of them are committed`,
      async () => {
        const name = await topic()
        const groupId = `resets.${groupProtocol}`
        const producer = producerOf()
        const seen = new Set()
        let sent = 0
        try {
          for (const [turn, [api, key]] of Object.entries({ ...READING, ...MEMBERSHIP[groupProtocol] }).entries()) {
            for (const [kind, place] of share(FEW, turn)) {
              // A group that has committed does not ask for the beginning.
              const group = api === 'ListOffsets' ? `${groupId}.${kind}.${place.replaceAll(' ', '.')}` : groupId
              await producer.sendAll(Array.from({ length: 5 }, () => ({ topic: name, value: `${sent++}` })))
              const { strokes } = proxy
              breakNext(proxy, kind, key, place)
              await readOn(
                consumerOf({ groupProtocol, groupId: group, enableAutoCommit: false }),
                name,
                sent,
                seen,
                () => proxy.strokes > strokes,
              )
              assert.equal(proxy.strokes, strokes + 1, `${api} was not broken ${kind} ${place}`)
              for (let i = 0; i < sent; i++) assert.ok(seen.has(i), `${i} was left out when ${api} was broken: ${kind} ${place}`)
            }
          }
        } finally {
          proxy.onFrame = null
          await producer.close({ timeoutMs: 5000 })
        }
      },
      { timeoutMs: 120_000 },
    )
  }

  await test('an admin client whose connection breaks: the call works, or fails with a typed error, and works then', async () => {
    const admin = adminOf()
    const name = await topic()
    const group = 'resets.admin'
    const resource = { type: 'topic', name }
    const change = { name: 'retention.ms', operation: 'set', value: '1000000' }
    const calls = {
      Metadata: [3, () => admin.listTopics()],
      DescribeTopicPartitions: [75, () => admin.describeTopics([name])],
      CreateTopics: [19, (i) => admin.createTopics([{ name: `${name}.${i}`, partitions: 1, replicationFactor: 1 }])],
      DescribeConfigs: [32, () => admin.describeConfigs([resource])],
      IncrementalAlterConfigs: [44, () => admin.incrementalAlterConfigs([{ resource, changes: [change] }])],
      ListGroups: [16, () => admin.listGroups()],
      OffsetFetch: [9, () => admin.listGroupOffsets(group)],
      DescribeCluster: [60, () => admin.describeCluster()],
    }
    try {
      for (const [turn, [api, [key, call]]] of Object.entries(calls).entries()) {
        for (const [i, [kind, place]] of share(FEW, turn).entries()) {
          breakNext(proxy, kind, key, place)
          const { strokes } = proxy
          const outcomes = await call(2 * i).catch((why) =>
            assert.ok(why instanceof client.ClientError && why.retriable, `${api} ${place}: ${why.stack}`),
          )
          assert.equal(proxy.strokes, strokes + 1, `${api} was not broken ${place}`)
          for (const why of outcomes?.errors?.values() ?? [])
            assert.ok(why.retriable || why.code === 'TOPIC_ALREADY_EXISTS', String(why))
          const again = await call(2 * i + 1)
          again.all?.()
        }
      }
    } finally {
      proxy.onFrame = null
      await admin.close()
    }
  })
}

/** Until it has seen `end` records of its group and was struck; then it commits, is closed, and what it has committed is all that there is. */
async function readOn(consumer, topic, end, seen, isStruck) {
  const place = { topic, partition: 0 }
  try {
    consumer.subscribe(topic)
    const until = performance.now() + 20_000
    for (let last = -1; performance.now() < until; ) {
      for (const { offset, value } of await consumer.poll({ timeoutMs: 100 })) {
        assert.equal(String(offset), value)
        assert.ok(last < 0 || offset <= last + 1, `${offset} comes after ${last}`)
        last = offset
        seen.add(offset)
      }
      if (!seen.has(end - 1)) continue
      if (consumer.assignment().length > 0) await consumer.commit()
      const [committed] = await consumer.committed([place])
      if (committed?.offset === end) break
    }
    // What comes now and then, or at the end, is waited for.
    for (let i = 0; i < 20 && !isStruck(); i++) await consumer.poll({ timeoutMs: 20 })
    const [committed] = await consumer.committed([place])
    assert.equal(committed?.offset, end)
  } finally {
    await consumer.close({ timeoutMs: 2 * QUICK.requestTimeoutMs })
  }
}
