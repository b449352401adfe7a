// The share consumer against a scripted broker in virtual time: what becomes of records, implicitly and explicitly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explicit, shareScene as scene, shown, take } from '../../../test/support/share-scene.ts'
import { AbortedError, OptionError, RecordDeserializationError, ShareConsumer, StateError, UnsupportedError } from '../index.ts'

test('implicitly, asking for the next record accepts the one before, and close gives back the last', async () => {
  const { broker, consumer, during, outcomes } = await scene()
  const records = await during(take(consumer, 3))
  assert.deepEqual(
    records.map(({ value, offset, deliveryCount }) => [value, offset, deliveryCount]),
    [
      ['a', 0, 1],
      ['b', 1, 1],
      ['c', 2, 1],
    ],
  )
  await during(consumer.close())
  assert.equal(broker.states(), 'accepted 1, accepted 1, available 1')
  assert.deepEqual(outcomes, ['0:0,1 ok'])
  assert.deepEqual(broker.asked.slice(-2), ['acknowledge -1 0:0-1=1', 'heartbeat -1'])
})

test('commitSync before the loop is left accepts the last, and tells what became of it', async () => {
  const { broker, consumer, during } = await scene()
  await during(take(consumer, 3))
  const told = await during(consumer.commitSync())
  assert.deepEqual(told.map(shown), ['0:0,1,2 ok'])
  assert.equal(broker.states(), 'accepted 1, accepted 1, accepted 1')
  assert.deepEqual(await during(consumer.commitSync()), [])
  await during(consumer.close())
})

test('acceptances go along with the next question for records', async () => {
  const { broker, consumer, during } = await scene({ maxPollRecords: 2 })
  assert.equal((await during(consumer.poll())).length, 2)
  assert.equal((await during(consumer.poll())).length, 1)
  assert.deepEqual(
    broker.asked.filter((each) => each.startsWith('fetch')),
    ['fetch 0', 'fetch 1 0:0-1=1'],
  )
  await during(consumer.close())
})

test('batches are of one partition and at most as large as asked for; asking for the next one accepts the one before', async () => {
  const values = Array.from({ length: 20 }, (_, i) => `v${i}`)
  const { broker, consumer, during } = await scene({ maxPollRecords: 10 }, { values, partitions: 2 })
  broker.produce(values, 1)
  const sizes: number[] = []
  await during(
    (async () => {
      for await (const { records, partition } of consumer.batches({ maxRecords: 7 })) {
        assert.ok(records.every((each) => each.partition === partition))
        sizes.push(records.length)
        if (sizes.reduce((sum, size) => sum + size) === 40) break
      }
    })(),
  )
  assert.deepEqual(sizes, [7, 3, 7, 3, 7, 3, 7, 3])
  await during(consumer.close())
  const states = `${broker.states(0)}, ${broker.states(1)}`
  assert.equal(states.match(/accepted 1/g)!.length, 37)
  assert.equal(states.match(/available 1/g)!.length, 3)
})

test('what is done is told soon, also while a slow program does not ask for more', async () => {
  const { broker, consumer, during, pass } = await scene()
  const iterator = consumer.records()
  await during(iterator.next())
  await during(iterator.next())
  await pass(2000)
  assert.equal(broker.states(), 'accepted 1, acquired 1, acquired 1')
  await during(consumer.close())
})

test('what a loop had that was left goes back when the next one begins', async () => {
  const { broker, consumer, during, pass } = await scene({}, { values: ['a'] })
  await during(take(consumer, 1))
  await pass(5000)
  assert.equal(broker.states(), 'acquired 1')
  const [again] = await during(take(consumer, 1))
  assert.equal(again!.deliveryCount, 2)
  await during(consumer.close())
})

test('explicitly, each record has its own fate; what is released comes again with a higher count', async () => {
  const { broker, consumer, during, outcomes } = await scene(explicit)
  const [a, b, c] = await during(consumer.poll())
  consumer.acknowledge(a!)
  consumer.acknowledge(b!, 'release')
  consumer.acknowledge(c!, 'reject')
  const [again] = await during(consumer.poll())
  assert.deepEqual([again!.value, again!.deliveryCount], ['b', 2])
  consumer.acknowledge(again!, 'accept')
  await during(consumer.close())
  assert.equal(broker.states(), 'accepted 1, accepted 2, rejected 1')
  assert.deepEqual(outcomes, ['0:0,1,2 ok', '0:1 ok'])
})

