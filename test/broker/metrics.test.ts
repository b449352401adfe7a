// /metrics and /healthz of a broker, over HTTP.

import assert from 'node:assert/strict'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import { NodeMetrics } from '../../src/metrics/node-metrics.ts'
import { PortTaken } from '../../src/platform/http.ts'
import { type Logger, silentLogger } from '../../src/platform/logger.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodePlatform } from '../../src/platform/node/platform.ts'
import { FailingDisk } from '../support/failing-disk.ts'
import { findCoordinator, GroupMember } from '../support/group-member.ts'
import { atEnd, clientFor, eventually, keptLog } from '../support/running-broker.ts'

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { http } = nodePlatform()
  const metrics = { maxConnections: 1, maxHeaderBytes: 1024, headerTimeoutMs: 1000, answerTimeoutMs: 1000, idleTimeoutMs: 1000 }
  const listener = await http!.listen({
    ...metrics,
    address: { host: 'localhost', port: 0 },
    key: 'metrics.port',
    answer: () => ({ status: 200, type: 'text/plain', body: '' }),
    onError: () => {},
  })
  await listener.close()
  return listener.address.port
}

interface Options {
  readonly config?: Readonly<Record<string, string>>
  readonly disk?: FailingDisk
  readonly logger?: Logger
}

async function brokerWith(t: TestContext, { config = {}, disk, logger = silentLogger }: Options = {}) {
  const port = await freePort()
  const overrides = new Map(
    Object.entries({ listeners: 'PLAINTEXT://localhost:0', 'log.dirs': '/a', 'metrics.port': String(port), ...config }),
  )
  const platform = { ...nodePlatform({ logger }), disk: disk ?? memoryDisk(1 << 28) }
  const broker = await Broker.start(loadConfig({ profile: 'library', overrides }), platform)
  atEnd(t, () => broker.close())
  return { broker, url: `http://127.0.0.1:${broker.metricsPort}`, client: await clientFor(t, broker) }
}

async function scrape(url: string): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

test('what a client does shows in the metrics: topics, requests, groups and their lag', async (t) => {
  const { url, client } = await brokerWith(t)
  assert.equal((await (await fetch(`${url}/healthz`)).text()).trim(), 'ready')
  await client.createTopic('orders', { partitions: 2 })
  await client.produce('orders', ['a', 'b', 'c'])
  await findCoordinator(client, 'g"1')
  const member = new GroupMember(client, 'g"1')
  assert.equal(await member.commit('orders', 1), 'NONE')
  const found = await scrape(url)
  const expected: Record<string, number> = {
    odradek_ready: 1,
    kafka_server_kafkaserver_brokerstate: 3,
    kafka_controller_kafkacontroller_activecontrollercount: 1,
    kafka_controller_kafkacontroller_offlinepartitionscount: 0,
    'kafka_topic_partitions{topic="orders"}': 2,
    'kafka_topic_partition_leader{topic="orders",partition="1"}': 1,
    'kafka_topic_partition_current_offset{topic="orders",partition="0"}': 3,
    'kafka_server_brokertopicmetrics_messagesin_total{topic="orders"}': 3,
    kafka_server_brokertopicmetrics_messagesin_total: 3,
    'kafka_consumergroup_current_offset{consumergroup="g\\"1",topic="orders",partition="0"}': 1,
    'kafka_consumergroup_lag{consumergroup="g\\"1",topic="orders",partition="0"}': 2,
    'kafka_consumergroup_lag_sum{consumergroup="g\\"1",topic="orders"}': 2,
    kafka_coordinator_group_groupmetadatamanager_numoffsets: 1,
    'kafka_network_requestmetrics_errors_total{request="Produce",error="NONE"}': 1,
    'kafka_server_socket_server_metrics_connection_count{listener="PLAINTEXT",networkProcessor="0"}': 1,
    kafka_server_replicamanager_underreplicatedpartitions: 0,
    kafka_log_logmanager_offlinelogdirectorycount: 0,
  }
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, found.get(name)])), expected)
  assert.ok(found.get('process_resident_memory_bytes')! > 1e6)
  assert.ok(found.get('odradek_log_dir_usable_bytes{log_directory="/a"}')! > 0)
  assert.equal(found.get('kafka_network_requestmetrics_totaltimems_count{request="Produce"}'), 1)
  await client.deleteTopic('orders')
  const after = await scrape(url)
  assert.deepEqual(
    [...after.keys()].filter((name) => name.includes('"orders"')),
    [],
  )
})

test('a failed log directory shows, and its partitions are offline replicas', async (t) => {
  const disk = new FailingDisk(memoryDisk(1 << 28))
  const { url, client } = await brokerWith(t, { disk, config: { 'log.dirs': '/a,/b' } })
  await client.createTopic('both', { partitions: 2 })
  disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/b/'))
  for (const partition of [0, 1]) await client.produce('both', ['x'], { partition }).catch(() => {})
  await eventually('the directory is offline', async () => {
    const found = await scrape(url)
    return found.get('kafka_log_logmanager_logdirectoryoffline{logDirectory="/b"}') === 1
  })
  const found = await scrape(url)
  assert.equal(found.get('kafka_log_logmanager_offlinelogdirectorycount'), 1)
  assert.equal(found.get('kafka_server_replicamanager_offlinereplicacount'), 1)
  assert.equal(found.has('odradek_log_dir_usable_bytes{log_directory="/b"}'), false)
})

