/** Records of our producer, read by Java's console consumer. */
import assert from 'node:assert/strict'

const PARTITIONS = 7

export async function producing({ bootstrap, report, tool, read, client }) {
  const producerOf = (options) => new client.Producer({ bootstrapServers: bootstrap, ...options })
  const values = (count, word) => Array.from({ length: count }, (_, i) => `${word} ${i} ${'again '.repeat(20)}end`)

  for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    for (const batchSize of [16_384, 400_000]) {
      await report.test(`Java reads ${compressionType} in batches of ${batchSize}`, async () => {
        const topic = `client.${compressionType}.${batchSize}`
        const sent = values(5000, compressionType)
        const producer = producerOf({ compressionType, batchSize })
        try {
          const places = await producer.sendAll(sent.map((value) => ({ topic, value })))
          assert.deepEqual(
            places.map(({ offset }) => offset),
            sent.map((_, i) => i),
          )
        } finally {
          await producer.close()
        }
        assert.deepEqual(await read(topic, 5000), sent)
      })
    }
  }

  await report.test('Java and ours send the same keys to the same partitions', async () => {
    const keys = Array.from({ length: 300 }, (_, i) => `key ${i} ${'ü'.repeat(i % 5)}`)
    for (const topic of ['client.keys.ours', 'client.keys.java']) {
      await tool('kafka-topics', ['--create', '--topic', topic, '--partitions', PARTITIONS])
    }
    const producer = producerOf({})
    const ours = new Map()
    try {
      for (const { key, partition } of await Promise.all(
        keys.map(async (key) => ({ key, ...(await producer.send({ topic: 'client.keys.ours', key, value: key })) })),
      )) {
        ours.set(key, partition)
      }
    } finally {
      await producer.close()
    }
    const withKeys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
    const input = keys.map((key) => `${key}:${key}\n`).join('')
    await tool('kafka-console-producer', ['--topic', 'client.keys.java', ...withKeys], { input })
    const seen = await read('client.keys.java', 300, '--formatter-property', 'print.partition=true')
    const java = new Map(seen.map((line) => [line.split('\t')[1], Number(/^Partition:(\d+)/.exec(line)[1])]))
    assert.deepEqual([...ours].sort(), [...java].sort())
  })

  await report.test('Java reads keys, headers and timestamps', async () => {
    const producer = producerOf({})
    try {
      const headers = { trace: 'abc', empty: null, bytes: Uint8Array.of(0x7a) }
      await producer.send({ topic: 'client.headers', key: 'k', value: 'v', headers, timestamp: 1_700_000_000_123 })
      await producer.send({ topic: 'client.headers', key: null, value: null, timestamp: 1_700_000_000_124 })
    } finally {
      await producer.close()
    }
    const show = ['print.headers=true', 'print.timestamp=true', 'print.key=true', 'print.offset=true']
    const lines = await read('client.headers', 2, ...show.flatMap((one) => ['--formatter-property', one]))
    assert.deepEqual(lines, [
      'CreateTime:1700000000123\tOffset:0\ttrace:abc,empty:null,bytes:z\tk\tv',
      'CreateTime:1700000000124\tOffset:1\tNO_HEADERS\tnull\tnull',
    ])
  })

  await report.test('a stream of 100,000 records is there, each of them once and in order', async () => {
    const producer = producerOf({ compressionType: 'lz4' })
    try {
      for (let i = 0; i < 100_000; i++) await producer.enqueue({ topic: 'client.stream', value: String(i) })
      await producer.flush()
    } finally {
      await producer.close()
    }
    const seen = await read('client.stream', 100_000)
    assert.equal(seen.length, 100_000)
    assert.ok(seen.every((value, i) => value === String(i)))
    assert.equal((await tool('kafka-get-offsets', ['--topic', 'client.stream'])).trim(), 'client.stream:0:100000')
  })

  await report.test('refusals are errors with a name, and nothing of them is there', async () => {
    await tool('kafka-topics', ['--create', '--topic', 'client.small', '--config', 'max.message.bytes=300'])
    await tool('kafka-topics', ['--create', '--topic', 'client.compact', '--config', 'cleanup.policy=compact'])
    const producer = producerOf({})
    const code = (record) =>
      producer.send(record).then(
        () => 'sent',
        (why) => why.code,
      )
    try {
      assert.equal(await code({ topic: 'client.small', value: 'x'.repeat(1000) }), 'MESSAGE_TOO_LARGE')
      assert.equal(await code({ topic: 'client.compact', value: 'no key' }), 'INVALID_RECORD')
      assert.equal(await code({ topic: 'not a name', value: 'x' }), 'INVALID_TOPIC_EXCEPTION')
      assert.equal(await code({ topic: 'client.small', value: 'x' }), 'sent')
    } finally {
      await producer.close()
    }
    assert.deepEqual(await read('client.small', 1), ['x'])
  })

  await report.test('acks=0 and acks=1 arrive', async () => {
    for (const acks of ['0', '1']) {
      const producer = producerOf({ acks })
      try {
        await producer.sendAll(values(200, 'acks').map((value) => ({ topic: `client.acks.${acks}`, value })))
      } finally {
        await producer.close()
      }
      assert.deepEqual(await read(`client.acks.${acks}`, 200), values(200, 'acks'))
    }
  })
}