test('explicitly, nothing more is given before all was acknowledged, and nothing is acknowledged twice', async () => {
  const { consumer, during } = await scene(explicit)
  const [a, b, c] = await during(consumer.poll())
  consumer.acknowledge(a!)
  await assert.rejects(during(consumer.poll()), {
    code: 'INVALID_STATE',
    message: /2 records were not acknowledged.*offset 1 of t-0/,
  })
  assert.throws(() => consumer.acknowledge(a!), { code: 'INVALID_STATE', message: /t-0 at offset 0 cannot be acknowledged/ })
  assert.throws(() => consumer.acknowledge({ topic: 't', partition: 0, offset: 77 }), StateError)
  assert.throws(() => consumer.acknowledge(b!, 'keep' as 'accept'), OptionError)
  consumer.acknowledge(b!)
  consumer.acknowledge(c!)
  const iterator = consumer.records()
  await during(consumer.commitSync())
  await during(consumer.close())
  await assert.rejects(consumer.poll(), { code: 'CLOSED' })
  assert.deepEqual(await iterator.next(), { done: true, value: undefined })
})

test('implicitly, acknowledge is refused', async () => {
  const { consumer, during } = await scene()
  const [a] = await during(consumer.poll())
  assert.throws(() => consumer.acknowledge(a!), { code: 'INVALID_STATE', message: /shareAcknowledgementMode=explicit/ })
  await during(consumer.close())
})

test('a renewed lock holds; the record stays with the program, which says later what becomes of it', async () => {
  const { broker, consumer, during, pass } = await scene(explicit, { values: ['a', 'b'] })
  const [a, b] = await during(consumer.poll())
  await pass(20_000)
  consumer.acknowledge(a!, 'renew')
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 ok'])
  await pass(20_000)
  consumer.acknowledge(a!)
  consumer.acknowledge(b!)
  // What is known to be too late is not told: the broker would refuse all that comes with it.
  const told = await during(consumer.commitSync())
  assert.deepEqual(told.map(shown).sort(), ['0:0 ok', '0:1 INVALID_RECORD_STATE'])
  assert.equal(broker.states(), 'accepted 1, acquired 1')
  await during(consumer.close())
})

test('a broker that does not renew locks says so, and takes the rest', async () => {
  const { broker, make, during, consumer: unused } = await scene(explicit)
  broker.shareVersion = 1
  const consumer = make('second')
  const [a, b, c] = await during(consumer.poll())
  consumer.acknowledge(a!, 'renew')
  consumer.acknowledge(b!)
  const told = await during(consumer.commitSync())
  assert.deepEqual(told.map(shown).sort(), ['0:0 UNSUPPORTED_VERSION', '0:1 ok'])
  consumer.acknowledge(a!)
  consumer.acknowledge(c!)
  await during(consumer.close())
  assert.equal(broker.states(), 'accepted 1, accepted 1, accepted 1')
  await during(unused.close())
})

test('record_limit is refused by a broker that has none', async () => {
  const { broker, make, during, consumer: unused } = await scene()
  broker.shareVersion = 1
  const consumer = make('second', { shareAcquireMode: 'record_limit' })
  await assert.rejects(during(consumer.poll()), { code: 'UNSUPPORTED_VERSION', message: /KIP-1206/ })
  await during(Promise.all([consumer.close(), unused.close()]))
})

test('what its deserializer does not take goes back implicitly, and is named explicitly', async () => {
  const valueDeserializer = {
    deserialize: (bytes: Uint8Array | null) => {
      const text = Buffer.from(bytes!).toString()
      if (text === 'bad') throw new Error('no')
      return text
    },
  }
  const values = ['a', 'bad', 'c']
  const first = await scene({ valueDeserializer }, { values })
  assert.deepEqual(
    (await first.during(first.consumer.poll())).map(({ value }) => value),
    ['a'],
  )
  await assert.rejects(first.during(first.consumer.poll()), RecordDeserializationError)
  await first.pass(1000)
  assert.equal(first.broker.states(), 'accepted 1, available 1, acquired 1')
  await first.during(first.consumer.close())

  const second = await scene({ ...explicit, valueDeserializer }, { values })
  const iterator = second.consumer.records()
  const { value: a } = await second.during(iterator.next())
  second.consumer.acknowledge(a)
  const thrown = await second.during(iterator.next()).catch((error) => error)
  assert.ok(thrown instanceof RecordDeserializationError)
  second.consumer.acknowledge(thrown, 'reject')
  const { value: c } = await second.during(iterator.next())
  second.consumer.acknowledge(c)
  await second.during(second.consumer.close())
  assert.equal(second.broker.states(), 'accepted 1, rejected 1, accepted 1')
})

