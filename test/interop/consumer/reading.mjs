/** Reading alone: what others wrote in every compression, transactions, times and ends, and a broker that is killed. */
import assert from 'node:assert/strict'
import { run } from '../lib/processes.mjs'
import { topic, until, write } from './world.mjs'

export async function readingSuite(world) {
  const { test, client, broker, installed, tools, kind } = world
  const { Consumer, serdes } = client
  const make = (config = {}) =>
    new Consumer({ bootstrapServers: broker.bootstrap, valueDeserializer: serdes.string, autoOffsetReset: 'earliest', ...config })

  async function valuesOf(name, count, config) {
    const consumer = make(config)
    try {
      consumer.assign([{ topic: name, partition: 0 }])
      const values = []
      const signal = AbortSignal.timeout(60_000)
      while (values.length < count) values.push(...(await consumer.poll({ signal })).map(({ value }) => value))
      return values
    } finally {
      await consumer.close()
    }
  }

  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    await test(`reads what Java's producer wrote with ${codec}`, async () => {
      const name = await topic(world, `compressed-${codec}`)
      const values = Array.from({ length: 2000 }, (_, i) => `${codec} ${i} ${'x'.repeat(i % 100)}`)
      await write(world, name, values, '--compression-codec', codec)
      assert.deepEqual(await valuesOf(name, values.length), values)
    })
  }

  await test('offsets of times, ends and lag are those that Apache tools print', async () => {
    const name = await topic(world, 'times')
    await write(world, name, ['a', 'b', 'c'])
    const consumer = make({ groupId: 'times' })
    try {
      consumer.assign([{ topic: name, partition: 0 }])
      const [first] = await consumer.poll()
      const at = async (time) =>
        Number(
          (await tools.must('kafka-get-offsets', ['--bootstrap-server', broker.bootstrap, '--topic', name, '--time', time]))
            .split(':')
            .at(-1),
        )
      const place = { topic: name, partition: 0 }
      assert.deepEqual(await consumer.endOffsets([place]), [await at(-1)])
      assert.deepEqual(await consumer.beginningOffsets([place]), [await at(-2)])
      const [found] = await consumer.offsetsForTimes([{ ...place, timestamp: first.timestamp }])
      assert.equal(found.offset, await at(first.timestamp))
      await consumer.commit([{ ...place, offset: 1 }])
      const described = await tools.must('kafka-consumer-groups', [
        '--bootstrap-server',
        broker.bootstrap,
        '--describe',
        '--group',
        'times',
      ])
      assert.match(described, /times\s+0\s+1\s+3\s+2/)
    } finally {
      await consumer.close()
    }
  })

  if (kind === 'apache') {
    await test('read_committed gives the committed transactions of a Java producer, and nothing of the aborted ones', async () => {
      const name = await topic(world, 'transactions')
      const options = ['-cp', `${installed.member}:${installed.tools.libs}/*`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
      const { code, stderr } = await run('java', [...options, 'Member', 'transactions', broker.bootstrap, name], {
        timeoutMs: 60_000,
      })
      assert.equal(code, 0, stderr)
      const committed = await valuesOf(name, 30, { isolationLevel: 'read_committed' })
      assert.deepEqual(
        committed.filter((value) => !value.startsWith('committed')),
        [],
      )
      assert.equal(committed.length, 30)
      assert.equal((await valuesOf(name, 60)).length, 60)
    })
  }

  await test('a broker that is killed under it comes back, and nothing is missing or twice', async () => {
    const name = await topic(world, 'killed')
    const values = Array.from({ length: 5000 }, (_, i) => `v${i} ${'y'.repeat(200)}`)
    await write(world, name, values)
    const seen = []
    const consumer = make({
      groupId: 'killed',
      sessionTimeoutMs: 120_000,
      prefetchMaxBytes: 20_000,
      maxPartitionFetchBytes: 10_000,
    })
    consumer.subscribe(name)
    const running = consumer.run({
      eachRecord: async ({ value }) => {
        seen.push(value)
        if (seen.length % 100 === 0) await new Promise((resume) => setTimeout(resume, 20))
      },
    })
    let trouble
    running.catch((thrown) => {
      trouble = thrown
    })
    try {
      await until(
        () => `${seen.length} records`,
        () => seen.length > 500,
      )
      await broker.kill()
      const { port, dir } = broker
      const again = await world.restart({ kind, dir, port, overrides: world.overrides, readyMs: 180_000 })
      world.broker = again
      await until(
        () => `${seen.length} records; ${trouble}`,
        () => seen.length >= values.length || trouble,
        60_000,
      )
      assert.ifError(trouble)
      assert.deepEqual(seen, values)
    } finally {
      await consumer.close()
    }
  })
}
