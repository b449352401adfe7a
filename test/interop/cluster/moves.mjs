/** Replicas that move, with throttles, and leaders that are elected: kafka-reassign-partitions and kafka-leader-election. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { letterBatch } from '../lib/batch.mjs'
import { eventually } from '../lib/report.mjs'
import { api, Connection, produceBody, readProduced } from '../lib/wire.mjs'

/** 4 MB at this rate take longer than the tools need to look at it. */
const BATCHES = 40
const SLOW = 50_000
const FAST = 500_000_000
const SETTLED_MS = 60_000

export async function moves({ compared, workDir }) {
  const planned = (name, replicas) => {
    const file = join(workDir, `${name}.json`)
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: name, partition: 0, replicas }] }))
    return file
  }
  const reassign =
    (...words) =>
    (side) =>
      side.said('kafka-reassign-partitions', ...words)
  const describe = (topic) => (side) => side.said('kafka-topics', '--describe', '--topic', topic)

  await compared.each(async (side) => {
    await side.must('kafka-topics', '--create', '--topic', 'moves', '--replica-assignment', '1:2')
    await fill(side.cluster.nodes[0].address, 'moves')
  })
  await generate(compared, workDir)
  const away = planned('moves', [2, 3])
  await compared.test(
    'kafka-reassign-partitions --execute with a throttle',
    reassign('--execute', '--reassignment-json-file', away, '--throttle', SLOW),
  )
  await compared.test('kafka-reassign-partitions --list: it is under way', reassign('--list'))
  await compared.settles('kafka-topics --describe: replicas that come and go', describe('moves'))
  await compared.test(
    'kafka-reassign-partitions --verify: still in progress',
    reassign('--verify', '--preserve-throttles', '--reassignment-json-file', away),
  )
  const throttles = (entity, name) => (side) =>
    side.said('kafka-configs', '--describe', '--entity-type', entity, '--entity-name', name)
  await compared.test('kafka-configs: the throttle of a topic', throttles('topics', 'moves'))
  for (const id of ['1', '2', '3'])
    await compared.test(`kafka-configs: the throttle of broker ${id}`, throttles('brokers', id), { normal: lines })
  await compared.test(
    'kafka-reassign-partitions --execute refuses a second one',
    reassign('--execute', '--reassignment-json-file', planned('moves', [1, 3])),
    {
      // Which partition is named is the same; the list of what is under way is Java's.
    },
  )
  await compared.test('kafka-reassign-partitions --cancel', reassign('--cancel', '--reassignment-json-file', away))
  await compared.settles('kafka-topics --describe after --cancel', describe('moves'))
  await compared.test('kafka-configs after --cancel: no throttle', throttles('topics', 'moves'))
  await compared.test('kafka-reassign-partitions --execute, and --verify until it is done', async (side) => {
    const executed = await reassign('--execute', '--reassignment-json-file', away, '--throttle', FAST)(side)
    let verified
    await eventually(async () => {
      verified = await reassign('--verify', '--reassignment-json-file', away)(side)
      assert.match(verified, /Reassignment of partition moves-0 is completed/)
    }, SETTLED_MS)
    return executed + verified
  })
  await compared.settles('kafka-topics --describe after it', describe('moves'))
  await elections(compared, planned, reassign, describe)
}

async function generate(compared, workDir) {
  const topics = join(workDir, 'topics.json')
  writeFileSync(topics, JSON.stringify({ version: 1, topics: [{ topic: 'moves' }] }))
  await compared.test('kafka-reassign-partitions --generate', async (side) => {
    const text = await side.said(
      'kafka-reassign-partitions',
      '--generate',
      '--topics-to-move-json-file',
      topics,
      '--broker-list',
      '2,3',
    )
    const [current, proposed] = [...text.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line))
    assert.deepEqual(proposed.partitions[0].replicas.toSorted(), [2, 3], 'where it begins is chance')
    return JSON.stringify(current)
  })
}

async function elections(compared, planned, reassign, describe) {
  const elect = (type) => (side) =>
    side.said('kafka-leader-election', '--election-type', type, '--topic', 'elects', '--partition', '0')
  await compared.each(async (side) => {
    await side.must('kafka-topics', '--create', '--topic', 'elects', '--replica-assignment', '1:2:3')
    await untilAllHaveIt(side, 'elects')
  })
  const turned = planned('elects', [2, 1, 3])
  await compared.test(
    'kafka-reassign-partitions: only the order of replicas',
    reassign('--execute', '--reassignment-json-file', turned),
  )
  await compared.settles('kafka-topics --describe: the leader is not the preferred one', describe('elects'))
  await compared.test('kafka-leader-election preferred', elect('preferred'))
  await compared.settles('kafka-topics --describe: the preferred one leads', describe('elects'))
  await compared.test('kafka-leader-election preferred, where it leads', elect('preferred'))
  await compared.test('kafka-leader-election unclean, where somebody leads', elect('unclean'))
}

/** The only replica in sync is killed, then the other one comes back: nobody may lead, until a person says so. */
export async function uncleanElection({ compared }) {
  const describe = (side) => side.said('kafka-topics', '--describe', '--topic', 'unclean')
  const isrIs = (side, pattern) => eventually(async () => assert.match(await describe(side), pattern), SETTLED_MS)
  await compared.test(
    'without anybody in sync: nobody leads',
    async (side) => {
      const [one, two] = side.cluster.nodes
      await side.must(
        'kafka-topics',
        '--create',
        '--topic',
        'unclean',
        '--replica-assignment',
        '1:2',
        '--config',
        'min.insync.replicas=1',
      )
      await fill(one.address, 'unclean', 1)
      await isrIs(side, /Isr: 1,2/)
      await one.kill()
      await isrIs(side, /Leader: 2\s.*Isr: 2\s/)
      await fill(two.address, 'unclean', 1)
      await two.kill()
      await one.start()
      await isrIs(side, /Leader: none/)
      return describe(side)
    },
    { timeoutMs: 400_000 },
  )
  await compared.test('kafka-leader-election unclean', (side) =>
    side.said('kafka-leader-election', '--election-type', 'unclean', '--topic', 'unclean', '--partition', '0'),
  )
  await compared.settles('kafka-topics --describe: the one that was behind leads', describe)
  await compared.each((side) => side.cluster.nodes[1].start())
  await compared.settles('kafka-topics --describe: the other one follows it', describe)
}

/** Records of 100 KB batches at the leader, acknowledged by all in sync. */
async function fill(address, topic, batches = BATCHES) {
  const body = produceBody(topic, 0, letterBatch(100, 1000))
  const connection = await Connection.open(address)
  for (let i = 0; i < batches; i++)
    await eventually(async () => assert.equal(readProduced(await connection.ask(api.produce, 7, body)).error, 0))
  connection.close()
}

const lines = (text) => text.split('\n').sort().join('\n')

/** Until every broker tells of its replica: what kafka-reassign-partitions prints of directories depends on it. */
async function untilAllHaveIt(side, topic) {
  await eventually(async () => {
    const text = await side.said('kafka-log-dirs', '--describe', '--topic-list', topic)
    assert.equal(text.split(`"${topic}-0"`).length - 1, 3)
  })
}