test('there are two pages, to GET alone', async (t) => {
  const { url } = await brokerWith(t)
  const status = async (path: string, options?: RequestInit) => (await fetch(url + path, options)).status
  assert.equal(await status('/'), 404)
  assert.equal(await status('/metrics/x'), 404)
  assert.equal(await status('/metrics?name[]=up'), 200)
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
    assert.equal(await status('/metrics', { method, ...(method !== 'HEAD' && { body: 'x' }) }), 405)
})

/** What a server says to these bytes until it closes. */
function said(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (data) => (text += data)).on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

test('garbage, headers without end and too many connections are closed, and the next one is answered', async (t) => {
  const { broker, url } = await brokerWith(t)
  const port = broker.metricsPort!
  assert.match(await said(port, '\u0000\u0001garbage\r\n\r\n'), /^HTTP\/1.1 400 /)
  assert.match(await said(port, `GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}`), /^HTTP\/1.1 431 /)
  const idle = await Promise.all(
    Array.from(
      { length: 40 },
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(socket))
          socket.on('error', () => {})
        }),
    ),
  )
  await eventually(
    'those too many are closed',
    () => idle.filter((socket) => !socket.closed && !socket.readableEnded).length <= 16,
  )
  for (const socket of idle) socket.destroy()
  await eventually('there is room again', async () => {
    const answer = await fetch(`${url}/healthz`).catch(() => null)
    return answer?.status === 200
  })
})

test('connections that are only kept for later give way to a new one', async (t) => {
  const { broker, url } = await brokerWith(t)
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  t.after(() => agent.destroy())
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      get({ port: broker.metricsPort!, host: '127.0.0.1', path: '/healthz', agent }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode!))
      }).on('error', reject)
    })
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 16 }, ask))), new Set([200]))
  await eventually('another one is answered', async () => (await fetch(`${url}/healthz`).catch(() => null))?.status === 200)
})

test('what is beyond the limit of label sets is left out and told of', async (t) => {
  const { logger, lines } = keptLog()
  const { url, client } = await brokerWith(t, { logger, config: { 'metrics.max.label.sets': '3' } })
  await client.createTopic('many', { partitions: 8 })
  const found = await scrape(url)
  assert.equal([...found.keys()].filter((name) => name.startsWith('kafka_log_log_size{')).length, 3)
  assert.equal(found.get('odradek_metrics_left_out{subject="replicas"}'), 5)
  await scrape(url)
  assert.equal(lines.filter(({ message }) => message.includes('metrics.max.label.sets')).length, 1)
})

const options = { version: '1', maxSubjects: 10 }
const endpoint = (port: number, isChosen: boolean) => ({ host: 'localhost', port, isChosen })

test('of a default port that is taken the next ones are tried, one that was chosen must be free', async (t) => {
  const { logger, lines } = keptLog()
  const platform = nodePlatform({ logger })
  const port = await freePort()
  const open = async (isChosen: boolean) => {
    const metrics = await NodeMetrics.open(platform, { ...options, endpoint: endpoint(port, isChosen) })
    atEnd(t, () => metrics.close())
    return metrics
  }
  const first = await open(false)
  const second = await open(false)
  assert.equal(first.port, port)
  assert.ok(second.port! > port && second.port! < port + 10)
  assert.match(
    lines.find(({ level }) => level === 'warn')!.message,
    new RegExp(`port ${port} is taken.*${second.port}.*metrics.port`),
  )
  await assert.rejects(
    open(true),
    (why: Error) => why instanceof PortTaken && /choose another port in metrics.port/.test(why.message),
  )
})

test('a node that starts or stops says so, and why it is not ready', async (t) => {
  const metrics = await NodeMetrics.open(nodePlatform({ logger: silentLogger }), {
    ...options,
    endpoint: endpoint(await freePort(), true),
  })
  atEnd(t, () => metrics.close())
  const url = `http://localhost:${metrics.port}`
  const health = async () => {
    const answer = await fetch(`${url}/healthz`)
    return `${answer.status} ${(await answer.text()).trim()}`
  }
  assert.equal(await health(), '503 not ready: the node is starting')
  assert.equal((await scrape(url)).get('odradek_ready'), 0)
  let trouble: string | null = 'the broker is fenced'
  metrics.health.running(() => trouble)
  assert.equal(await health(), '503 not ready: the broker is fenced')
  trouble = null
  assert.equal(await health(), '200 ready')
  metrics.health.stopping()
  assert.equal(await health(), '503 not ready: the node is stopping')
})

test('a third scrape at a time is asked to come again', async (t) => {
  const metrics = await NodeMetrics.open(nodePlatform({ logger: silentLogger }), {
    ...options,
    endpoint: endpoint(await freePort(), true),
  })
  atEnd(t, () => metrics.close())
  const pages = [metrics.text(), metrics.text()]
  for (const page of pages) await page.next()
  const answer = await fetch(`http://localhost:${metrics.port}/metrics`)
  assert.equal(answer.status, 503)
  for (const page of pages) await page.return(undefined)
  assert.equal((await fetch(`http://localhost:${metrics.port}/metrics`)).status, 200)
})
