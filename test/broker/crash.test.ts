// kill -9 under load, and a start on what is left: every acknowledged record is there exactly once.

import assert from 'node:assert/strict'
import { appendFile, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CrashLoad } from '../support/crash-load.ts'
import { committedOffsets, findCoordinator, GroupMember } from '../support/group-member.ts'
import { batchOf, KafkaClient, valuesOf } from '../support/kafka-client.ts'
import { brokerFor, brokerProcess, clientFor, eventually, keptLog, tempDir } from '../support/running-broker.ts'

const PARTITIONS = [0, 1, 2]

test('three times killed under load, with every record acknowledged by all there exactly once and in order', async (t) => {
  const dataDir = await tempDir(t)
  const loads = PARTITIONS.map((partition) => new CrashLoad('load', partition))
  for (let round = 0; round < 3; round++) {
    const broker = await brokerProcess(t, dataDir)
    const client = await KafkaClient.connect(broker.bootstrapServers)
    // Segments of 1 MiB would never be full here: time closes them, so that a kill may come in between.
    if (round === 0) await client.createTopic('load', { partitions: PARTITIONS.length, configs: { 'segment.ms': '100' } })
    else for (const load of loads) assert.deepEqual(load.complaints(await recordsOf(client, load)), [])
    client.close()
    const before = count(loads)
    await Promise.all(loads.map((load) => load.start(broker.bootstrapServers)))
    await eventually('the load runs', () => count(loads) > before + 600)
    broker.child.kill('SIGKILL')
    await broker.ended
    await Promise.all(loads.map((load) => load.ended()))
  }
  const broker = await brokerFor(t, { dataDir })
  const client = await clientFor(t, broker)
  await Promise.all(loads.map((load) => load.start(broker.bootstrapServers)))
  const before = count(loads)
  await eventually('what was under way is answered, and more', () => count(loads) > before + 100)
  await Promise.all(loads.map((load) => load.stop()))
  for (const load of loads) assert.deepEqual(load.complaints(await recordsOf(client, load)), [])
})

test('half a batch at the end of a log is cut off with a line in the log, and the log goes on behind the last whole one', async (t) => {
  const dataDir = await killedAfter(t, async (client) => {
    await client.createTopic('torn')
    for (let i = 0; i < 20; i++) await client.produce('torn', [`${i}`])
  })
  const path = await activeSegment(dataDir, 'torn-0')
  await appendFile(path, batchOf(['half of it never came'], { baseOffset: 20 }).subarray(0, 70))
  const whole = await stat(path)
  const { logger, lines } = keptLog()
  const client = await clientFor(t, await brokerFor(t, { dataDir, logger }))
  assert.deepEqual(
    valuesOf(await client.readAll('torn')),
    Array.from({ length: 20 }, (_, i) => `${i}`),
  )
  assert.equal((await stat(path)).size, whole.size - 70)
  assert.ok(
    lines.some(({ message, facts }) => /torn-0/.test(message + JSON.stringify(facts))),
    JSON.stringify(lines),
  )
  assert.equal(await client.produce('torn', ['next']), 20)
})

test('bytes lost from the end of a log take their batch with them and no other', async (t) => {
  const dataDir = await killedAfter(t, async (client) => {
    await client.createTopic('short')
    for (let i = 0; i < 20; i++) await client.produce('short', [`${i}`, `${i}`])
  })
  const path = await activeSegment(dataDir, 'short-0')
  await truncate(path, (await stat(path)).size - 5)
  const client = await clientFor(t, await brokerFor(t, { dataDir }))
  const records = await client.readAll('short')
  assert.deepEqual([records.length, records.at(-1)!.value], [38, '18'])
  assert.equal(await client.produce('short', ['next']), 38)
  assert.equal((await client.fetch('short', 0, 38)).highWatermark, 39)
})

