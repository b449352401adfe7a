// Replicas that are put into another log directory of their broker while they lead or follow (AlterReplicaLogDirs). Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimInode } from '../../src/platform/sim/inode.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from '../../src/protocol/messages/alter-replica-log-dirs.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/protocol/messages/delete-topics.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../src/protocol/messages/describe-log-dirs.ts'
import { batchOf } from '../support/kafka-client.ts'
import { VirtualCluster } from '../support/virtual-cluster.ts'

const RATE = 'replica.alter.log.dirs.io.max.bytes.per.second'
const RECORDS = 30
const VALUE = 'x'.repeat(2000)

const otherThan = (dir: string) => (dir === '/a' ? '/b' : '/a')

/** So many bytes a second, on each broker. */
async function throttle(cluster: VirtualCluster, rate: number): Promise<void> {
  for (const { id, server } of cluster.seats) {
    const client = await cluster.during(cluster.client.at(server))
    const { errorCode } = await cluster.during(client.alterConfigs('broker', `${id}`, { [RATE]: `${rate}` }))
    assert.equal(errorName(errorCode), 'NONE')
  }
}

const dirOf = (cluster: VirtualCluster, id: number) =>
  cluster.seat(id).broker!.rooms.replicas.dirOf(cluster.replica(id, 't')!)!.path

async function alter(cluster: VirtualCluster, id: number, path: string, topic = 't', index = 0): Promise<string> {
  const client = await cluster.during(cluster.client.at(cluster.seat(id).server))
  const dirs = [{ path, topics: [{ name: topic, partitions: [index] }] }]
  const { results } = await cluster.during(client.call(AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, 2, { dirs }))
  return errorName(results[0]!.partitions[0]!.errorCode)
}

/** What DescribeLogDirs says of the partition, by directory. */
async function described(cluster: VirtualCluster, id: number) {
  const client = await cluster.during(cluster.client.at(cluster.seat(id).server))
  const { results } = await cluster.during(client.call(DescribeLogDirsRequest, DescribeLogDirsResponse, 4, { topics: null }))
  return results.flatMap(({ logDir, topics }) =>
    topics
      .filter(({ name }) => name === 't')
      .map(({ partitions: [one] }) => ({ logDir, isFuture: one!.isFutureKey, lag: one!.offsetLag })),
  )
}

function bytesIn(cluster: VirtualCluster, id: number, dir: string): Buffer {
  const seat = cluster.seat(id)
  const files = seat.names(`${dir}/t-0`, /\.log$/).map((name) => seat.machine.device.find(`${dir}/t-0/${name}`))
  return Buffer.concat(files.map((file) => (file instanceof SimInode ? file.bytes : Buffer.alloc(0))))
}

const futures = (cluster: VirtualCluster, id: number) => ['/a', '/b'].flatMap((dir) => cluster.seat(id).names(dir, /-future$/))

/** Whether the controller counts the replica to the directory where it lies. */
function isTold(cluster: VirtualCluster, id: number): boolean {
  const { replicas, directories } = cluster.image('t')!
  return directories[replicas.indexOf(id)] === directoryIdOf(cluster, id, dirOf(cluster, id))
}

const directoryIdOf = (cluster: VirtualCluster, id: number, path: string) =>
  cluster.seat(id).broker!.rooms.replicas.logDirs.find((dir) => dir.path === path)!.directoryId

async function allIsThere(cluster: VirtualCluster, count: number): Promise<void> {
  const records = await cluster.during(cluster.client.readAll('t', 0))
  const numbers = [...new Set(records.map(({ value }) => Number.parseInt(value!, 10)))]
  assert.deepEqual(numbers, [...Array(count).keys()])
}

type Moment = (cluster: VirtualCluster, from: string) => boolean

const moments: readonly (readonly [string, Moment])[] = [
  ['the copy has begun', (cluster) => futures(cluster, 1).length > 0],
  [
    'some of it is there',
    (cluster, from) => cluster.seat(1).names(`${otherThan(from)}/${futures(cluster, 1)[0]}`, /\.log$/).length >= 3,
  ],
  [
    'the controller was told',
    (cluster, from) => {
      const { replicas, directories } = cluster.image('t')!
      return futures(cluster, 1).length > 0 && directories[replicas.indexOf(1)] !== directoryIdOf(cluster, 1, from)
    },
  ],
  [
    'the log has gone and the copy has not taken its place',
    (cluster, from) => cluster.seat(1).names(from, /^t-0$/).length === 0 && futures(cluster, 1).length > 0,
  ],
  ['it is where it goes', (cluster, from) => cluster.seat(1).names(otherThan(from), /^t-0$/).length > 0],
]

