/** Directories formatted by one and used by the other: kafka-storage of Apache, `odradek storage` of ours, and three nodes on either. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeFiles, startFromFiles, storageTool } from '../lib/clusters.mjs'
import { kafkaAt, readAll } from './clerks.mjs'

export const CLUSTER_ID = 'b2RyYWRlay1qdWRnZXMtMw'
/** As people make them by random-uuid: any 16 bytes. */
const DIRECTORY_IDS = ['JEXY6aqzQY-32P5TStzaFg', 'MvDxzVmcRsaTz33bUuRU6A', '07R5amHmR32VDA6jHkGbTA']

/** Formats three nodes whose files name their voters. */
export async function formatWithVoters(kind, files, libs) {
  for (const { file } of files) await storageTool(kind, ['format', '-t', CLUSTER_ID, '-c', file], libs)
}

async function formatWithInitialControllers(kind, files, libs) {
  const voters = files.map(({ id, controller }, at) => `${id}@${controller}:${DIRECTORY_IDS[at]}`).join(',')
  for (const { file } of files)
    await storageTool(kind, ['format', '-t', CLUSTER_ID, '-c', file, '--initial-controllers', voters], libs)
}

export async function storage({ report, runner, libs, workDir }) {
  const apache = await nodeFiles({ dir: join(workDir, 'by-apache'), quorum: 'bootstrap' })
  const ours = await nodeFiles({ dir: join(workDir, 'by-ours'), quorum: 'bootstrap' })
  const test = (name, body) => report.test(name, body, { timeoutMs: 240_000 })
  await test('kafka-storage format --initial-controllers: the same files and records from both', async () => {
    await formatWithInitialControllers('apache', apache, libs)
    await formatWithInitialControllers('ours', ours, libs)
    for (const [at, { dataDir }] of apache.entries()) await sameFiles(runner, dataDir, ours[at].dataDir, [apache, ours])
  })
  await test('kafka-storage info: the same words from both', async () => {
    const info = async (kind) => (await storageTool(kind, ['info', '-c', apache[0].file], libs)).stdout.trim()
    assert.equal(await info('ours'), await info('apache'))
  })
  await test('kafka-storage format refuses a formatted directory in the same words', async () => {
    const refused = async (kind) => {
      const args = [
        'format',
        '-t',
        CLUSTER_ID,
        '-c',
        apache[0].file,
        '--initial-controllers',
        `1@${apache[0].controller}:${DIRECTORY_IDS[0]}`,
      ]
      const why = await storageTool(kind, args, libs).then(
        () => assert.fail('it formatted'),
        ({ message }) => message,
      )
      return /Log directory .* is already formatted[^\n]*/.exec(why)?.[0] ?? why
    }
    assert.equal(await refused('ours'), await refused('apache'))
  })
  await test("our three nodes start on what Apache's tool formatted, and theirs on what ours left there", () =>
    hands(apache, libs, ['ours', 'apache', 'ours']))
  await test("Apache's three nodes start on what our tool formatted", () => hands(ours, libs, ['apache', 'ours']))
}

async function sameFiles(runner, real, mine, [apache, ours]) {
  const properties = (dir) =>
    readFileSync(join(dir, 'meta.properties'), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .sort()
  assert.deepEqual(properties(mine), properties(real))
  for (const name of ['bootstrap.checkpoint', '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint']) {
    assert.equal(existsSync(join(mine, name)), existsSync(join(real, name)), name)
    assert.equal(await records(runner, join(mine, name), ours), await records(runner, join(real, name), apache), name)
  }
}

/** What the dump tool says of the file, but for times, sizes and checksums. */
async function records(runner, file, files) {
  const output = await runner.must('kafka-dump-log', ['--files', file, '--cluster-metadata-decoder', '--deep-iteration'])
  let text = output
    .replace(/^Dumping .*$/gm, '')
    .replaceAll(/(CreateTime|crc|size|position|lastContainedLogTimestamp"?|sizeInBytes|valuesize): ?-?\d+/gi, '$1')
  for (const { id, controller } of files) text = text.replaceAll(controller.split(':')[1], `PORT-${id}`)
  return text.replaceAll(/"lastContainedLogTimestamp":\d+/g, '').trim()
}

/** One after the other has the directories of three nodes; each finds what those before it left, and leaves something. */
async function hands(files, libs, owners) {
  const expected = []
  for (const [turn, kind] of owners.entries()) {
    const cluster = await startFromFiles(kind, files, libs)
    try {
      const kafka = kafkaAt(cluster.bootstrap)
      const admin = kafka.admin()
      await admin.connect()
      if (turn === 0)
        await admin.createTopics({
          topics: [
            {
              topic: 'handed',
              numPartitions: 3,
              replicationFactor: 3,
              configEntries: [{ name: 'retention.ms', value: '7200000' }],
            },
          ],
          waitForLeaders: true,
        })
      const producer = kafka.producer()
      await producer.connect()
      const values = Array.from({ length: 300 }, (_, i) => `${kind} ${turn} ${i}`)
      await producer.send({ topic: 'handed', acks: -1, messages: values.map((value, i) => ({ partition: i % 3, value })) })
      await producer.disconnect()
      expected.push(...values)
      await admin.setOffsets({ groupId: 'handed', topic: 'handed', partitions: [{ partition: 0, offset: String(turn + 1) }] })
      // This producer is not idempotent: what it had to send again may be there twice.
      const found = new Set([...(await readAll(cluster.bootstrap, 'handed')).values()].flat())
      assert.deepEqual([...found].sort(), expected.toSorted(), `what ${kind} reads`)
      const [{ partitions }] = await admin.fetchOffsets({ groupId: 'handed', topics: ['handed'] })
      assert.equal(partitions.find(({ partition }) => partition === 0).offset, String(turn + 1))
      const { topics } = await admin.fetchTopicMetadata({ topics: ['handed'] })
      for (const { replicas, isr } of topics[0].partitions) assert.deepEqual([replicas.length, isr.length], [3, 3])
      await admin.disconnect()
    } catch (error) {
      throw new Error(`turn ${turn + 1}, ${kind}: ${error.message}`, { cause: error })
    } finally {
      await cluster.stop()
    }
  }
}
