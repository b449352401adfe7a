// Disks that fail or stall under a running, starting or stopping broker: what is refused, what goes on, and that nobody waits for ever.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Clock } from '../../src/platform/clock.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import { nodePlatform } from '../../src/platform/node/platform.ts'
import { brokerOn, CountingClock } from '../support/broker-on-disk.ts'
import { FailingDisk } from '../support/failing-disk.ts'
import { committedOffsets, findCoordinator, GroupMember } from '../support/group-member.ts'
import { KafkaClient, valuesOf } from '../support/kafka-client.ts'
import { atEnd, clientFor, eventually } from '../support/running-broker.ts'

const TWO_DIRS = { 'log.dirs': '/a,/b', 'offsets.topic.num.partitions': '1' }
const METADATA_APART = { 'log.dirs': '/a', 'metadata.log.dir': '/m' }

const newDisk = () => new FailingDisk(memoryDisk(1 << 28))

async function namesIn(disk: FailingDisk, dir: string): Promise<string[]> {
  return (await disk.list(dir)).map(({ name }) => name)
}

/** Resolves with how long it took, in milliseconds; rejects after ten seconds. */
async function timed(what: string, work: Promise<unknown>): Promise<number> {
  const since = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within 10 s`)), 10_000)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
  return performance.now() - since
}

/** The groups and one partition of `both` lie in /b, which fails; the metadata, the other one and `safe` in /a. */
async function withFailedDir(t: TestContext) {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, TWO_DIRS)
  const client = await clientFor(t, broker)
  await findCoordinator(client, 'g')
  await client.createTopic('safe')
  await client.createTopic('both', { partitions: 2 })
  await client.produce('safe', ['before'])
  const member = new GroupMember(client, 'g')
  assert.equal(await member.commit('safe', 7), 'NONE')
  assert.match(`${await namesIn(disk, '/b')}`, /__consumer_offsets-0/)
  assert.match(`${await namesIn(disk, '/a')}`, /safe-0/)
  for (const dir of ['/a', '/b']) assert.match(`${await namesIn(disk, dir)}`, /both-\d/)
  disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/b/'))
  return { disk, broker, client, member }
}

test('groups whose directory fails are sent away, the commit that was under way too, and everything else goes on', async (t) => {
  const { disk, broker, client, member } = await withFailedDir(t)
  assert.equal(await member.commit('safe', 8), 'NOT_COORDINATOR')
  assert.equal(await member.join(), 'NOT_COORDINATOR')
  await timed('deleting a topic that had a replica there', client.deleteTopic('both'))
  assert.doesNotMatch(`${await namesIn(disk, '/a')}`, /both-\d(,|$)/)
  await timed('making it anew', client.createTopic('both', { partitions: 2 }))
  for (const partition of [0, 1]) assert.equal(await client.produce('both', ['new'], { partition }), 0)
  await client.produce('safe', ['after'])
  assert.deepEqual(valuesOf(await client.readAll('safe')), ['before', 'after'])
  await timed('close', broker.close())
})

test('a start on the mended disk finds what was acknowledged; the logs of the deleted topic are removed', async (t) => {
  const { disk, broker, client, member } = await withFailedDir(t)
  assert.equal(await member.commit('safe', 8), 'NOT_COORDINATOR')
  await client.deleteTopic('both')
  await broker.close()
  disk.failWhere(() => false)
  const again = await clientFor(t, await brokerOn(t, disk, TWO_DIRS))
  assert.deepEqual(valuesOf(await again.readAll('safe')), ['before'])
  // The commit that was refused may have reached the disk or not; the one before it must have.
  assert.ok([7, 8].includes((await committedOffsets(again, 'g'))['safe-0']!))
  assert.match(`${await namesIn(disk, '/b')}`, /both-[^,]*-delete/)
})

test('when the disk of the metadata fails, who waits for the controller is refused, and the broker says that it cannot go on', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, METADATA_APART)
  const client = await clientFor(t, broker)
  disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/m/'))
  await assert.rejects(client.createTopic('never'), /NOT_CONTROLLER/)
  await assert.rejects(client.createTopic('never either'), /NOT_CONTROLLER/)
  assert.match((await broker.failed).message, /i\/o error/)
  await timed('close', broker.close())
})

test('a broker says that it cannot go on when the next start can know why, however slow the disk is', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, METADATA_APART)
  const client = await clientFor(t, broker)
  const { open } = disk
  let answers = () => {}
  const answered = new Promise<void>((resolve) => (answers = resolve))
  disk.open = async (path, create) => {
    if (path === '/m/.odradek_flush_failed') await answered
    return open.call(disk, path, create)
  }
  disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/m/'))
  await assert.rejects(client.createTopic('never'), /NOT_CONTROLLER/)
  let hasFailed = false
  const failed = broker.failed.then(() => (hasFailed = true))
  await new Promise(setImmediate)
  assert.equal(hasFailed, false)
  answers()
  await failed
  assert.ok((await namesIn(disk, '/m')).includes('.odradek_flush_failed'))
})

test('a metadata disk that fails while the broker leaves does not hold it, and the other directories are closed cleanly', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, METADATA_APART)
  const client = await clientFor(t, broker)
  await client.createTopic('t')
  await client.produce('t', ['kept'])
  disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/m/'))
  await timed('close', broker.close())
  assert.ok((await namesIn(disk, '/a')).includes('.kafka_cleanshutdown'))
  disk.failWhere(() => false)
  const again = await clientFor(t, await brokerOn(t, disk, METADATA_APART))
  assert.deepEqual(valuesOf(await again.readAll('t')), ['kept'])
})

test('a directory that cannot be closed leaves no other one open, and close says what happened', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, TWO_DIRS)
  disk.failWhere((operation, path) => operation === 'replace' && path === '/a/.kafka_cleanshutdown')
  await assert.rejects(broker.close(), /i\/o error.*\/a\//)
  assert.ok((await namesIn(disk, '/b')).includes('.kafka_cleanshutdown'))
  await assert.rejects(KafkaClient.connect(broker.bootstrapServers), /ECONNREFUSED/)
  disk.failWhere(() => false)
  const again = await clientFor(t, await brokerOn(t, disk, TWO_DIRS)) // the locks are free
  await again.createTopic('t')
})

test('a stop does not wait for a chore before nobody can connect any more', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, { 'log.dirs': '/a', 'replica.high.watermark.checkpoint.interval.ms': '20' })
  let isHeld = false
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  atEnd(t, () => release())
  disk.delayWhere((operation, path) => {
    if (operation !== 'replace' || !path.endsWith('-checkpoint')) return null
    isHeld = true
    return released
  })
  await eventually('a chore is under way', () => isHeld)
  const closing = broker.close()
  await eventually('nobody can connect', () =>
    KafkaClient.connect(broker.bootstrapServers).then(
      (client) => client.close() !== undefined,
      () => true,
    ),
  )
  release()
  await timed('close', closing)
})

test('a start that fails when the groups are loaded already leaves no timer, no file and no port behind', async (t) => {
  const disk = newDisk()
  const first = await brokerOn(t, disk, METADATA_APART)
  const client = await clientFor(t, first)
  await findCoordinator(client, 'g')
  await client.createTopic('t')
  const member = new GroupMember(client, 'g')
  assert.equal(await member.join(), 'NONE')
  assert.equal(await member.sync({ [member.memberId]: 'all' }), 'all')
  await first.close()

  const { network, clock: realClock } = nodePlatform({ logger: silentLogger })
  const clock = new CountingClock(realClock)
  const listen: typeof network.listen = (address, accept) => {
    disk.failWhere((operation, path) => operation === 'flush' && path.startsWith('/m/'))
    return network.listen(address, accept)
  }
  const start = brokerOn(t, disk, METADATA_APART, { clock, network: { ...network, listen } })
  await timed('the start', assert.rejects(start, /disk of the metadata log failed/))
  assert.equal(clock.pending, 0)
  disk.failWhere(() => false)
  await brokerOn(t, disk, METADATA_APART)
})

test('a deletion that a stop came before is made up for by the next start; a log that nobody ever deleted is put aside', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, { 'log.dirs': '/a' })
  const client = await clientFor(t, broker)
  await client.createTopic('gone', { partitions: 3 })
  await client.produce('gone', ['x'])
  await client.createTopic('strange')
  disk.failWhere((operation, path) => operation === 'rename' && /gone-1/.test(path)) // the disk fails in the middle of it
  await timed('deleting', client.deleteTopic('gone'))
  await timed(
    'close',
    broker.close().catch(() => {}),
  )
  disk.failWhere(() => false)
  const file = await disk.open('/a/strange-0/partition.metadata')
  await file.truncate(0)
  await file.append([Buffer.from('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAZw')])
  await file.close()
  const names = async () =>
    (await namesIn(disk, '/a')).filter((name) => /^(gone|strange)/.test(name)).map((name) => name.replace(/\.[0-9a-f]+-/, '.-'))
  assert.ok((await names()).some((name) => /^gone-\d$/.test(name)))
  await brokerOn(t, disk, { 'log.dirs': '/a' })
  const left = await names()
  assert.ok(left.includes('strange-0.-stray'), `${left}`)
  assert.deepEqual(
    left.filter((name) => name.startsWith('gone') && !name.endsWith('-delete')),
    [],
  )
})

test('a disk that answers nothing any more does not hold a stop for ever: it says what was not closed, and closes the rest', async (t) => {
  const disk = newDisk()
  const { clock: realClock } = nodePlatform({ logger: silentLogger })
  let speed = 1
  const clock: Clock = {
    now: () => realClock.now(),
    monotonic: () => realClock.monotonic() * speed,
    after: (ms, run) => realClock.after(ms / speed, run),
    soon: (run) => realClock.soon(run),
  }
  const alive = setInterval(() => {}, 1000) // a real disk that hangs keeps the process alive
  atEnd(t, () => clearInterval(alive))
  const broker = await brokerOn(t, disk, TWO_DIRS, { clock })
  const client = await clientFor(t, broker)
  await client.createTopic('both', { partitions: 2 })
  for (const partition of [0, 1]) await client.produce('both', ['x'], { partition })
  disk.delayWhere((operation, path) => (operation === 'replace' && /^\/b\/both/.test(path) ? new Promise(() => {}) : null))
  speed = 200
  await assert.rejects(broker.close(), /nothing moved for \d+ s; not closed: \/b with \d+ logs \(.*both-\d.*stays locked/)
  assert.ok((await namesIn(disk, '/a')).includes('.kafka_cleanshutdown'))
  assert.ok(!(await namesIn(disk, '/b')).includes('.kafka_cleanshutdown'))
  await assert.rejects(KafkaClient.connect(broker.bootstrapServers), /ECONNREFUSED/)
})

test('a stop does not wait until a large topic is made, and the next start finishes it; a topic that was deleted is gone', async (t) => {
  const disk = newDisk()
  const broker = await brokerOn(t, disk, { 'log.dirs': '/a' })
  const client = await clientFor(t, broker)
  const logs = async () => (await namesIn(disk, '/a')).filter((name) => name.startsWith('large-'))
  const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 30))
  disk.delayWhere((operation) => (operation === 'mkdir' ? slow() : null))
  const making = client.createTopic('large', { partitions: 500 }).catch(() => {}) // told or cut off, as it comes
  await eventually('some of it is made', async () => (await logs()).length > 20)
  await timed('close', broker.close())
  await making
  assert.ok((await logs()).length < 250)

  disk.delayWhere(() => null)
  const second = await brokerOn(t, disk, { 'log.dirs': '/a' })
  const again = await clientFor(t, second)
  assert.equal(await again.produce('large', ['x'], { partition: 499 }), 0)
  disk.delayWhere((operation) => (operation === 'rename' ? slow() : null))
  const deleting = again.deleteTopic('large').catch(() => {})
  await eventually('the deletion begins', async () => (await logs()).some((name) => name.endsWith('-delete')))
  await timed('close', second.close())
  await deleting
  assert.deepEqual(
    (await logs()).filter((name) => !name.endsWith('-delete')),
    [],
  )
})
