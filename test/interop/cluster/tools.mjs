/** Apache's tools on three brokers: topics, quorum, features, directories, configurations, versions. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'

/** A topic whose leaders are 1, 2 and 3, another that takes the cluster's defaults. */
const PLACED = ['--topic', 'placed', '--replica-assignment', '1:2:3,2:3:1,3:1:2']

export async function tools({ compared }) {
  const describe = (topic) => (side) => side.said('kafka-topics', '--describe', '--topic', topic)
  await compared.test('kafka-topics --create with places for replicas', (side) =>
    side.said('kafka-topics', '--create', ...PLACED),
  )
  await compared.settles('kafka-topics --describe: leaders and in-sync replicas', describe('placed'))
  await compared.test('kafka-topics --create takes three replicas where nothing is said', async (side) => {
    const created = await side.said('kafka-topics', '--create', '--topic', 'plain', '--partitions', '6')
    const described = await eventually(async () => {
      const text = await describe('plain')(side)
      assert.equal([...text.matchAll(/Leader: [123]\s+Replicas: [123],[123],[123]\s+Isr: [123],[123],[123]/g)].length, 6)
      return text
    })
    const leaders = [...described.matchAll(/Leader: (\d)/g)].map(([, id]) => id)
    assert.deepEqual(
      [1, 2, 3].map((id) => leaders.filter((leader) => leader === String(id)).length),
      [2, 2, 2],
      'two led by each',
    )
    return created + described.split('\n')[0]
  })
  for (const what of [
    '--under-replicated-partitions',
    '--under-min-isr-partitions',
    '--at-min-isr-partitions',
    '--unavailable-partitions',
  ])
    await compared.test(`kafka-topics --describe ${what}: none`, (side) => side.said('kafka-topics', '--describe', what))
  await compared.test('kafka-topics --create refuses more replicas than brokers', (side) =>
    side.said('kafka-topics', '--create', '--topic', 'four', '--replication-factor', '4'),
  )
  await compared.test('kafka-topics --create refuses places where nobody is', (side) =>
    side.said('kafka-topics', '--create', '--topic', 'nowhere', '--replica-assignment', '1:2:4'),
  )
  await compared.test('kafka-topics --alter adds partitions where it is told to', async (side) => {
    const altered = await side.said(
      'kafka-topics',
      '--alter',
      '--topic',
      'placed',
      '--partitions',
      '4',
      '--replica-assignment',
      '1:2:3,2:3:1,3:1:2,3:2:1',
    )
    return altered
  })
  await compared.settles('kafka-topics --describe after --alter', describe('placed'))
  await quorum(compared)
  await configs(compared)

  await compared.test('kafka-features describe', (side) => side.said('kafka-features', 'describe'), {
    // Which older levels a build could take a cluster back to is its own business.
    normal: (text) =>
      text.replaceAll(/Epoch: \d+/g, 'Epoch: N').replaceAll(/SupportedMinVersion: \S+/g, 'SupportedMinVersion: V'),
  })
  await compared.test(
    'kafka-log-dirs --describe: each replica in the directory of its broker',
    (side) => side.said('kafka-log-dirs', '--describe', '--topic-list', 'placed,plain', '--broker-list', '1,2,3'),
    { normal: directories },
  )
  await compared.test('kafka-broker-api-versions: every broker', (side) => side.said('kafka-broker-api-versions'), {
    normal: (text) =>
      [...text.matchAll(/^BROKER-\d \(.*\) -> \($/gm)]
        .map(([line]) => line)
        .sort()
        .join('\n'),
  })
}

async function quorum(compared) {
  await compared.test(
    'kafka-metadata-quorum describe --status',
    (side) => onceFollowed(() => side.said('kafka-metadata-quorum', 'describe', '--status')),
    {
      normal: (text) =>
        text
          .replaceAll(/(LeaderId): [123]$/gm, '$1: ONE')
          .replaceAll(/(LeaderEpoch|HighWatermark|MaxFollowerLag|MaxFollowerLagTimeMs): \d+$/gm, '$1: N'),
    },
  )
  await compared.test(
    'kafka-metadata-quorum describe --replication',
    (side) => side.said('kafka-metadata-quorum', 'describe', '--replication'),
    { normal: replicationRows },
  )
  await compared.test(
    'kafka-metadata-quorum describe --replication --human-readable',
    (side) => side.said('kafka-metadata-quorum', 'describe', '--replication', '--human-readable'),
    { normal: (text) => replicationRows(text.replaceAll(/\d+ ms ago/g, '0')) },
  )
}

/** What `ask` says when every follower has had all of the leader's log once: the lag in time is -1 before, for either of the two. */
async function onceFollowed(ask) {
  for (let attempt = 0; ; attempt++) {
    const said = await ask()
    if (attempt === 20 || !/MaxFollowerLagTimeMs: -1$/m.test(said)) return said
    await new Promise((resume) => setTimeout(resume, 500))
  }
}

/** Who leads, and how far everybody is, differs; who is there as what does not. */
function replicationRows(text) {
  const [head, ...rows] = text.split('\n')
  const cells = rows.map((row) => row.split(' '))
  const zero = 'A'.repeat(22)
  return [
    head,
    cells.map(([id, directory]) => `${id} ${directory === zero ? 'none' : 'directory'}`).sort(),
    cells.map((row) => row.at(-1)).sort(),
    cells.map((row) => row.slice(2, -1).every((cell) => /^\d+$/.test(cell))),
  ].join('\n')
}

async function configs(compared) {
  const one = ['--entity-type', 'brokers', '--entity-name', '2']
  const every = ['--entity-type', 'brokers', '--entity-default']
  const said =
    (...words) =>
    (side) =>
      side.said('kafka-configs', ...words)
  const again = (...words) => ({ again: said('--describe', ...words), normal: sorted })
  await compared.test(
    'kafka-configs of one broker: altered and described',
    said('--alter', ...one, '--add-config', 'log.cleaner.threads=2'),
    again(...one),
  )
  await compared.test(
    'kafka-configs of all brokers: altered and described',
    said('--alter', ...every, '--add-config', 'log.retention.ms=172800000'),
    again(...every),
  )
  await compared.test(
    'kafka-configs of all brokers reach the topics',
    said('--describe', '--entity-type', 'topics', '--entity-name', 'placed'),
    {
      ...again('--all', '--entity-type', 'topics', '--entity-name', 'placed'),
      normal: (text) =>
        sorted(
          text
            .replaceAll(/, STATIC_BROKER_CONFIG:[^,}]*/g, '')
            .replaceAll(/ synonyms=\{STATIC_BROKER_CONFIG:[^,}]*, /g, ' synonyms={'),
        ),
    },
  )
  await compared.test(
    'kafka-configs of one broker: removed',
    said('--alter', ...one, '--delete-config', 'log.cleaner.threads'),
    again(...one),
  )
  await compared.test(
    'kafka-configs of all brokers: removed',
    said('--alter', ...every, '--delete-config', 'log.retention.ms'),
    again(...every),
  )
  await compared.test(
    'kafka-configs refuses what a broker does not take while it runs',
    said('--alter', ...one, '--add-config', 'node.id=7'),
    // Ours says it in other words, and what to do.
    {
      normal: (text) =>
        [text.split('\n')[0], ...(/errors\.\w+Exception/.exec(text) ?? ['no exception']), text.includes('node.id')].join(),
    },
  )
}

const sorted = (text) => text.split('\n').sort().join('\n')

function directories(text) {
  const found = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  const plain = found.brokers.map(({ broker, logDirs }) => ({
    broker,
    logDirs: logDirs.map((dir) => ({
      ...dir,
      partitions: dir.partitions
        // Where the placer put those of `plain` is its own choice.
        .filter(({ partition }) => partition.startsWith('placed-'))
        .sort((a, b) => (a.partition < b.partition ? -1 : 1)),
    })),
  }))
  return JSON.stringify(
    plain.sort((a, b) => a.broker - b.broker),
    null,
    1,
  )
}
