// The consumer against a broker in this process: reading, positions, commits, and what it says when something is wrong.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerFor, type TextRecord, take, valuesOf } from '../../../test/support/consumers.ts'
import { committedOffsets } from '../../../test/support/group-member.ts'
import { eventually, inMemory } from '../../../test/support/running-broker.ts'
import { AbortedError, Consumer, OptionError, RecordDeserializationError, StateError, serdes } from '../index.ts'

const texts = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `v${from + i}`)
const t0 = { topic: 't', partition: 0 }

test('reads a topic record by record, and on from what it committed when it comes back', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', [{ key: 'k', value: 'v0', timestamp: 1000 }, ...texts(4, 1)])
  const first = consumerFor(t, broker, { groupId: 'g' })
  first.subscribe('t')
  const seen: TextRecord[] = []
  for await (const record of first) {
    seen.push(record)
    if (record.offset === 2) await first.commit()
    if (record.offset === 4) break
  }
  assert.deepEqual(valuesOf(seen), texts(5))
  assert.deepEqual(
    { ...seen[0]! },
    {
      ...t0,
      offset: 0,
      timestamp: 1000,
      timestampType: 'CreateTime',
      key: 'k',
      value: 'v0',
      headers: [],
      leaderEpoch: 0,
    },
  )
  assert.equal(first.lag(t0), 0)
  assert.deepEqual(await first.committed([t0, { topic: 't', partition: 7 }]), [{ offset: 3, leaderEpoch: 0, metadata: '' }, null])
  await first.close()

  // The loop was left at 4, so 4 is not known to be done; 3 is, because 4 was asked for.
  const second = consumerFor(t, broker, { groupId: 'g' })
  second.subscribe(['t'])
  assert.deepEqual(valuesOf(await take(second, 1)), ['v4'])
})

test('commits by itself what is done, and nothing else', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', texts(10))
  const consumer = consumerFor(t, broker, { groupId: 'g', autoCommitIntervalMs: 20 })
  consumer.subscribe('t')
  const iterator = consumer[Symbol.asyncIterator]()
  for (let i = 0; i < 4; i++) await iterator.next()
  await eventually('a commit', async () => (await committedOffsets(client, 'g'))['t-0'] === 3)
  await iterator.next()
  await eventually('a commit', async () => (await committedOffsets(client, 'g'))['t-0'] === 4)
  await consumer.close()
  assert.equal((await committedOffsets(client, 'g'))['t-0'], 4)
})

test('an automatic commit does not go behind what the program has committed', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', texts(3))
  const consumer = consumerFor(t, broker, { groupId: 'g' })
  consumer.subscribe('t')
  const iterator = consumer.records()
  await iterator.next()
  await iterator.next()
  await consumer.commit()
  await consumer.close()
  assert.equal((await committedOffsets(client, 'g'))['t-0'], 2)
})

test('batches are of one partition, in order, at most as large as asked for, and tell how much is behind them', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t', { partitions: 2 })
  for (const partition of [0, 1]) await client.produce('t', texts(7, partition * 100), { partition })
  const consumer = consumerFor(t, broker)
  consumer.assign([t0, { topic: 't', partition: 1 }])
  const sizes: Record<number, number[]> = { 0: [], 1: [] }
  const seen: (string | null)[] = []
  for await (const batch of consumer.batches({ maxRecords: 3 })) {
    assert.equal(batch.lag, 7 - 1 - batch.lastOffset)
    assert.equal(batch.highWatermark, 7)
    sizes[batch.partition]!.push(batch.records.length)
    seen.push(...batch.records.map(({ value }) => value))
    if (seen.length === 14) break
  }
  assert.deepEqual(sizes, { 0: [3, 3, 1], 1: [3, 3, 1] })
  assert.deepEqual(
    seen.filter((value) => value!.length === 2),
    texts(7),
  )
})

