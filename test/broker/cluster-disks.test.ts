// Brokers with two disks each (JBOD), one of which fails, is mended, or comes back empty. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorName } from '../../src/protocol/errors.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../src/protocol/messages/describe-log-dirs.ts'
import { VirtualCluster } from '../support/virtual-cluster.ts'

const VICTIM = 2
const INDEXES = [0, 1, 2, 3, 4, 5]
const ASSIGNMENT = [
  [1, 2, 3],
  [2, 3, 1],
  [3, 1, 2],
  [2, 1, 3],
  [2, 1, 3],
  [3, 2, 1],
]

function dirOf(cluster: VirtualCluster, id: number, index: number) {
  const partition = cluster.replica(id, 'spread', index)
  return partition && cluster.seat(id).broker!.rooms.replicas.dirOf(partition)
}

/** As the metadata has it. */
function directoryOf(cluster: VirtualCluster, id: number, index: number): string | undefined {
  const partition = cluster.image('spread', index)
  return partition?.directories[partition.replicas.indexOf(id)]
}

function breakDisk(cluster: VirtualCluster, ...paths: string[]): void {
  cluster.seat(VICTIM).machine.device.weather.brokenPaths = paths
}

async function restart(cluster: VirtualCluster, change: () => void): Promise<void> {
  await cluster.stop(VICTIM)
  change()
  cluster.start(VICTIM)
  await cluster.until('it serves', cluster.serving(VICTIM))
}

async function logDirsOf(cluster: VirtualCluster) {
  const client = await cluster.during(cluster.client.at(cluster.seat(VICTIM).server))
  const { results } = await cluster.during(client.call(DescribeLogDirsRequest, DescribeLogDirsResponse, 4, { topics: null }))
  return results.map(({ logDir, errorCode }) => `${logDir} ${errorName(errorCode)}`).sort()
}

async function produceAndRead(cluster: VirtualCluster, what: string): Promise<void> {
  const { client } = cluster
  for (const index of INDEXES) await cluster.during(client.produce('spread', index, [`${what} ${index}`], cluster.pause))
  for (const index of INDEXES) {
    const values = (await cluster.during(client.readAll('spread', index))).map(({ value }) => value)
    assert.ok(values.includes(`before ${index}`) && values.includes(`${what} ${index}`), `${index}: ${values}`)
  }
}

const allInSync = (cluster: VirtualCluster) => () => INDEXES.every((index) => cluster.inSync('spread', index, 1, 2, 3)())