test('a member that the coordinator has forgotten joins again and goes on', async () => {
  const { broker, consumer, during, pass } = await scene({}, { values: ['a'] })
  await during(consumer.poll())
  await during(consumer.commitSync())
  broker.members.clear()
  await pass(6000)
  assert.equal(broker.members.size, 1)
  broker.produce(['b'])
  assert.deepEqual(
    (await during(consumer.poll())).map(({ value }) => value),
    ['b'],
  )
  await during(consumer.close())
  assert.equal(broker.members.size, 0)
})

test('a program that does not come back within maxPollIntervalMs leaves its group, and joins again when it does', async () => {
  const { broker, consumer, during, pass } = await scene({ maxPollIntervalMs: 10_000 })
  const iterator = consumer.records()
  await during(iterator.next())
  await pass(4000)
  assert.equal(broker.members.size, 1)
  await pass(15_000)
  assert.equal(broker.members.size, 0)
  // What waited was given back; what the program had is done.
  const seen = []
  for (let i = 0; i < 2; i++) seen.push((await during(iterator.next())).value)
  assert.deepEqual(
    seen.map(({ value, deliveryCount }) => `${value} ${deliveryCount}`),
    ['b 2', 'c 2'],
  )
  assert.equal(broker.members.size, 1)
  await during(consumer.close())
})

test('what a broker refuses for good reaches the program, again and again', async () => {
  const { broker, consumer, during } = await scene()
  broker.onRequest = (name) => (name === 'heartbeat' ? { error: 'GROUP_AUTHORIZATION_FAILED' } : null)
  for (let i = 0; i < 2; i++) await assert.rejects(during(consumer.poll()), { code: 'GROUP_AUTHORIZATION_FAILED' })
  await during(consumer.close())
})

test('a cluster without share groups is told as what it is', async () => {
  const { broker, make, during, consumer: unused } = await scene()
  broker.shareVersion = 0
  const consumer = make('second')
  await assert.rejects(during(consumer.poll()), (thrown: unknown) => {
    assert.ok(thrown instanceof UnsupportedError)
    assert.match(thrown.message, /^share groups \(KIP-932\) are not supported by this cluster/)
    return thrown.code === 'UNSUPPORTED_VERSION'
  })
  await during(Promise.all([consumer.close(), unused.close()]))
})

test('what the callback throws reaches the program', async () => {
  const { consumer, during } = await scene({}, { values: ['a'] })
  consumer.setAcknowledgementCommitCallback(() => {
    throw new Error('of the callback')
  })
  await during(consumer.poll())
  await during(consumer.commitSync())
  await assert.rejects(during(consumer.poll()), /^Error: of the callback$/)
  await during(consumer.close())
})

test('what the callback rejects with reaches the program as well', async () => {
  const { consumer, during } = await scene({}, { values: ['a'] })
  consumer.setAcknowledgementCommitCallback(() => Promise.reject(new Error('of the callback')))
  await during(consumer.poll())
  await during(consumer.commitSync())
  await assert.rejects(during(consumer.poll()), /^Error: of the callback$/)
  await during(consumer.close())
})

test('what the program was not given goes back without a word to it', async () => {
  const { broker, consumer, during, outcomes } = await scene()
  await during(take(consumer, 1))
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 ok'])
  await during(consumer.close())
  assert.equal(broker.states(), 'accepted 1, available 1, available 1')
  assert.deepEqual(outcomes, ['0:0 ok'])
})

test('what is here of a partition that the coordinator gives to others is handed out all the same: it is locked for this member', async () => {
  const { broker, consumer, during, pass } = await scene()
  const iterator = consumer.records()
  await during(iterator.next())
  broker.assignment = []
  await pass(6000)
  for (const value of ['b', 'c']) {
    const { value: record } = await during(iterator.next())
    assert.deepEqual([record.value, record.deliveryCount], [value, 1])
  }
  await during(consumer.close())
})

test('records of a topic that the program does not subscribe to any more go back at once', async () => {
  const { broker, consumer, during, pass } = await scene()
  await during(consumer.records().next())
  consumer.subscribe('other')
  await pass(500)
  assert.equal(broker.states(), 'acquired 1, available 1, available 1')
  await during(consumer.close())
})

test('a run goes on with the next subscription', async () => {
  const { broker, consumer, during, pass } = await scene()
  const seen: string[] = []
  const running = consumer.run({ eachRecord: ({ value }) => void seen.push(value!) })
  await pass(2000)
  await during(consumer.unsubscribe())
  assert.equal(broker.members.size, 0)
  broker.produce(['d'])
  await pass(2000)
  assert.deepEqual(seen, ['a', 'b', 'c'])
  consumer.subscribe('t')
  await pass(2000)
  assert.deepEqual(seen, ['a', 'b', 'c', 'd'])
  await during(Promise.all([consumer.close(), running]))
})