test('run: handlers of several partitions at once, each partition in order; an error ends it, and the next run begins there', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t', { partitions: 3 })
  for (const partition of [0, 1, 2]) await client.produce('t', texts(20), { partition })
  const consumer = consumerFor(t, broker, { groupId: 'g', enableAutoCommit: false })
  consumer.subscribe('t')
  let working = 0
  let most = 0
  const seen = new Map<number, number[]>()
  const stop = new AbortController()
  const work = async ({ partition, offset }: TextRecord) => {
    working++
    most = Math.max(most, working)
    await new Promise((resume) => setTimeout(resume, 1))
    working--
    seen.set(partition, [...(seen.get(partition) ?? []), offset])
    if ([...seen.values()].flat().length === 60) stop.abort()
  }
  let isBroken = true
  const failing = (record: TextRecord) => {
    if (isBroken && record.partition === 1 && record.offset === 5) throw new Error('no')
    return work(record)
  }
  await assert.rejects(consumer.run({ eachRecord: failing, concurrency: 3 }), /^Error: no$/)
  isBroken = false
  await consumer.run({ eachRecord: failing, concurrency: 3, signal: stop.signal })
  assert.equal(most, 3)
  for (const partition of [0, 1, 2])
    assert.deepEqual(
      seen.get(partition),
      Array.from({ length: 20 }, (_, i) => i),
    )
})

test('run with batches: the handler resolves and commits as far as it came', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', texts(10))
  const consumer = consumerFor(t, broker, { groupId: 'g', enableAutoCommit: false })
  consumer.subscribe('t')
  const stop = new AbortController()
  await consumer.run({
    autoResolve: false,
    signal: stop.signal,
    eachBatch: async (batch, { resolve, isStale, signal }) => {
      assert.equal(isStale(), false)
      assert.equal(signal.aborted, false)
      resolve(batch.firstOffset + 3)
      await consumer.commit()
      stop.abort()
    },
  })
  assert.equal((await committedOffsets(client, 'g'))['t-0'], 4)
})

test('seeks to offsets, to both ends and to times; positions, ends and offsets of times can be asked for', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce(
    't',
    texts(6).map((value, i) => ({ value, timestamp: 1000 + i * 10 })),
  )
  const consumer = consumerFor(t, broker)
  consumer.assign([t0])
  assert.equal(await consumer.position(t0), 0)
  consumer.seek(t0, 4)
  assert.deepEqual(valuesOf(await take(consumer, 2)), ['v4', 'v5'])
  assert.equal(await consumer.position(t0), 6)
  consumer.seekToTimestamp(1015)
  assert.deepEqual(valuesOf(await take(consumer, 4)), ['v2', 'v3', 'v4', 'v5'])
  consumer.seekToBeginning([t0])
  assert.equal((await take(consumer, 6)).length, 6)
  consumer.seekToEnd()
  assert.equal(await consumer.position(t0), 6)
  await client.produce('t', ['new'])
  assert.deepEqual(valuesOf(await take(consumer, 1)), ['new'])
  consumer.seekToTimestamp(Date.now() + 1e9)
  assert.equal(await consumer.position(t0), 7)
  assert.deepEqual(await consumer.beginningOffsets([t0]), [0])
  assert.deepEqual(await consumer.endOffsets([t0]), [7])
  const found = await consumer.offsetsForTimes([
    { ...t0, timestamp: 1021 },
    { ...t0, timestamp: Date.now() + 1e9 },
  ])
  assert.deepEqual(found, [{ offset: 3, timestamp: 1030, leaderEpoch: 0 }, null])
})

