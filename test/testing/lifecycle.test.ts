// Brokers of `odradek/testing` come and go, and leave nothing behind.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Producer } from '../../src/client/index.ts'
import { ConfigError } from '../../src/config/error.ts'
import { suiteKafka, testCluster, testKafka } from '../../src/testing/index.ts'
import { runModule } from '../support/running-broker.ts'

const TESTING = new URL('../../src/testing/index.js', import.meta.url).href

/** Whether somebody accepts connections there. */
function listens(server: string): Promise<boolean> {
  const [host = '', port] = server.split(':')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) })
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.unref().on('connect', () => socket.destroy())
  })
}

test('nothing is left of it when it is closed: the process ends by itself', async (t) => {
  const run = runModule(
    t,
    `import { testCluster, testKafka } from ${JSON.stringify(TESTING)}
     for (const start of [testKafka, testCluster]) {
       const kafka = await start()
       const topic = await kafka.topic('t', { partitions: 2 })
       await kafka.produce(topic, ['x'.repeat(100_000), 'y'])
       if ((await kafka.readAll(topic)).length !== 2) throw new Error('records are missing')
       kafka.faults.dropNextAnswer('Produce', { connection: 'silent' })
       const unanswered = kafka.produce(topic, ['z']).catch(() => {})
       if (start === testKafka) await kafka.time.advance('1m')
       await kafka.close()
       await kafka.close()
       await unanswered
     }
     setImmediate(() => console.log('LEFT ' + process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|Immediate)/.test(name)).join()))`,
  )
  assert.equal(await run.ended, 0, run.output.stderr)
  assert.equal(run.output.stdout, 'LEFT \n')
  assert.equal(run.output.stderr, '')
})

test('a broker that was stopped comes back at its port, with everything', async () => {
  await using kafka = await testKafka()
  const topic = await kafka.topic('orders')
  await kafka.produce(topic, ['one', { key: 'k', value: null, headers: { h: 'v' } }])
  await kafka.stop()
  assert.equal(await listens(kafka.bootstrapServers), false)
  await kafka.start()
  await kafka.start()
  const [one, two] = await kafka.readAll(topic)
  assert.deepEqual([one!.value, two!.key, two!.value, two!.headers[0]!.key], ['one', 'k', null, 'h'])
})

test('a broker that is killed forgets what it had not flushed, and nothing that was acknowledged by acks=all', async () => {
  await using kafka = await testKafka()
  const topic = await kafka.topic('orders')
  await kafka.produce(topic, ['flushed'])
  await using hasty = new Producer({ ...kafka.client, acks: '1', enableIdempotence: false })
  const slow = kafka.faults.slowDisk('1h', { only: 'fsync' })
  assert.equal((await hasty.send({ topic, value: 'written' })).offset, 1)
  kafka.kill()
  slow.undo()
  assert.equal(await listens(kafka.bootstrapServers), false)
  await kafka.start()
  assert.deepEqual(
    (await kafka.readAll(topic)).map(({ value }) => value),
    ['flushed'],
  )
})

test('a broker that is killed and keeps what it wrote has all that it acknowledged', async () => {
  await using kafka = await testKafka()
  const topic = await kafka.topic('orders')
  await using hasty = new Producer({ ...kafka.client, acks: '1', enableIdempotence: false })
  kafka.faults.slowDisk('1h', { only: 'fsync', topic })
  await hasty.send({ topic, value: 'written' })
  kafka.kill(1, { keeps: 'written' })
  kafka.faults.clear()
  await kafka.start()
  assert.deepEqual(
    (await kafka.readAll(topic)).map(({ value }) => value),
    ['written'],
  )
})

test('what cannot be is said, and nothing is left open', async () => {
  await assert.rejects(testKafka({ config: { 'num.partitions': 0 } }), ConfigError)
  await assert.rejects(testCluster({ config: { 'num.partitions': 0 } }), ConfigError)
  await assert.rejects(testCluster({ brokers: 0 }), /brokers=0 is not valid/)
  const kafka = await testKafka()
  await kafka.close()
  await assert.rejects(kafka.start(), /closed/)
  await assert.rejects(kafka.time.advance('1s'), /closed/)
})

test('a suite has one Kafka from before its first test until after its last', async () => {
  const hooks: (() => Promise<void>)[] = []
  const kafka = suiteKafka({ before: (run) => hooks.push(run), after: (run) => hooks.push(run) }, { brokers: 1 })
  assert.throws(kafka, /before the first test/)
  const [before, after] = hooks
  await before!()
  assert.equal(kafka(), kafka())
  assert.equal(await listens(kafka().bootstrapServers), true)
  await after!()
  assert.equal(await listens(kafka().bootstrapServers), false)
})
