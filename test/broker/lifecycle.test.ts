// A broker's life as its host sees it: starts, refuses to start with a reason, stops, and leaves nothing behind.

import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '../../src/config/error.ts'
import { startBroker } from '../../src/index.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../../src/protocol/messages/describe-cluster.ts'
import { CrashLoad } from '../support/crash-load.ts'
import { addressOf, KafkaClient, valuesOf } from '../support/kafka-client.ts'
import {
  atEnd,
  brokerFor,
  brokerProcess,
  clientFor,
  eventually,
  inMemory,
  keptLog,
  LIBRARY,
  runModule,
  tempDir,
} from '../support/running-broker.ts'

test('a broker in memory serves at its bootstrap server, says so to clients, and logs nothing that needs a look', async (t) => {
  const { logger, lines } = keptLog()
  const broker = await brokerFor(t, { inMemory: true, logger })
  const client = await clientFor(t, broker)
  assert.match(broker.bootstrapServers, /^localhost:\d+$/)
  const versions = await client.call(ApiVersionsRequest, ApiVersionsResponse, 4, {
    clientSoftwareName: 'test',
    clientSoftwareVersion: '1',
  })
  assert.equal(versions.errorCode, 0)
  const cluster = await client.call(DescribeClusterRequest, DescribeClusterResponse, 1, { endpointType: 1 })
  assert.equal(cluster.clusterId, broker.clusterId)
  assert.deepEqual(
    cluster.brokers.map(({ host, port }) => `${host}:${port}`),
    [broker.bootstrapServers],
  )
  await broker.close()
  assert.deepEqual(
    lines.filter(({ level }) => level !== 'info'),
    [],
  )
})

test('ten brokers in one process know nothing of each other', async (t) => {
  const brokers = await Promise.all(Array.from({ length: 10 }, () => brokerFor(t, { inMemory: true })))
  assert.equal(new Set(brokers.map(({ bootstrapServers }) => bootstrapServers)).size, 10)
  assert.equal(new Set(brokers.map(({ clusterId }) => clusterId)).size, 10)
  const clients = await Promise.all(brokers.map((broker) => clientFor(t, broker)))
  await Promise.all(clients.map((client) => client.createTopic('same')))
  await Promise.all(clients.map((client, i) => client.produce('same', [`of broker ${i}`])))
  await brokers[0]!.close()
  const seen = await Promise.all(clients.slice(1).map((client) => client.readAll('same')))
  assert.deepEqual(
    seen.map((records) => valuesOf(records).join()),
    brokers.slice(1).map((_, i) => `of broker ${i + 1}`),
  )
})

test('closing twice, and while clients wait, is one close; clients are cut off and nobody can connect', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('waiting')
  const longPoll = client.fetch('waiting', 0, 0, { maxWaitMs: 15_000 })
  longPoll.catch(() => {}) // an answer or a closed connection: either will do
  await new Promise((resolve) => setTimeout(resolve, 20))
  const since = performance.now()
  await Promise.all([broker.close(), broker.close()])
  await broker.close()
  assert.ok(performance.now() - since < 10_000, `closing took ${performance.now() - since} ms`)
  await longPoll.catch(() => {})
  await client.closed
  await assert.rejects(KafkaClient.connect(broker.bootstrapServers), /ECONNREFUSED/)
})

test('after close nothing keeps the process alive, be it a timer, a socket or a file', async (t) => {
  const dir = await tempDir(t)
  const run = runModule(
    t,
    `import { startBroker } from ${JSON.stringify(LIBRARY)}
     const brokers = [await startBroker({ inMemory: true }), await startBroker({ dataDir: ${JSON.stringify(dir)} })]
     await Promise.all(brokers.map((broker) => broker.close()))
     console.log('CLOSED now')`,
  )
  await run.line('CLOSED')
  const since = performance.now()
  assert.equal(await run.ended, 0)
  assert.ok(performance.now() - since < 10_000, `it took ${performance.now() - since} ms more to end`)
  assert.equal(run.output.stderr, '')
})