test('begins where autoOffsetReset says, and says what is wrong where it is none', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  const now = Date.now()
  await client.produce('t', [
    { value: 'old', timestamp: now - 7_200_000 },
    { value: 'young', timestamp: now - 60_000 },
  ])
  const began = async (autoOffsetReset: string) => {
    const consumer = consumerFor(t, broker, { autoOffsetReset })
    consumer.assign([t0])
    return consumer.position(t0)
  }
  assert.equal(await began('earliest'), 0)
  assert.equal(await began('latest'), 2)
  assert.equal(await began('by_duration:PT1H'), 1)
  const none = consumerFor(t, broker, { groupId: 'g', autoOffsetReset: 'none' })
  none.subscribe('t')
  await assert.rejects(none.poll(), { code: 'OFFSET_OUT_OF_RANGE', message: /t-0: group g has committed no offset/ })
  none.seek(t0, 99)
  await assert.rejects(none.poll(), { code: 'OFFSET_OUT_OF_RANGE', message: /t-0: there are no records at offset 99/ })
  none.seek(t0, 1)
  assert.deepEqual(valuesOf(await take(none, 1)), ['young'])
})

test('a paused partition gives nothing and forgets nothing', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t', { partitions: 2 })
  const t1 = { topic: 't', partition: 1 }
  for (const partition of [0, 1]) await client.produce('t', texts(3), { partition })
  const consumer = consumerFor(t, broker)
  consumer.assign([t0, t1])
  consumer.pause([t1])
  assert.deepEqual(consumer.paused(), [t1])
  assert.deepEqual(
    (await take(consumer, 3)).map(({ partition }) => partition),
    [0, 0, 0],
  )
  assert.deepEqual(await consumer.poll({ timeoutMs: 150 }), [])
  consumer.resume([t1])
  assert.deepEqual(
    (await take(consumer, 3)).map(({ partition }) => partition),
    [1, 1, 1],
  )
})

test('what its deserializer does not take is told with its place, again and again until the program seeks behind it', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', ['{"n":1}', 'no json', '{"n":3}'])
  for (const delay of [false, true]) {
    const json = serdes.json<{ n: number } | null>()
    const slow = { deserialize: async (...args: Parameters<typeof json.deserialize>) => json.deserialize(...args) }
    const consumer = new Consumer({
      bootstrapServers: broker.bootstrapServers,
      autoOffsetReset: 'earliest',
      fetchMaxWaitMs: 20,
      valueDeserializer: delay ? slow : json,
    })
    try {
      consumer.assign([t0])
      const iterator = consumer.records()
      assert.deepEqual((await iterator.next()).value.value, { n: 1 })
      for (let i = 0; i < 2; i++) {
        await assert.rejects(iterator.next(), (thrown: unknown) => {
          assert.ok(thrown instanceof RecordDeserializationError)
          assert.equal(thrown.offset, 1)
          return /^t-0 at offset 1: .*as json/.test(thrown.message)
        })
      }
      consumer.seek(t0, 2)
      assert.deepEqual((await iterator.next()).value.value, { n: 3 })
    } finally {
      await consumer.close()
    }
  }
})

test('a topic that does not exist yet is read when it does', async (t) => {
  const { broker, client } = await inMemory(t, { 'auto.create.topics.enable': false })
  const consumer = consumerFor(t, broker, { groupId: 'g', metadataMaxAgeMs: 100 })
  consumer.subscribe('later')
  const taken = take(consumer, 1)
  await new Promise((resume) => setTimeout(resume, 100))
  await client.createTopic('later')
  await client.produce('later', ['here'])
  assert.deepEqual(valuesOf(await taken), ['here'])
})

test('poll lets others have their turn, whether there is something or not', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  let turns = 0
  let isOver = false
  const turn = () => {
    turns++
    if (!isOver) setImmediate(turn)
  }
  const slow = (bytes: Uint8Array | null) => {
    for (const since = performance.now(); performance.now() - since < 0.1; );
    return String(bytes)
  }
  const consumer = consumerFor(t, broker, { valueDeserializer: { deserialize: slow } })
  consumer.assign([t0])
  setImmediate(turn)
  for (let i = 0; i < 5; i++) {
    const before = turns
    assert.deepEqual(await consumer.poll({ timeoutMs: 0 }), [])
    assert.ok(turns > before)
  }
  await client.produce('t', texts(500))
  await eventually('records wait', () => consumer.bufferedBytes > 0)
  const before = turns
  assert.equal((await consumer.poll()).length, 500)
  assert.ok(turns > before)
  isOver = true
})