test('replicas go from one log directory into another', async (t) => {
  const cluster = await VirtualCluster.start({ seed: 71, config: { 'log.dirs': '/a,/b' } })
  await cluster.during(cluster.client.createTopicOn('t', [[1, 2, 3]], { 'internal.segment.bytes': '7000' }))
  for (let i = 0; i < RECORDS; i++) await cluster.during(cluster.client.produce('t', 0, [`${i} ${VALUE}`], cluster.pause))
  const allInSync = cluster.inSync('t', 0, 1, 2, 3)
  await cluster.until('all are in sync', allInSync)
  let count = RECORDS
  const produceOne = async () => {
    await cluster.during(cluster.client.produce('t', 0, [`${count} ${VALUE}`], cluster.pause))
    count++
  }

  for (const [id, who] of [
    [1, 'leader'],
    [2, 'follower'],
  ] as const) {
    await t.test(`that of the ${who} under load: slowly, in sync all the time, and no request fails`, async () => {
      await throttle(cluster, 20_000)
      const before = cluster.image('t')!
      const from = dirOf(cluster, id)
      const to = otherThan(from)
      assert.equal(await alter(cluster, id, to), 'NONE')
      const since = cluster.world.events.now
      await cluster.pass(500)
      const onTheWay = await described(cluster, id)
      assert.deepEqual(
        onTheWay.map(({ logDir, isFuture }) => ({ logDir, isFuture })).sort((one, two) => (one.logDir < two.logDir ? -1 : 1)),
        ['/a', '/b'].map((logDir) => ({ logDir, isFuture: logDir === to })),
      )
      assert.ok(onTheWay.find(({ isFuture }) => isFuture)!.lag > 0)
      assert.match(futures(cluster, id).join(), /^t-0\.[0-9a-f]{32}-future$/)
      assert.equal(await alter(cluster, id, to), 'NONE', 'it goes there already')

      const leader = (await cluster.during(cluster.client.leader('t', 0)))!
      while (dirOf(cluster, id) === from) {
        const answer = await cluster.during(leader.send('t', 0, batchOf([{ value: `${count} short`, timestamp: 0 }])))
        assert.equal(errorName(answer.errorCode), 'NONE', `record ${count}`)
        count++
        await cluster.pass(100)
        assert.deepEqual([...cluster.image('t')!.isr].sort(), [1, 2, 3])
        assert.ok(count < 500, `it arrives\n${cluster.lastLines}`)
      }
      const tookMs = cluster.world.events.now - since
      assert.ok(tookMs > 1500, `${tookMs} ms for 60 KB at 20 KB/s`)
      await cluster.until('the controller knows', () => isTold(cluster, id))
      assert.equal(cluster.image('t')!.leaderEpoch, before.leaderEpoch, 'nobody else led')
      assert.deepEqual(await described(cluster, id), [{ logDir: to, isFuture: false, lag: 0 }])
      assert.deepEqual(cluster.seat(id).names(from, /^t-0$/), [])
      await produceOne()
      await cluster.until('all have it', () => [1, 2, 3].every((each) => cluster.replica(each, 't')!.endOffset === count))
      const copies = [1, 2, 3].map((each) => bytesIn(cluster, each, dirOf(cluster, each)))
      assert.ok(copies.every((copy) => copy.equals(copies[0]!)))
      await allIsThere(cluster, count)
    })
  }

  await t.test('or do not: one that is turned round leaves nothing behind, and what cannot be is refused', async () => {
    const from = dirOf(cluster, 3)
    assert.equal(await alter(cluster, 3, otherThan(from)), 'NONE')
    await cluster.pass(300)
    assert.equal(futures(cluster, 3).length, 1)
    assert.equal(await alter(cluster, 3, from), 'NONE')
    assert.deepEqual([futures(cluster, 3), dirOf(cluster, 3)], [[], from])
    assert.equal(await alter(cluster, 3, from), 'NONE', 'it lies there')
    assert.deepEqual(futures(cluster, 3), [])
    assert.equal(await alter(cluster, 3, '/nowhere'), 'LOG_DIR_NOT_FOUND')
    assert.equal(await alter(cluster, 3, 'a'), 'LOG_DIR_NOT_FOUND')
    assert.equal(await alter(cluster, 3, '/b', 'unknown'), 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(await alter(cluster, 3, '/b', 't', 9), 'UNKNOWN_TOPIC_OR_PARTITION')
    await cluster.during(cluster.client.createTopicOn('apart', [[1]]))
    assert.equal(await alter(cluster, 3, '/b', 'apart'), 'REPLICA_NOT_AVAILABLE')
  })

  for (const [at, [when, moment]] of moments.entries()) {
    const isStop = at % 2 === 1
    await t.test(`through a ${isStop ? 'stop' : 'power cut'} when ${when}: the next start goes on with it`, async () => {
      await throttle(cluster, 1_000_000_000)
      const from = dirOf(cluster, 1)
      const to = otherThan(from)
      assert.equal(await alter(cluster, 1, to), 'NONE')
      await cluster.until(when, () => moment(cluster, from))
      if (isStop) await cluster.stop(1)
      else cluster.powerCut(1)
      await cluster.until('somebody else leads', () => cluster.image('t')!.leader > 1)
      await produceOne()
      cluster.start(1)
      await cluster.until('it serves', cluster.serving(1))
      await cluster.until('it has arrived', () => dirOf(cluster, 1) === to && futures(cluster, 1).length === 0)
      await cluster.until('it is in sync', allInSync)
      await cluster.until('it has all', () => bytesIn(cluster, 1, to).equals(bytesIn(cluster, 2, dirOf(cluster, 2))))
      await cluster.until('the controller knows', () => isTold(cluster, 1))
      assert.deepEqual(cluster.seat(1).names(from, /^t-0$/), [])
      await allIsThere(cluster, count)
    })
  }

  await t.test('and nowhere when their topic is deleted, or the disk fails that they should go to', async () => {
    await throttle(cluster, 20_000)
    assert.equal(dirOf(cluster, 2), '/a', 'the metadata lies there as well, which must not fail')
    cluster.seat(2).machine.device.weather.brokenPaths = ['/b']
    assert.equal(await alter(cluster, 2, '/b'), 'KAFKA_STORAGE_ERROR')
    assert.equal(dirOf(cluster, 2), '/a')
    assert.equal(await alter(cluster, 3, otherThan(dirOf(cluster, 3))), 'NONE')
    await cluster.pass(300)
    assert.equal(futures(cluster, 3).length, 1)
    const client = await cluster.during(cluster.client.at(cluster.seat(1).server))
    const body = { topics: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], timeoutMs: 5000 }
    await cluster.during(client.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body))
    await cluster.until('nothing is left of it', () => cluster.replica(3, 't') === undefined && futures(cluster, 3).length === 0)
  })
})