test('a run goes on with what the program subscribes to while it still leaves', async () => {
  const { broker, consumer, during, pass, world } = await scene({}, { values: ['a'] })
  const { clock } = world.machine('other').start().platform
  const seen: string[] = []
  const running = consumer.run({
    eachRecord: async ({ value }) => {
      seen.push(value!)
      await new Promise<void>((resume) => void clock.after(5000, resume))
    },
  })
  await pass(2000)
  const leaving = consumer.unsubscribe()
  consumer.subscribe('t')
  await during(leaving)
  broker.produce(['b'])
  await pass(10_000)
  assert.deepEqual(seen, ['a', 'b'])
  await during(Promise.all([consumer.close(), running]))
  assert.equal(broker.states(), 'accepted 1, accepted 1')
})

test('unsubscribe waits for a handler without an end as long as defaultApiTimeoutMs says, and then gives back its record', async () => {
  const { broker, consumer, make, during, pass } = await scene({ defaultApiTimeoutMs: 1000 }, { values: ['a'] })
  let end = () => {}
  const running = consumer.run({ eachRecord: () => new Promise<void>((resolve) => (end = resolve)) })
  await pass(2000)
  await during(consumer.unsubscribe())
  const other = make('other')
  const [again] = await during(other.poll())
  assert.equal(again!.deliveryCount, 2)
  end() // it is not this member's any more
  await pass(1000)
  assert.equal(broker.states(), 'acquired 2')
  await during(Promise.all([consumer.close(), other.close(), running]))
})

test('explicitly, what went back with unsubscribe need not be acknowledged', async () => {
  const { consumer, during } = await scene(explicit, { values: ['a'] })
  const [a] = await during(consumer.poll())
  await during(consumer.unsubscribe())
  assert.throws(() => consumer.acknowledge(a!), { code: 'INVALID_STATE' })
  consumer.subscribe('t')
  const [again] = await during(consumer.poll())
  assert.equal(again!.deliveryCount, 2)
  await during(consumer.close())
})

test('a record whose deserializer ends after close is not given to a handler', async () => {
  let finish = () => {}
  const valueDeserializer = {
    deserialize: () => new Promise<string>((resolve) => (finish = () => resolve('a'))),
  }
  const { broker, consumer, during, pass } = await scene({ valueDeserializer }, { values: ['a'] })
  const running = consumer.run({ eachRecord: () => assert.fail('it is over') })
  await pass(2000)
  await during(consumer.close())
  finish()
  await during(running)
  assert.equal(broker.states(), 'available 1')
})

test('unsubscribe gives everything back, and another subscription begins anew', async () => {
  const { broker, consumer, during } = await scene()
  await during(take(consumer, 1))
  await during(consumer.unsubscribe())
  assert.equal(broker.states(), 'available 1, available 1, available 1')
  assert.equal(broker.members.size, 0)
  await assert.rejects(during(consumer.poll()), { code: 'INVALID_STATE', message: /subscribe first/ })
  consumer.subscribe(['t'])
  assert.deepEqual(consumer.subscription(), ['t'])
  assert.equal((await during(consumer.poll())).length, 3)
  assert.equal(consumer.acquisitionLockTimeoutMs, 30_000)
  await during(consumer.close())
})

test('a signal ends a wait, and close ends loops', async () => {
  const { consumer, during, pass } = await scene({}, { values: [] })
  const stop = new AbortController()
  const polling = consumer.poll({ signal: stop.signal })
  await pass(1000)
  stop.abort()
  await assert.rejects(during(polling), AbortedError)
  assert.deepEqual(await during(consumer.poll({ timeoutMs: 50 })), [])
  const loop = (async () => {
    for await (const _ of consumer) assert.fail('there is nothing')
  })()
  const batches = (async () => {
    for await (const _ of consumer.batches()) assert.fail('there is nothing')
  })()
  const running = consumer.run({ eachRecord() {} })
  await pass(1000)
  await during(consumer.close())
  await during(Promise.all([loop, batches, running]))
})

test('mistakes are told by the option', () => {
  const refused: [object, string][] = [
    [{ groupId: undefined }, 'groupId'],
    [{ shareAcknowledgementMode: 'both' }, 'shareAcknowledgementMode'],
    [{ shareAcquireMode: 'fast' }, 'shareAcquireMode'],
    [{ autoOffsetReset: 'earliest' }, 'autoOffsetReset'],
    [{ enableAutoCommit: false }, 'enableAutoCommit'],
  ]
  for (const [config, option] of refused) {
    assert.throws(
      () => new ShareConsumer({ bootstrapServers: 'localhost:9092', groupId: 'g', ...config }),
      (thrown) => thrown instanceof OptionError && thrown.option === option,
      JSON.stringify(config),
    )
  }
})