test('what waits for the program is bounded in bytes, and everything comes all the same', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t', { partitions: 4 })
  const large = 'x'.repeat(10_000)
  for (let i = 0; i < 10; i++) {
    for (const partition of [0, 1, 2, 3]) await client.produce('t', [large, large, large], { partition })
  }
  const prefetchMaxBytes = 100_000
  const consumer = consumerFor(t, broker, { prefetchMaxBytes, maxPartitionFetchBytes: 30_000 })
  consumer.assign([0, 1, 2, 3].map((partition) => ({ topic: 't', partition })))
  let most = 0
  let count = 0
  const perPartition = [0, 0, 0, 0]
  for await (const { partition, offset } of consumer) {
    assert.equal(offset, perPartition[partition]!++)
    most = Math.max(most, consumer.bufferedBytes)
    if (++count === 120) break
  }
  assert.ok(most > 0 && most <= prefetchMaxBytes + 30_200, `${most} bytes`)
})

test('a signal ends a wait, close ends loops, and nothing works after it', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  const consumer = consumerFor(t, broker, { groupId: 'g' })
  consumer.subscribe('t')
  await assert.rejects(consumer.poll({ signal: AbortSignal.timeout(30) }), AbortedError)
  const loop = (async () => {
    for await (const _ of consumer) assert.fail('there is nothing')
  })()
  const running = consumer.run({ eachRecord() {} })
  await consumer.close()
  await loop
  await running
  await assert.rejects(consumer.poll(), StateError)
  assert.throws(() => consumer.subscribe('t'), { code: 'CLOSED' })
  await assert.rejects(consumer.commit(), { code: 'CLOSED' })
})

test('mistakes are told by the option or the method', async () => {
  const make = (config: object) => new Consumer({ bootstrapServers: 'localhost:9092', ...config })
  const refused: [object, string | null][] = [
    [{ groupInstanceId: 'a' }, 'groupInstanceId'],
    [{ heartbeatIntervalMs: 6000, sessionTimeoutMs: 6000 }, 'heartbeatIntervalMs'],
    [{ groupId: 'g', groupProtocol: 'consumer', sessionTimeoutMs: 6000 }, 'sessionTimeoutMs'],
    [{ groupId: 'g', groupRemoteAssignor: 'uniform' }, 'groupRemoteAssignor'],
    [{ partitionAssignmentStrategy: ['rang'] }, 'partitionAssignmentStrategy'],
    [{ autoOffsetReset: 'first' }, 'autoOffsetReset'],
    [{ enableAutoCommit: true }, 'enableAutoCommit'],
    [{ groupID: 'g' }, 'groupID'],
  ]
  for (const [config, option] of refused) {
    assert.throws(
      () => make(config),
      (thrown) => thrown instanceof OptionError && thrown.option === option,
      JSON.stringify(config),
    )
  }
  const alone = make({})
  assert.throws(() => alone.subscribe('t'), { code: 'INVALID_STATE', message: /needs the option groupId/ })
  assert.throws(() => alone.seek(t0, 1), { code: 'INVALID_STATE', message: /t-0 is not assigned/ })
  await assert.rejects(alone.run({}), OptionError)
  const grouped = make({ groupId: 'g' })
  assert.throws(() => grouped.subscribe([]), OptionError)
  assert.throws(() => grouped.subscribe({ serverPattern: 't.*' }), { option: 'serverPattern' })
  grouped.assign([t0])
  assert.throws(() => grouped.subscribe('t'), StateError)
  await Promise.all([alone.close(), grouped.close()])
})

test('no timer is left after close', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('t')
  await client.produce('t', texts(1))
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const consumer = consumerFor(t, broker, { groupId: 'g' })
  consumer.subscribe('t')
  await take(consumer, 1)
  assert.ok(timers() > before)
  await consumer.close()
  await eventually('no timer of the consumer is left', () => timers() <= before)
})
