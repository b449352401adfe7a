import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailingDisk } from '../../test/support/failing-disk.ts'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID, valuesOf } from '../../test/support/log-world.ts'
import { LogDir } from './log-dir.ts'

const textOf = async (world: LogWorld, path: string) => Buffer.from((await world.disk.readAtomic(path))!).toString()

test('a new directory gets an identity once and keeps it', async () => {
  const world = new LogWorld()
  const first = await world.open({ clusterId: 'MkU3OEVBNTcwNTJENDM2Qg' })
  assert.equal(first.isNew, true)
  await first.close({ brokerEpoch: 3 })
  const before = await textOf(world, '/data/meta.properties')
  assert.match(before, /^cluster\.id=MkU3OEVBNTcwNTJENDM2Qg$/m)
  assert.match(before, /^version=1$/m)
  const second = await world.open()
  assert.deepEqual(
    [second.isNew, second.directoryId, second.clusterId, second.nodeId],
    [false, first.directoryId, first.clusterId, 1],
  )
  assert.equal(await textOf(world, '/data/meta.properties'), before)
})

test('a directory of another cluster, of another node or of another time is refused with what to do', async () => {
  const world = new LogWorld()
  await (await world.open()).close(null)
  await assert.rejects(world.open({ nodeId: 2 }), /belongs to node\.id 1, not 2: set node\.id=1/)
  await assert.rejects(world.open({ clusterId: 'MkU3OEVBNTcwNTJENDM2Qg' }), /belongs to cluster/)
  await world.disk.replaceAtomic('/data/meta.properties', Buffer.from('version=0\nbroker.id=1\ncluster.id=x\n'))
  await assert.rejects(world.open(), /ZooKeeper/)
})

test('a directory in use is refused, and free again after close', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  await assert.rejects(world.open(), { code: 'ELOCKED' })
  await dir.close(null)
  await (await world.open()).close(null)
})

test('the clean-shutdown marker tells the broker epoch once', async () => {
  const world = new LogWorld()
  const first = await world.open()
  assert.equal(first.cleanBrokerEpoch, null)
  await first.close({ brokerEpoch: 41 })
  assert.equal(await textOf(world, '/data/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":41}')
  const second = await world.open()
  assert.equal(second.cleanBrokerEpoch, 41)
  await world.crash()
  assert.equal((await world.open()).cleanBrokerEpoch, null)
})

test('partition.metadata is there before the log is, and the topic id comes back from it', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  await dir.createLog('my.topic-1', 12, TOPIC_ID, world.config)
  assert.equal(await textOf(world, '/data/my.topic-1-12/partition.metadata'), `version: 0\ntopic_id: ${TOPIC_ID}`)
  await world.crash()
  const log = (await world.open()).logs.get('my.topic-1-12')!
  assert.deepEqual([log.topic, log.partition, log.topicId, log.endOffset], ['my.topic-1', 12, TOPIC_ID, 0])
})

test('a clean stop leaves checkpoints that say how far everything is', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 5; i++) log.append(batchOf(['v']), i < 3 ? 1 : 2)
  log.highWatermark = 4
  await log.deleteBefore(2)
  await dir.close({ brokerEpoch: 1 })
  assert.equal(await textOf(world, '/data/recovery-point-offset-checkpoint'), '0\n1\nt 0 5\n')
  assert.equal(await textOf(world, '/data/log-start-offset-checkpoint'), '0\n1\nt 0 2\n')
  assert.equal(await textOf(world, '/data/replication-offset-checkpoint'), '0\n1\nt 0 4\n')
  assert.equal(await textOf(world, '/data/t-0/leader-epoch-checkpoint'), '0\n2\n1 2\n2 3\n')
  const again = (await world.open()).logs.get('t-0')!
  assert.deepEqual([again.startOffset, again.highWatermark, again.endOffset, again.recovered], [2, 4, 5, null])
})

test('a checkpoint that is damaged costs a check of everything, no data', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['v']), 0)
  await dir.close({ brokerEpoch: 1 })
  for (const name of ['recovery-point', 'log-start', 'replication']) {
    await world.disk.replaceAtomic(`/data/${name}-offset-checkpoint`, Buffer.from('0\n7\nnonsense'))
  }
  await world.disk.replaceAtomic('/data/t-0/leader-epoch-checkpoint', Buffer.from('\u0000\u0000'))
  assert.deepEqual(valuesOf(await readAll((await world.open()).logs.get('t-0')!)), ['v'])
})