test('one of two disks of a broker', async (t) => {
  const cluster = await VirtualCluster.start({ seed: 21, config: { 'log.dirs': '/a,/b' } })
  const { client } = cluster
  await cluster.during(client.createTopicOn('spread', ASSIGNMENT))
  for (const index of INDEXES) await cluster.during(client.produce('spread', index, [`before ${index}`], cluster.pause))
  const allKnown = () =>
    INDEXES.every((index) => [1, 2, 3].every((id) => directoryOf(cluster, id, index) === dirOf(cluster, id, index)?.directoryId))
  await cluster.until('the controller knows where all replicas lie', allKnown)
  const onB = INDEXES.filter((index) => dirOf(cluster, VICTIM, index)?.path === '/b')
  const onA = INDEXES.filter((index) => !onB.includes(index))
  assert.ok(onB.length === 3 && onB.some((index) => cluster.image('spread', index)?.leader === VICTIM), `${onB}`)

  await t.test('fails: what lay there is led elsewhere at once, and the rest goes on where it is', async () => {
    breakDisk(cluster, '/b')
    const since = cluster.world.events.now
    for (const index of onB) await cluster.during(client.produce('spread', index, [`after ${index}`], cluster.pause))
    const tookMs = cluster.world.events.now - since
    assert.ok(tookMs < 2000, `${tookMs} ms: the controller hears of it before the next heartbeat is due\n${cluster.lastLines}`)
    for (const index of onB) {
      const { leader, isr } = cluster.image('spread', index)!
      assert.ok(leader !== VICTIM && !isr.includes(VICTIM), `${index} is led by ${leader}, in sync are ${isr}`)
    }
    for (const index of onA) assert.ok(cluster.image('spread', index)!.isr.includes(VICTIM), `${index} is on the sound disk`)
    assert.deepEqual(await logDirsOf(cluster), ['/a NONE', '/b KAFKA_STORAGE_ERROR'])
    await cluster.during(client.createTopicOn('later', [[VICTIM, 1]]))
    await cluster.during(client.produce('later', 0, ['new'], cluster.pause))
    await produceAndRead(cluster, 'with one disk')
  })

  await t.test(
    'cannot be read when the broker starts: it serves without it, and makes nothing anew that lies there',
    async () => {
      await restart(cluster, () => {})
      await cluster.until('what lies on the other disk is in sync', () =>
        onA.every((index) => cluster.inSync('spread', index, 1, 2, 3)()),
      )
      assert.deepEqual(await logDirsOf(cluster), ['/a NONE', '/b KAFKA_STORAGE_ERROR'])
      await produceAndRead(cluster, 'without it')
      const made = cluster.seat(VICTIM).names('/a', /^spread-\d$/)
      assert.deepEqual(
        made,
        onA.map((index) => `spread-${index}`),
      )
      for (const index of onB) assert.ok(!cluster.image('spread', index)!.isr.includes(VICTIM))
    },
  )

  await t.test('is mended: a restart takes back what it has', async () => {
    await restart(cluster, () => breakDisk(cluster))
    await cluster.until('all is in sync again', allInSync(cluster))
    assert.deepEqual(await logDirsOf(cluster), ['/a NONE', '/b NONE'])
    await produceAndRead(cluster, 'mended')
  })

  await t.test('comes back empty: its replicas are made anew from their leaders, and may lead', async () => {
    const before = onB.map((index) => directoryOf(cluster, VICTIM, index))
    await restart(cluster, () => cluster.seat(VICTIM).machine.device.directory('/')!.name(['b', null]))
    await cluster.until('all is in sync again', allInSync(cluster))
    await cluster.until('the controller knows where they lie now', allKnown)
    assert.ok(onB.every((index, at) => directoryOf(cluster, VICTIM, index) !== before[at]))
    const index = onB.find((each) => ASSIGNMENT[each]![1] === VICTIM || ASSIGNMENT[each]![0] === VICTIM)!
    for (const id of [1, 3]) {
      cluster.powerCut(id)
      await cluster.during(client.produce('spread', index, [`without ${id}`], cluster.pause))
      cluster.start(id)
      await cluster.until('it is back', () => cluster.serving(id)() && allInSync(cluster)())
    }
    await produceAndRead(cluster, 'anew')
  })

  await t.test('comes back empty at a broker that was eligible to lead: it does not', async () => {
    await cluster.during(client.createTopicOn('two', [[VICTIM, 1]], { 'min.insync.replicas': '2' }))
    for (const text of ['one', 'two']) await cluster.during(client.produce('two', 0, [text], cluster.pause))
    await cluster.until('both are in sync', cluster.inSync('two', 0, 1, VICTIM))
    const [path] = ['/a', '/b'].filter((dir) => cluster.seat(VICTIM).names(dir, /^two-0$/).length > 0)
    assert.equal(path, '/b', 'the metadata lies on the other one')
    await cluster.stop(VICTIM)
    await cluster.until('it is eligible', () => cluster.image('two')!.elr.includes(VICTIM))
    await cluster.stop(1)
    cluster.seat(VICTIM).machine.device.directory('/')!.name(['b', null])
    cluster.start(VICTIM)
    await cluster.until('it serves', cluster.serving(VICTIM))
    await cluster.pass(3000)
    assert.equal(cluster.image('two')!.leader, -1, 'it has lost what it had')
    cluster.start(1)
    await cluster.until('both are in sync again', cluster.inSync('two', 0, 1, VICTIM))
    const values = (await cluster.during(client.readAll('two', 0))).map(({ value }) => value)
    assert.deepEqual([...new Set(values)], ['one', 'two'])
  })

  await t.test('fails with the other one: the broker stops, and others lead what it led', async () => {
    await cluster.until('all is in sync again', allInSync(cluster))
    breakDisk(cluster, '/a', '/b')
    for (const index of INDEXES) await cluster.during(client.produce('spread', index, [`last ${index}`], cluster.pause))
    await cluster.until('it gives up', () => cluster.seat(VICTIM).failure !== null)
    assert.match(cluster.seat(VICTIM).failure!.message, /EIO/)
    for (const index of INDEXES) assert.notEqual(cluster.image('spread', index)!.leader, VICTIM)
  })
})
