// Locks and sessions that are lost, brokers that fail, and what is told of it: against a scripted broker in virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explicit, shareScene as scene, shown } from '../../../test/support/share-scene.ts'
import { AbortedError } from '../index.ts'

test('when a lock is over another member gets the record, and who had it hears so', async () => {
  const { consumer, make, during, pass, outcomes } = await scene({}, { values: ['a'] })
  await during(consumer.poll())
  await pass(31_000)
  const other = make('other')
  const [again] = await during(other.poll())
  assert.deepEqual([again!.value, again!.deliveryCount], ['a', 2])
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 INVALID_RECORD_STATE'])
  assert.deepEqual(outcomes, ['0:0 INVALID_RECORD_STATE'])
  assert.deepEqual((await during(other.commitSync())).map(shown), ['0:0 ok'])
  await during(Promise.all([consumer.close(), other.close()]))
})

test('records whose lock ran out while they waited are not handed out', async () => {
  const { consumer, during, pass } = await scene()
  const iterator = consumer.records()
  assert.equal((await during(iterator.next())).value.value, 'a')
  await pass(31_000)
  const { value } = await during(iterator.next())
  assert.deepEqual([value.value, value.deliveryCount], ['a', 2])
  await during(consumer.close())
})

test('a lost session: what was said fails, what waited is not handed out, and all comes again', async () => {
  const { broker, consumer, during, outcomes } = await scene(explicit)
  const iterator = consumer.records()
  const { value: a } = await during(iterator.next())
  broker.forgetSessions()
  consumer.acknowledge(a)
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 SHARE_SESSION_NOT_FOUND'])
  const { value: again } = await during(iterator.next())
  assert.deepEqual([again.value, again.deliveryCount], ['a', 2])
  assert.deepEqual(outcomes, ['0:0 SHARE_SESSION_NOT_FOUND'])
  consumer.acknowledge(again)
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 ok'])
  await during(consumer.close())
})

test('a record of a session that is over cannot be acknowledged any more, and the program hears so', async () => {
  const { broker, consumer, during } = await scene(explicit, { values: ['a'] })
  const iterator = consumer.records()
  const { value: a } = await during(iterator.next())
  broker.forgetSessions()
  broker.log[0]![0]!.state = 'accepted' // by somebody else
  broker.produce(['b'])
  const other = consumer.records()
  assert.equal((await during(other.next())).value.value, 'b')
  consumer.acknowledge(a)
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 SHARE_SESSION_NOT_FOUND'])
  await during(consumer.close())
})

for (const deed of ['hang up', 'be silent'] as const) {
  test(`a broker that must ${deed} at an acknowledgement: it fails, and the consumer goes on`, async () => {
    const { broker, consumer, during } = await scene({ ...explicit, requestTimeoutMs: 1000 }, { values: ['a'] })
    const [a] = await during(consumer.poll())
    consumer.acknowledge(a!)
    broker.onRequest = (name) => (name === 'acknowledge' ? deed : null)
    const [told] = await during(consumer.commitSync())
    assert.equal(told!.error?.code, deed === 'hang up' ? 'NETWORK_EXCEPTION' : 'TIMED_OUT')
    broker.onRequest = () => null
    const [again] = await during(consumer.poll())
    assert.deepEqual([again!.value, again!.deliveryCount], ['a', 2])
    await during(consumer.close())
  })
}

test('an acknowledgement that could not be written down is told again until it is', async () => {
  const { broker, consumer, during, outcomes } = await scene(explicit, { values: ['a'] })
  const [a] = await during(consumer.poll())
  let failures = 3
  broker.onAcknowledge = () => (failures-- > 0 ? 'COORDINATOR_NOT_AVAILABLE' : null)
  consumer.acknowledge(a!)
  assert.deepEqual((await during(consumer.commitSync())).map(shown), ['0:0 ok'])
  assert.deepEqual(outcomes, ['0:0 ok'])
  await during(consumer.close())
})

test('commitSync ends with its time or its signal; the callback hears of it later', async () => {
  const { broker, consumer, during, outcomes } = await scene({ ...explicit, requestTimeoutMs: 1000 }, { values: ['a', 'b'] })
  const [a, b] = await during(consumer.poll())
  broker.onRequest = (name) => (name === 'acknowledge' ? 'be silent' : null)
  consumer.acknowledge(a!)
  await assert.rejects(during(consumer.commitSync({ timeoutMs: 100 })), { code: 'TIMED_OUT', message: /commitSync/ })
  const stop = new AbortController()
  const committing = consumer.commitSync({ signal: stop.signal })
  stop.abort()
  await assert.rejects(during(committing), AbortedError)
  broker.onRequest = () => null
  consumer.acknowledge(b!)
  await during(consumer.close())
  assert.deepEqual(outcomes, ['0:0,1 TIMED_OUT'])
})

test('offsets without a record are told as gaps, and nobody hears of them', async () => {
  const { broker, consumer, during, outcomes } = await scene({}, { values: ['a', 'compacted', 'c'] })
  const records = await during(consumer.poll())
  assert.deepEqual(
    records.map(({ value }) => value),
    ['a', 'c'],
  )
  await during(consumer.commitSync())
  assert.equal(broker.states(), 'accepted 1, gap 1, accepted 1')
  assert.deepEqual(outcomes, ['0:0,2 ok'])
  await during(consumer.close())
})

test('an acceptance behind a renewal on its way counts with the renewed lock', async () => {
  const { consumer, during, pass, outcomes } = await scene(explicit, { values: ['a'] })
  const [a] = await during(consumer.poll())
  await pass(29_950)
  consumer.acknowledge(a!, 'renew')
  await new Promise(setImmediate) // it is sent
  consumer.acknowledge(a!)
  await pass(200)
  assert.deepEqual(outcomes, ['0:0 ok', '0:0 ok'])
  await during(consumer.close())
})

test('what could not be written down before close is told as failed', async () => {
  const { broker, consumer, during, outcomes } = await scene(explicit, { values: ['a'] })
  const [a] = await during(consumer.poll())
  broker.onAcknowledge = () => 'COORDINATOR_NOT_AVAILABLE'
  consumer.acknowledge(a!)
  await during(consumer.close())
  assert.deepEqual(outcomes, ['0:0 SHARE_SESSION_NOT_FOUND'])
})

test('an answer that comes after the end of its session gives nothing', async () => {
  const { broker, consumer, during, pass } = await scene({ defaultApiTimeoutMs: 100 }, { values: [] })
  const polling = consumer.poll()
  await pass(2100)
  await during(consumer.unsubscribe())
  broker.produce(['a'])
  consumer.subscribe('t')
  assert.equal((await during(polling))[0]!.value, 'a')
  assert.deepEqual((await during(consumer.commitSync({ timeoutMs: 5000 }))).map(shown), ['0:0 ok'])
  assert.match(broker.states(), /^accepted/)
  await during(consumer.close())
})
