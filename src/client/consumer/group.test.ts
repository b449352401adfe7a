// Groups of consumers against a broker in this process: sharing, handing over, static members, and programs that do not come back.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { consumerFor, type Texts, take, valuesOf } from '../../../test/support/consumers.ts'
import { committedOffsets } from '../../../test/support/group-member.ts'
import { atEnd, eventually, inMemory } from '../../../test/support/running-broker.ts'
import { Admin, type ConsumerConfig, type TopicPartition } from '../index.ts'

const names = (partitions: readonly TopicPartition[]) => partitions.map(({ topic, partition }) => `${topic}-${partition}`).sort()

/** A member that reads on by itself, and notes what it was told. */
function reader(
  t: TestContext,
  broker: { bootstrapServers: string },
  config: Partial<ConsumerConfig<string | null, string | null>>,
) {
  const consumer = consumerFor(t, broker, { groupId: 'g', ...config })
  const told: string[] = []
  const note = (what: string) => (partitions: readonly TopicPartition[]) =>
    void told.push(`${what} ${names(partitions).join()}`.trim())
  const seen: string[] = []
  consumer.subscribe(['t'], { onAssigned: note('+'), onRevoked: note('-'), onLost: note('!') })
  const running = consumer.run({ eachRecord: ({ value }) => void seen.push(value!) })
  running.catch(() => {}) // who waits for its end hears it
  return { consumer, told, seen, running }
}

const owns = (consumer: Texts, count: number) =>
  eventually(`${count} partitions`, () => consumer.assignment().length === count, 30_000)

async function topicWith(t: TestContext, partitions: number) {
  const found = await inMemory(t)
  await found.client.createTopic('t', { partitions })
  return found
}

for (const strategy of ['range', 'roundrobin', 'sticky'] as const) {
  test(`${strategy}: a second member takes half, and what it leaves comes back`, async (t) => {
    const { broker, client } = await topicWith(t, 4)
    const first = reader(t, broker, { partitionAssignmentStrategy: [strategy] })
    await owns(first.consumer, 4)
    const second = reader(t, broker, { partitionAssignmentStrategy: [strategy] })
    await owns(second.consumer, 2)
    await owns(first.consumer, 2)
    const all = [...names(first.consumer.assignment()), ...names(second.consumer.assignment())]
    assert.deepEqual(all.sort(), ['t-0', 't-1', 't-2', 't-3'])
    // Eager: all is given up before anything is assigned.
    assert.deepEqual(first.told.slice(0, 2), ['+ t-0,t-1,t-2,t-3', '- t-0,t-1,t-2,t-3'])
    for (let partition = 0; partition < 4; partition++) await client.produce('t', [`p${partition}`], { partition })
    await eventually('all records', () => first.seen.length + second.seen.length === 4)
    await second.consumer.close()
    await second.running
    assert.match(second.told.at(-1)!, /^- t-\d,t-\d$/)
    await owns(first.consumer, 4)
    await first.consumer.close()
    const committed = await committedOffsets(client, 'g')
    assert.deepEqual(committed, { 't-0': 1, 't-1': 1, 't-2': 1, 't-3': 1 })
  })
}

test('cooperative-sticky: what stays is never given up, and what goes is read on by its new owner without a gap or a repetition', async (t) => {
  const { broker, client } = await topicWith(t, 4)
  const config = { partitionAssignmentStrategy: ['cooperative-sticky'] } as const
  const first = reader(t, broker, config)
  await owns(first.consumer, 4)
  const values: string[] = []
  const produce = async (round: number) => {
    for (let partition = 0; partition < 4; partition++) {
      const value = `${partition}.${round}`
      values.push(value)
      await client.produce('t', [value], { partition })
    }
  }
  for (let round = 0; round < 5; round++) await produce(round)
  const second = reader(t, broker, config)
  for (let round = 5; round < 10; round++) await produce(round)
  await owns(second.consumer, 2)
  for (let round = 10; round < 15; round++) await produce(round)
  await eventually('all records', () => first.seen.length + second.seen.length >= values.length)
  assert.deepEqual([...first.seen, ...second.seen].sort(), values.sort())
  const kept = names(first.consumer.assignment())
  const went = names(second.consumer.assignment())
  assert.deepEqual(first.told, ['+ t-0,t-1,t-2,t-3', `- ${went.join()}`, '+', '+'])
  assert.deepEqual(second.told, ['+', `+ ${went.join()}`])
  assert.deepEqual([...kept, ...went].sort(), ['t-0', 't-1', 't-2', 't-3'])
})

