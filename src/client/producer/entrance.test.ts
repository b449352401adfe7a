import assert from 'node:assert/strict'
import { test } from 'node:test'
import { producerScene } from '../../../test/support/producer-scene.ts'
import { type ClientError, SerializationError } from '../errors/index.ts'
import type { ProducerRecord } from './record.ts'

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail('it worked'),
    (why) => why as ClientError,
  )

test('a header that is no text, no bytes and not null is refused alone, with its name', async () => {
  const { leader, producer, during } = producerScene({ lingerMs: 20 })
  await during(leader.open())
  const good = producer.send({ topic: 't', value: 'good' })
  for (const [headers, message] of [
    [{ tries: 3 }, /the header "tries" of a record of t is a number; give a text, bytes or null/],
    [{ tries: undefined }, /the header "tries" of a record of t is undefined; give/],
    [[{ key: 5, value: 'x' }], /the key of a header of a record of t is a number; give a text/],
  ] as const) {
    const why = await during(failure(producer.send({ topic: 't', value: 'bad', headers } as unknown as ProducerRecord)))
    assert.ok(why instanceof SerializationError && message.test(why.message), String(why))
  }
  assert.equal((await during(good)).offset, 0)
  assert.deepEqual(leader.log[0], ['good'])
  await during(producer.close())
})

test('records are read before send returns, also where they have to wait', async () => {
  const { leader, producer, during } = producerScene({ lingerMs: 20, batchSize: 1000, bufferMemory: 1000 })
  await during(leader.open())
  const bytes = Buffer.alloc(700)
  const sent = Array.from({ length: 6 }, (_, i) => producer.send({ topic: 't', value: bytes.fill(String(i)) }))
  bytes.fill('x')
  await during(Promise.all(sent))
  assert.deepEqual(
    leader.log[0]!.map(([first]) => first),
    ['0', '1', '2', '3', '4', '5'],
  )
  // The topic is known now, and memory is full from the second on.
  const more = Array.from({ length: 3 }, (_, i) => producer.send({ topic: 't', value: bytes.fill(String(6 + i)) }))
  bytes.fill('x')
  await during(Promise.all(more))
  assert.deepEqual(
    leader.log[0]!.slice(6).map(([first]) => first),
    ['6', '7', '8'],
  )
  await during(producer.close())
})

test('a serializer that is slower than close: the record fails with it', async () => {
  let write: (bytes: Uint8Array) => void = () => {}
  const slow = { serialize: () => new Promise<Uint8Array>((resolve) => (write = resolve)) }
  for (const isWritten of [true, false]) {
    const { leader, producer, during } = producerScene({ valueSerializer: slow })
    await during(leader.open())
    await during(producer.partitionsFor('t'))
    const sent = failure(producer.send({ topic: 't', value: 'x' }))
    const closing = producer.close({ timeoutMs: 10 })
    if (isWritten) {
      await during(closing)
      write(Buffer.from('late'))
    }
    await during(closing)
    assert.equal((await during(sent)).code, 'CLOSED')
    assert.deepEqual(leader.log[0], [])
  }
})

test('who has waited for room gives the next record without a wait', async () => {
  const { leader, producer, during } = producerScene({ lingerMs: 20, batchSize: 1000, bufferMemory: 1000 })
  await during(leader.open())
  await during(producer.partitionsFor('t'))
  const value = Buffer.alloc(700)
  assert.equal(producer.enqueue({ topic: 't', value }), undefined)
  const room = producer.enqueue({ topic: 't', value })
  assert.ok(room, 'there is room')
  let next: unknown
  await during(
    room.then(() => {
      next = producer.enqueue({ topic: 't', value: 'small' }) ?? 'no wait'
    }),
  )
  assert.equal(next, 'no wait')
  await during(producer.close())
  assert.equal(leader.log[0]!.length, 3)
})
