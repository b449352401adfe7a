/** What goes wrong around ZooKeeper: not there, slow, another cluster's, a second broker with one id, a session that ended. Each says what to do. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Clerks, kafkaAt, readAll } from '../cluster/clerks.mjs'
import { freePort } from '../lib/brokers.mjs'
import { eventually } from '../lib/report.mjs'
import { EntryPoint } from './environment.mjs'
import { controllerOf, threeBrokers } from './three.mjs'
import { readTree } from './tree.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export async function judgeTroubles({ report, libs, ensemble, workDir, version }) {
  const test = (what, body) => report.test(`${version}, troubles: ${what}`, body, { timeoutMs: 180_000 })
  const broker = async (name, more) => {
    const port = await freePort()
    const environment = {
      KAFKA_BROKER_ID: '1',
      KAFKA_ZOOKEEPER_CONNECT: `${ensemble.connect}/${name}`,
      KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS: '4000',
      KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_METRICS_PORT: '0',
      ...more,
    }
    return Object.assign(new EntryPoint(join(workDir, `${name}-${port}`), environment), { port })
  }
  await test('an ensemble that is not there', async () => {
    const said = await whyNot(await broker('nowhere', { KAFKA_ZOOKEEPER_CONNECT: '127.0.0.1:1,127.0.0.1:2' }))
    assert.match(
      said,
      /no session with ZooKeeper at 127\.0\.0\.1:1, 127\.0\.0\.1:2 within 4000 ms \(.*ECONNREFUSED.*\): check zookeeper\.connect/,
    )
  })
  await test('an ensemble that says nothing', async () => {
    for (const server of ensemble.servers) server.pause()
    try {
      const said = await whyNot(await broker('silent', {}))
      assert.match(said, /no session with ZooKeeper at .* within 4000 ms .*: check zookeeper\.connect/)
    } finally {
      for (const server of ensemble.servers) server.resume()
    }
  })
  await test('a second broker with the same id is refused and told where the first one is; the first goes on', async () => {
    const first = await broker('twice', {})
    const second = await broker('twice', {})
    try {
      await first.start()
      const said = await whyNot(second, 60_000)
      assert.match(
        said,
        new RegExp(`another broker with id 1 runs at 127\\.0\\.0\\.1:${first.port}: give each broker a broker\\.id of its own`),
      )
      await produces(first)
    } finally {
      await first.kill()
      await second.kill()
    }
  })
  await test("a directory of another cluster is refused with both clusters' ids", async () => {
    const one = await broker('one', {})
    await one.start()
    await one.stop()
    one.environment.KAFKA_ZOOKEEPER_CONNECT = `${ensemble.connect}/another`
    const said = await whyNot(one)
    assert.match(said, /belong to the cluster [\w-]{22}, and ZooKeeper holds no cluster: check zookeeper\.connect/)
    const other = await broker('another', {})
    await other.start()
    await other.stop()
    assert.match(
      await whyNot(one),
      /ZooKeeper keeps the cluster [\w-]{22}, and the directories of this node belong to [\w-]{22}: check/,
    )
  })
  await underLoad({ test, libs, ensemble, workDir })
}

/** What it says when it does not start. */
async function whyNot(broker, ms) {
  try {
    await broker.start(ms)
  } catch (error) {
    assert.match(error.message, /^it ended with [1-9]/, error.message)
    return error.message
  }
  await broker.kill()
  throw new Error('it started')
}

/** Clients that know the living brokers: each partition is led by one of them, and takes a record. Gives the records' values. */
async function worksAt(bootstrap, frozenId) {
  const kafka = kafkaAt(bootstrap)
  const admin = kafka.admin()
  const producer = kafka.producer()
  await admin.connect()
  await producer.connect()
  try {
    const ids = await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
      const { partitions } = topics[0]
      assert.ok(partitions.every(({ leader, isr }) => leader >= 0 && leader !== frozenId && !isr.includes(frozenId)))
      return partitions.map(({ partitionId }) => partitionId)
    }, 60_000)
    const messages = ids.map((partition) => ({ partition, value: `while one is frozen ${partition}` }))
    await producer.send({ topic: 'orders', acks: -1, messages })
    return messages.map(({ value }) => value)
  } finally {
    await producer.disconnect()
    await admin.disconnect()
  }
}

async function produces({ port }) {
  const clerks = await Clerks.begin(`127.0.0.1:${port}`, { topic: 'still', partitions: 1, members: 1 })
  await clerks.goOn()
  assert.deepEqual(await clerks.finish(), [])
  await clerks.close()
}

/** Three brokers and KafkaJS: the ensemble is slow, then silent for longer than sessions live; a controller is frozen for as long. */
async function underLoad({ test, libs, ensemble, workDir }) {
  const connect = `${ensemble.connect}/troubled`
  const tree = () => readTree(libs, connect)
  let brokers = []
  let clerks
  try {
    await test('three brokers under load', async () => {
      brokers = await threeBrokers({ connect, workDir: join(workDir, 'troubled') })
      clerks = await Clerks.begin(brokers.map(({ address }) => address).join(','), { topic: 'orders' })
      await clerks.untilInSync(3)
      await clerks.goOn()
    })
    if (!clerks) return
    await test('a slow ensemble, frozen for a second again and again: nobody loses office, all go on', async () => {
      const before = await controllerOf(tree)
      for (let i = 0; i < 4; i++) {
        for (const server of ensemble.servers) server.pause()
        await sleep(1000)
        for (const server of ensemble.servers) server.resume()
        await sleep(500)
      }
      await clerks.goOn()
      assert.equal(await controllerOf(tree), before)
    })
    await test('an ensemble silent for twice a session: it is told, and all go on afterwards', async () => {
      for (const server of ensemble.servers) server.pause()
      await sleep(12_000)
      for (const server of ensemble.servers) server.resume()
      await clerks.goOn(90_000)
      await clerks.untilInSync(3)
      const told = brokers.map(({ output }) => output).join('')
      assert.match(told, /ZooKeeper/i)
    })
    await test('a controller frozen for twice its session: another one takes over, and it comes back as a broker', async () => {
      const id = await controllerOf(tree)
      const frozen = brokers.find((each) => each.id === id)
      const living = brokers.filter((each) => each !== frozen).map(({ address }) => address)
      frozen.child.kill('SIGSTOP')
      try {
        await eventually(async () => assert.notEqual(await controllerOf(tree), id), 30_000)
        // Who has requests at the frozen broker waits: KafkaJS asks it again and again, as its connections stay open. Others are served.
        for (const value of await worksAt(living.join(','), id)) clerks.acked.add(value)
      } finally {
        frozen.child.kill('SIGCONT')
      }
      await clerks.untilInSync(3)
      await clerks.goOn(90_000)
      assert.ok((await tree()).has(`/brokers/ids/${id}`))
    })
    await test('nothing that was acknowledged is lost', async () => {
      assert.deepEqual(await clerks.finish(), [])
      const there = new Set([...(await readAll(clerks.bootstrap, 'orders')).values()].flat())
      assert.deepEqual(
        [...clerks.acked].filter((value) => !there.has(value)),
        [],
      )
    })
  } finally {
    await clerks?.close()
    for (const broker of brokers) await broker.kill()
  }
}