test('SIGTERM under load, with chores and changes of topics under way, ends within 5 s and loses nothing acknowledged', async (t) => {
  const dataDir = await tempDir(t)
  const config = {
    'log.cleaner.backoff.ms': 10,
    'log.retention.check.interval.ms': 10,
    'replica.high.watermark.checkpoint.interval.ms': 10,
  }
  const run = runModule(
    t,
    `import { startBroker } from ${JSON.stringify(LIBRARY)}
     const broker = await startBroker({ dataDir: ${JSON.stringify(dataDir)}, config: ${JSON.stringify(config)} })
     process.once('SIGTERM', () => broker.close())
     console.log('READY ' + broker.bootstrapServers)`,
  )
  const bootstrapServers = await run.line('READY')
  const client = await clientFor(t, { bootstrapServers })
  const segments = { 'segment.ms': '20' }
  const waiting = await clientFor(t, { bootstrapServers })
  await client.createTopic('quiet')
  await client.createTopic('load', { partitions: 3, configs: segments })
  await client.createTopic('compacted', {
    configs: { ...segments, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' },
  })
  const loads = [0, 1, 2].map((partition) => new CrashLoad('load', partition))
  await Promise.all(loads.map((load) => load.start(bootstrapServers)))
  const untilGone = async (work: (i: number) => Promise<unknown>) => {
    for (let i = 0; client.isOpen; i++) await work(i).catch(() => {}) // refused or cut off by the stop: as it should be
  }
  const others = [
    untilGone((i) => client.produce('compacted', [{ key: `${i % 7}`, value: 'x'.repeat(10_000) }])),
    untilGone((i) => client.createTopic(`topic-${i}`, { partitions: 5 }).then(() => client.deleteTopic(`topic-${i}`))),
    waiting.fetch('quiet', 0, 0, { maxWaitMs: 15_000 }).catch(() => {}),
  ]
  await eventually('the load runs', () => loads.every(({ acknowledged }) => acknowledged.size > 500), 20_000)
  const since = performance.now()
  run.child.kill('SIGTERM')
  assert.equal(await run.ended, 0, run.output.stderr)
  const tookMs = performance.now() - since
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`)
  await Promise.all([...others, ...loads.map((load) => load.ended())])
  assert.equal(run.output.stderr, '')

  assert.ok((await readdir(dataDir)).includes('.kafka_cleanshutdown'))
  const broker = await brokerFor(t, { dataDir })
  const again = await clientFor(t, broker)
  await Promise.all(loads.map((load) => load.start(broker.bootstrapServers)))
  await eventually('what was under way is answered', () => loads.every((load) => load.acknowledged.size > 600))
  await Promise.all(loads.map((load) => load.stop()))
  for (const load of loads) {
    assert.deepEqual(load.complaints(await again.readAll('load', { partition: load.partition })), [])
  }
})

test('options that say nothing or two things are refused', async () => {
  await assert.rejects(startBroker({}), /inMemory: true or a dataDir/)
  await assert.rejects(startBroker({ inMemory: true, dataDir: '/nowhere' }), /inMemory: true or a dataDir/)
})

test('a wrong value is a ConfigError that names the key, the value and what is allowed', async () => {
  const config = { 'num.partitions': 0 }
  await assert.rejects(startBroker({ inMemory: true, config }), (thrown: unknown) => {
    assert.ok(thrown instanceof ConfigError)
    assert.equal(thrown.key, 'num.partitions')
    assert.match(thrown.message, /num\.partitions=0\b.*(at least 1|1 or more|≥ 1|>= 1)/)
    return true
  })
  await assert.rejects(startBroker({ inMemory: true, config: { 'log.cleanup.policy': 'shred' } }), /shred.*compact.*delete/)
})

test('an unknown key is a warning with the key that was meant', async (t) => {
  const { logger, lines } = keptLog()
  await brokerFor(t, { inMemory: true, config: { 'num.partition': 3 }, logger })
  assert.match(lines.map(({ message }) => message).join('\n'), /num\.partition .*did you mean num\.partitions\?/)
})

test('a port in use is said with what to do, and the directory can be used again at once', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  atEnd(t, () => other.close())
  const { port } = other.address() as { port: number }
  const dataDir = await tempDir(t)
  await assert.rejects(startBroker({ dataDir, port }), new RegExp(`port ${port}: another process does.*listeners`))
  const broker = await brokerFor(t, { dataDir })
  assert.ok((await KafkaClient.connect(broker.bootstrapServers)).close() === undefined)
})

test('a port that was asked for is the one in bootstrapServers', async (t) => {
  const first = await brokerFor(t, { inMemory: true })
  const { port } = addressOf(first.bootstrapServers)
  await first.close()
  const second = await brokerFor(t, { inMemory: true, port })
  assert.equal(second.bootstrapServers, `localhost:${port}`)
})

test('a directory that another process uses is refused with its name, and free when that process is dead', async (t) => {
  const dataDir = await tempDir(t)
  const other = await brokerProcess(t, dataDir)
  await assert.rejects(startBroker({ dataDir }), (thrown: Error) => {
    assert.ok(thrown.message.includes(dataDir), thrown.message)
    assert.match(thrown.message, /in use/)
    assert.match(thrown.message, new RegExp(`\\b${other.child.pid}\\b`))
    return true
  })
  other.child.kill('SIGKILL')
  await other.ended
  await brokerFor(t, { dataDir })
})

test('a directory that this process uses already is refused', async (t) => {
  const dataDir = await tempDir(t)
  await brokerFor(t, { dataDir })
  await assert.rejects(startBroker({ dataDir }), /in use/)
})

test('a directory that cannot be made is refused with its path and the reason', async (t) => {
  const file = join(await tempDir(t), 'file')
  await writeFile(file, '')
  const dataDir = join(file, 'data')
  await assert.rejects(startBroker({ dataDir }), (thrown: Error) => {
    assert.ok(thrown.message.includes(dataDir), thrown.message)
    assert.match(thrown.message, /not a directory/)
    return true
  })
})

test('a start that waits for a ZooKeeper which is not there ends with the reason, and not for want of work', async (t) => {
  const command = new URL('../../src/cli/main.js', import.meta.url).href
  const words = ['start', '--override', 'log.dirs=/nowhere', '--override', 'metrics.port=0']
  const zookeeper = ['--override', 'zookeeper.connect=127.0.0.1:1', '--override', 'zookeeper.connection.timeout.ms=300']
  const run = runModule(t, `import { main } from '${command}'; await main(${JSON.stringify([...words, ...zookeeper])})`)
  assert.equal(await run.ended, 1)
  assert.match(run.output.stderr, /no session with ZooKeeper at 127\.0\.0\.1:1 within 300 ms \(.*\): check zookeeper\.connect/)
})