test('indexes, producer snapshots and checkpoints may all be lost: they are made again from the logs', async (t) => {
  const load = new CrashLoad('bare', 0)
  const dataDir = await killedAfter(t, async (client, bootstrapServers) => {
    await client.createTopic('bare', { configs: { 'segment.ms': '50' } })
    await load.start(bootstrapServers)
    await eventually('a few segments are full', async () => load.acknowledged.size > 1000)
  })
  await load.ended()
  const segments = (await readdir(join(dataDir, 'bare-0'))).filter((name) => name.endsWith('.log'))
  assert.ok(segments.length > 1, `${segments.length} segments`)
  for (const name of await readdir(join(dataDir, 'bare-0'))) {
    if (!/\.(log|metadata)$/.test(name)) await rm(join(dataDir, 'bare-0', name))
  }
  for (const name of await readdir(dataDir)) if (name.endsWith('-checkpoint')) await rm(join(dataDir, name))
  const broker = await brokerFor(t, { dataDir })
  const client = await clientFor(t, broker)
  assert.deepEqual(load.complaints(await recordsOf(client, load)), [])
  await load.start(broker.bootstrapServers)
  const before = load.acknowledged.size
  await eventually('the producer goes on where it was', () => load.acknowledged.size > before + 100)
  await load.stop()
  assert.deepEqual(load.complaints(await recordsOf(client, load)), [])
})

test('topics, configurations and committed offsets that were acknowledged survive a kill', async (t) => {
  const dataDir = await killedAfter(t, async (client) => {
    for (let i = 0; i < 10; i++) await client.createTopic(`topic-${i}`, { partitions: 2 })
    await client.deleteTopic('topic-3')
    await client.alterConfigs('topic', 'topic-5', { 'max.message.bytes': '200' })
    await findCoordinator(client, 'g')
    const member = new GroupMember(client, 'g')
    for (let offset = 0; offset < 50; offset++) assert.equal(await member.commit('topic-1', offset), 'NONE')
  })
  const client = await clientFor(t, await brokerFor(t, { dataDir }))
  await assert.rejects(client.createTopic('topic-9'), /TOPIC_ALREADY_EXISTS/)
  await client.createTopic('topic-3')
  await assert.rejects(client.produce('topic-5', ['x'.repeat(300)]), /MESSAGE_TOO_LARGE/)
  assert.deepEqual(await committedOffsets(client, 'g'), { 'topic-1-0': 49 })
})

test('half a write at the end of every internal log, too, is cut off at the next start', async (t) => {
  const dataDir = await killedAfter(t, async (client) => {
    await client.createTopic('before')
    await findCoordinator(client, 'g')
    assert.equal(await new GroupMember(client, 'g').commit('before', 7), 'NONE')
  })
  const internal = (await readdir(dataDir)).filter((name) => /^__.*-\d+$/.test(name))
  assert.equal(internal.length, 1 + 4)
  for (const name of internal) await appendFile(await activeSegment(dataDir, name), Buffer.alloc(100, 1))
  const broker = await brokerFor(t, { dataDir })
  const client = await clientFor(t, broker)
  await client.createTopic('after')
  assert.deepEqual(await committedOffsets(client, 'g'), { 'before-0': 7 })
  assert.equal(await new GroupMember(client, 'g').commit('after', 8), 'NONE')
  await broker.close()
  const again = await clientFor(t, await brokerFor(t, { dataDir }))
  assert.deepEqual(await committedOffsets(again, 'g'), { 'before-0': 7, 'after-0': 8 })
})

function count(loads: readonly CrashLoad[]): number {
  return loads.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
}

function recordsOf(client: KafkaClient, { topic, partition }: CrashLoad) {
  return client.readAll(topic, { partition })
}

/** The directory of a broker that was killed when `work` was done. */
async function killedAfter(
  t: TestContext,
  work: (client: KafkaClient, bootstrapServers: string) => Promise<void>,
): Promise<string> {
  const dataDir = await tempDir(t)
  const broker = await brokerProcess(t, dataDir)
  const client = await KafkaClient.connect(broker.bootstrapServers)
  await work(client, broker.bootstrapServers)
  broker.child.kill('SIGKILL')
  await broker.ended
  client.close()
  return dataDir
}

async function activeSegment(dataDir: string, partition: string): Promise<string> {
  const names = (await readdir(join(dataDir, partition))).filter((name) => name.endsWith('.log')).sort()
  return join(dataDir, partition, names.at(-1) ?? '00000000000000000000.log')
}