test('a deleted log has another name at once and is gone after file.delete.delay.ms; one of the same name starts anew', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  log.append(batchOf(['old']), 0)
  await dir.checkpoint()
  await dir.deleteLog(log)
  assert.throws(() => log.append(batchOf(['late']), 0), { error: 'KAFKA_STORAGE_ERROR' })
  const names = async () => (await world.disk.list('/data')).filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
  assert.match((await names()).join(), /^t-0\.[0-9a-f]{32}-delete$/)
  const fresh = await dir.createLog('t', 0, TOPIC_ID, world.config)
  assert.equal(fresh.endOffset, 0)
  await world.clock.advance(60_000)
  await settle()
  assert.deepEqual(await names(), ['t-0'])
})

test('what a crash left of deleted logs is removed at the next start, strays never are', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  const [gone, strange] = [
    await dir.createLog('t', 0, TOPIC_ID, world.config),
    await dir.createLog('t', 1, TOPIC_ID, world.config),
  ]
  await dir.deleteLog(gone)
  await dir.strayLog(strange)
  await world.crash()
  const again = await world.open()
  await settle()
  const left = (await world.disk.list('/data')).filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
  assert.equal(left.length, 1)
  assert.match(left[0]!, /-stray$/)
  assert.equal(again.logs.size, 0)
})

test('nothing is written for a log without records, and little for one with some', async () => {
  const world = new LogWorld(logConfig())
  const dir = await world.open()
  await dir.createLog('t', 0, TOPIC_ID, world.config)
  const used = await dir.createLog('t', 1, TOPIC_ID, world.config)
  used.append(batchOf(['v']), 0)
  await settle()
  const names = async (partition: number) => (await world.disk.list(`/data/t-${partition}`)).map(({ name }) => name)
  assert.deepEqual([await names(0), await names(1)], [['partition.metadata'], ['00000000000000000000.log', 'partition.metadata']])
})

test('a truncation is believed after a crash, whatever the recovery point said before', async () => {
  const world = new LogWorld()
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  for (let i = 0; i < 10; i++) log.append(batchOf([`${i}`]), 1)
  await log.flushed()
  await dir.checkpoint()
  await log.truncate(4)
  assert.equal(await textOf(world, '/data/recovery-point-offset-checkpoint'), '0\n1\nt 0 4\n')
  await log.truncateFully(20)
  log.append(batchOf(['z']), 3)
  await settle()
  await world.crash()
  const again = (await world.open()).logs.get('t-0')!
  assert.deepEqual([again.startOffset, again.endOffset, again.latestEpoch], [20, 21, 3])
})

test('the empty checkpoints and lock that Apache Kafka leaves are nothing to warn of', async () => {
  const warnings: string[] = []
  const world = new LogWorld()
  const dir = await world.open()
  await dir.createLog('t', 0, TOPIC_ID, world.config)
  await dir.close({ brokerEpoch: 1 })
  const empty = ['recovery-point', 'log-start', 'replication', 'cleaner'].map((name) => `${name}-offset-checkpoint`)
  for (const name of [...empty, '.lock', 't-0/leader-epoch-checkpoint']) {
    await world.disk.replaceAtomic(`/data/${name}`, new Uint8Array(0))
  }
  const logger = { ...world.logger, warn: (text: string) => warnings.push(text), error: (text: string) => warnings.push(text) }
  const again = await LogDir.open({ ...world, logger }, '/data', { nodeId: 1, clusterId: null, config: world.config })
  assert.deepEqual([again.logs.size, warnings], [1, []])
})

test('logsAtOnce bounds how many logs are closed at the same time, and may be altered before that', async () => {
  const most: number[] = []
  for (const logsAtOnce of [1, 3]) {
    const world = new LogWorld()
    const disk = new FailingDisk(world.disk)
    world.disk = disk
    const dir = await world.open({ logsAtOnce: 2 })
    for (let partition = 0; partition < 6; partition++) {
      const log = await dir.createLog('t', partition, TOPIC_ID, world.config)
      log.append(batchOf(['v']), 0)
      await log.flushed()
    }
    dir.retune({ logsAtOnce, producerIdExpirationMs: 1000 })
    let now = 0
    let largest = 0
    disk.delayWhere((operation, path) => {
      if (operation !== 'replace' || !path.includes('/t-')) return null
      largest = Math.max(largest, ++now)
      return settle(2).then(() => void now--)
    })
    await dir.close({ brokerEpoch: 1 })
    most.push(largest)
  }
  assert.deepEqual(most, [1, 3])
})