test('a handler is waited for before its partition goes to another member, and what it did is committed', async (t) => {
  const { broker, client } = await topicWith(t, 2)
  for (const partition of [0, 1]) await client.produce('t', ['slow', 'next'], { partition })
  const first = consumerFor(t, broker, { groupId: 'g', partitionAssignmentStrategy: ['range'] })
  first.subscribe('t')
  let release!: () => void
  const held = new Promise<void>((resolve) => (release = resolve))
  let working = 0
  const running = first.run({
    concurrency: 2,
    eachRecord: async ({ value }) => {
      if (value !== 'slow') return
      working++
      await held
    },
  })
  await eventually('handlers at work', () => working === 2)
  const second = consumerFor(t, broker, { groupId: 'g', partitionAssignmentStrategy: ['range'] })
  second.subscribe('t')
  const polled = take(second, 1)
  await new Promise((resume) => setTimeout(resume, 150))
  assert.deepEqual(second.assignment(), [])
  release()
  const [record] = await polled
  assert.deepEqual([record!.value, record!.offset], ['next', 1])
  await first.close()
  await running
})

test('a slow handler keeps its place; one that does not come back within maxPollIntervalMs loses it, and joins again when it does', async (t) => {
  const { broker, client } = await topicWith(t, 1)
  await client.produce('t', ['a', 'b'])
  const told: string[] = []
  const consumer = consumerFor(t, broker, { groupId: 'g', maxPollIntervalMs: 1000, heartbeatIntervalMs: 30 })
  consumer.subscribe('t', {
    onRevoked: () => void told.push('revoked'),
    onLost: (partitions) => void told.push(`lost ${names(partitions)}`),
  })
  const iterator = consumer.records()
  assert.equal((await iterator.next()).value.value, 'a')
  const { generationId } = consumer.groupMetadata()
  await new Promise((resume) => setTimeout(resume, 250))
  assert.equal((await iterator.next()).value.value, 'b')
  assert.equal(consumer.groupMetadata().generationId, generationId)
  await eventually('the loss', () => told.length > 0)
  assert.deepEqual(told, ['lost t-0'])
  assert.deepEqual(consumer.assignment(), [])
  // Nothing was committed by then: all of it comes again.
  assert.equal((await iterator.next()).value.value, 'a')
})

test('a static member that comes back within its session has what it had, and nobody else notices', async (t) => {
  const { broker } = await topicWith(t, 2)
  const first = reader(t, broker, { groupInstanceId: 'one' })
  const second = reader(t, broker, { groupInstanceId: 'two' })
  await owns(first.consumer, 1)
  await owns(second.consumer, 1)
  const had = names(second.consumer.assignment())
  const { generationId } = first.consumer.groupMetadata()
  await second.consumer.close()
  const again = reader(t, broker, { groupInstanceId: 'two' })
  await owns(again.consumer, 1)
  assert.deepEqual(names(again.consumer.assignment()), had)
  assert.equal(first.consumer.groupMetadata().generationId, generationId)
  // Another one of the same name takes its place, and it is told so.
  const thief = reader(t, broker, { groupInstanceId: 'two' })
  await owns(thief.consumer, 1)
  await assert.rejects(again.running, { code: 'FENCED_INSTANCE_ID', fatal: true })
  assert.match(again.told.at(-1)!, /^! t-\d$/)
})

test('topics that match a pattern are read, also those that come later, and partitions that are added', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('shop.orders')
  await client.createTopic('other')
  const consumer = consumerFor(t, broker, { groupId: 'g', metadataMaxAgeMs: 100 })
  consumer.subscribe(/shop\..*/)
  await client.produce('shop.orders', ['one'])
  assert.deepEqual(valuesOf(await take(consumer, 1)), ['one'])
  assert.deepEqual(consumer.subscription(), ['shop.orders'])
  await client.createTopic('shop.clicks')
  await client.produce('shop.clicks', ['two'])
  assert.deepEqual(valuesOf(await take(consumer, 1)), ['two'])
  assert.deepEqual(consumer.subscription(), ['shop.clicks', 'shop.orders'])
  const admin = new Admin({ bootstrapServers: broker.bootstrapServers })
  atEnd(t, () => admin.close())
  await admin.createPartitions({ 'shop.clicks': { count: 2 } })
  await client.produce('shop.clicks', ['three'], { partition: 1 })
  assert.deepEqual(valuesOf(await take(consumer, 1)), ['three'])
})

test('onAssigned may seek, onRevoked may commit, and what a listener throws reaches the program', async (t) => {
  const { broker, client } = await topicWith(t, 1)
  await client.produce('t', ['a', 'b', 'c'])
  const consumer = consumerFor(t, broker, { groupId: 'g', enableAutoCommit: false })
  consumer.subscribe('t', {
    onAssigned: ([partition]) => consumer.seek(partition!, 1),
    onRevoked: async () => consumer.commit(),
  })
  assert.deepEqual(valuesOf(await take(consumer, 2)), ['b', 'c'])
  await consumer.unsubscribe()
  assert.deepEqual(await committedOffsets(client, 'g'), { 't-0': 3 })
  consumer.subscribe('t', {
    onAssigned: () => {
      throw new Error('of the listener')
    },
  })
  await assert.rejects(take(consumer, 1), /^Error: of the listener$/)
})
