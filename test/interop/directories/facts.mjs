/** What a directory must keep: written through Apache's tools, and asked for alike of both brokers. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, metadata, untilServed, Writer } from '../lib/wire.mjs'
import { transaction } from './producer-id.mjs'
import { inTurn, logFacts, readWhole } from './reading.mjs'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd']
/** The topics whose bytes never change but by more being appended. */
const kept = { moves: 3, empty: 2, trimmed: 1 }
const broker = ['--entity-type', 'brokers', '--entity-name', '1']
const allBrokers = ['--entity-type', 'brokers', '--entity-default']

/** Topics with plain and compressed records, a compacted one, deleted records, a deleted topic, configs of all kinds, a group. */
export async function fill(runner, bootstrap) {
  const tool = (name, ...args) => runner.must(name, ['--bootstrap-server', bootstrap, ...args])
  const create = (topic, partitions, ...configs) =>
    tool('kafka-topics', '--create', '--topic', topic, '--partitions', partitions, ...configs.flatMap((c) => ['--config', c]))
  const alter = (entity, config) => tool('kafka-configs', '--alter', ...entity, '--add-config', config)
  await create('moves', 3, 'retention.ms=86400000')
  await create('compacted', 1, 'cleanup.policy=compact', 'segment.ms=100', 'min.cleanable.dirty.ratio=0.01')
  await create('empty', 2)
  await create('trimmed', 1)
  await sleep(500)
  await send(runner, bootstrap, 'moves', lines('plain', 50))
  for (const codec of codecs) await send(runner, bootstrap, 'moves', lines(codec, 50), '--compression-codec', codec)
  await fillCompacted(runner, bootstrap)
  await send(runner, bootstrap, 'trimmed', lines('cut', 30))
  await deleteRecords(bootstrap, 'trimmed', 0, 12)
  await read(runner, bootstrap, 'moves-group', 100, 'classic')
  await alter(['--entity-type', 'topics', '--entity-name', 'empty'], 'max.message.bytes=5000')
  await alter(broker, 'log.retention.ms=86400000')
  await alter(allBrokers, 'message.max.bytes=1000500')
  await alter(['--entity-type', 'groups', '--entity-name', 'moves-group'], 'consumer.session.timeout.ms=50000')
  await create('gone', 1)
  await tool('kafka-topics', '--delete', '--topic', 'gone')
}

/** The same keys again and again, each time in a segment of its own, until the cleaner has thrown away what is old. */
async function fillCompacted(runner, bootstrap) {
  const connection = await Connection.open(bootstrap)
  try {
    await untilServed(connection, 'compacted', 1)
    for (let round = 0; round < 4; round++) {
      await send(runner, bootstrap, 'compacted', lines('kept', 20), '--compression-codec', codecs[round])
      await sleep(150)
    }
    for (const since = performance.now(); ; await sleep(200)) {
      const batches = await readWhole(connection, 'compacted', 0)
      if (batches.reduce((sum, { recordCount }) => sum + recordCount, 0) < 80) return
      if (performance.now() - since > 30_000) throw new Error('nothing was compacted within 30 s')
    }
  } finally {
    connection.close()
  }
}

/** What ours does not serve yet and has to leave as it is: transactions, quotas, credentials, a group of the newer protocol. */
export async function fillForeign(runner, bootstrap) {
  const tool = (name, ...args) => runner.must(name, ['--bootstrap-server', bootstrap, ...args])
  await tool('kafka-topics', '--create', '--topic', 'transacted', '--partitions', 1)
  const connection = await Connection.open(bootstrap)
  try {
    await untilServed(connection, 'transacted', 1)
    const values = (word) => Array.from({ length: 10 }, (_, i) => Buffer.from(`${word} ${i}`))
    await transaction(connection, 'transacted', 'kept', values('committed'), { isCommitted: true })
    await transaction(connection, 'transacted', 'dropped', values('aborted'), { isCommitted: false })
    await transaction(connection, 'transacted', 'kept too', values('committed later'), { isCommitted: true })
  } finally {
    connection.close()
  }
  const user = ['--entity-type', 'users', '--entity-name', 'bob']
  await tool('kafka-configs', '--alter', ...user, '--add-config', 'producer_byte_rate=1048576')
  await tool('kafka-configs', '--alter', ...user, '--add-config', 'SCRAM-SHA-256=[iterations=4096,password=secret]')
  await read(runner, bootstrap, 'newer-group', 50, 'consumer')
}

/** What Apache alone can tell of `fillForeign`. */
export async function foreignFacts(runner, bootstrap) {
  const ask = async (name, ...args) => sorted(await runner.must(name, ['--bootstrap-server', bootstrap, ...args]))
  const isFact = (line) => /^\s*(User|Quota|SCRAM|.*byte_rate|.*iterations)/i.test(line)
  return {
    user: (await ask('kafka-configs', '--describe', '--entity-type', 'users', '--entity-name', 'bob')).filter(isFact),
    group: (await groupOffsets(runner, bootstrap, 'newer-group')).map((row) => row.split(' ').slice(0, 4).join(' ')),
  }
}

/** What the next owner does: goes on producing, consuming in the group, and making topics. */
export async function use(runner, bootstrap, turn) {
  await send(runner, bootstrap, 'moves', lines(`turn${turn}`, 30))
  await send(runner, bootstrap, 'moves', lines(`turn${turn}-lz4`, 30), '--compression-codec', 'lz4')
  await send(runner, bootstrap, 'compacted', lines('kept', 20))
  await read(runner, bootstrap, 'moves-group', 50, 'classic')
  const create = ['--create', '--topic', `made-in-turn-${turn}`, '--partitions', '2']
  await runner.must('kafka-topics', ['--bootstrap-server', bootstrap, ...create])
}

const lines = (word, count) => `${Array.from({ length: count }, (_, i) => `${word}-${i}:${word} ${i}`).join('\n')}\n`

function send(runner, bootstrap, topic, input, ...options) {
  const keys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  return runner.must('kafka-console-producer', ['--bootstrap-server', bootstrap, '--topic', topic, ...keys, ...options], {
    input,
  })
}

/** Reads in a group and commits. */
function read(runner, bootstrap, group, count, protocol) {
  const settings = ['--group', group, '--from-beginning', '--max-messages', count, '--timeout-ms', 20_000]
  const properties = ['--command-property', `group.protocol=${protocol}`, '--command-property', 'max.poll.records=50']
  return runner.must('kafka-console-consumer', ['--bootstrap-server', bootstrap, '--topic', 'moves', ...settings, ...properties])
}

/** DeleteRecords v0. */
async function deleteRecords(bootstrap, topic, partition, before) {
  const connection = await Connection.open(bootstrap)
  try {
    const one = (w) => w.string(topic).array([partition], (v) => v.int32(partition).int64(before))
    const reader = await connection.ask(21, 0, new Writer().array([topic], one).int32(10_000).done(), 20_000)
    reader.int32()
    const read = (r) => ({ index: r.int32(), lowWatermark: r.int64(), error: r.int16() })
    const [answer] = reader.array((r) => ({ topic: r.string(), partitions: r.array(read) }))
    if (answer.partitions[0].error !== 0) throw new Error(`DeleteRecords ${topic}: error ${answer.partitions[0].error}`)
  } finally {
    connection.close()
  }
}

/** Everything a person can see of it, in an order that does not depend on chance. */
export async function facts(runner, bootstrap) {
  const ask = async (name, ...args) => sorted(await runner.must(name, ['--bootstrap-server', bootstrap, ...args]))
  const configs = (...entity) => ask('kafka-configs', '--describe', ...entity)
  const topicsAsked = ['--topic-partitions', 'moves:0-2,compacted,empty:0-1,trimmed']
  return {
    topics: (await ask('kafka-topics', '--describe')).map(inOrder),
    latest: await ask('kafka-get-offsets', ...topicsAsked),
    earliest: await ask('kafka-get-offsets', ...topicsAsked, '--time', 'earliest'),
    ofMaxTimestamp: await ask(
      'kafka-get-offsets',
      '--topic-partitions',
      'moves:0-2,empty:0-1,trimmed',
      '--time',
      'max-timestamp',
    ),
    logs: await logs(bootstrap),
    compacted: await latestOfEachKey(runner, bootstrap),
    offsets: await groupOffsets(runner, bootstrap, 'moves-group'),
    group: await groupState(runner, bootstrap, 'moves-group'),
    ofMoves: await configs('--entity-type', 'topics', '--entity-name', 'moves'),
    ofEmpty: await configs('--entity-type', 'topics', '--entity-name', 'empty'),
    ofBroker: await configs(...broker),
    ofAllBrokers: await configs(...allBrokers),
    ofGroup: await configs('--entity-type', 'groups', '--entity-name', 'moves-group'),
  }
}

/** The bytes of every topic that is not compacted, and the offsets that belong to times in it. */
async function logs(bootstrap) {
  const connection = await Connection.open(bootstrap)
  try {
    const { topics } = await metadata(connection, null)
    const known = topics.filter(({ name }) => name in kept || name === 'transacted')
    const partitions = known.flatMap(({ name, partitions }) => partitions.map(({ index }) => [name, index]))
    return Object.fromEntries(
      await inTurn(partitions.sort(), async ([topic, partition]) => {
        return [`${topic}-${partition}`, await logFacts(connection, topic, partition)]
      }),
    )
  } finally {
    connection.close()
  }
}

/** A cleaner may throw away more at any time, but never the last of a key: offset, time, key and value of those. */
async function latestOfEachKey(runner, bootstrap) {
  const show = ['key', 'offset', 'partition', 'timestamp'].flatMap((what) => ['--formatter-property', `print.${what}=true`])
  const settings = ['--topic', 'compacted', '--from-beginning', '--timeout-ms', 3_000, ...show]
  const output = await runner.run('kafka-console-consumer', ['--bootstrap-server', bootstrap, ...settings])
  const latest = new Map()
  for (const line of output.stdout.split('\n')) {
    const key = /\t(kept-\d+)\t/.exec(line)?.[1]
    if (key) latest.set(key, line)
  }
  if (latest.size !== 20) throw new Error(`${latest.size} keys of 20 in the compacted topic: ${output.stderr.slice(-300)}`)
  return [...latest.values()].sort()
}

/** A topic's line, with its configs in the order of their names: brokers tell them in that of a hash map. */
function inOrder(line) {
  const [what, configs = ''] = line.replace(/\s+/g, ' ').split(' Configs: ')
  return `${what} ${configs.split(',').sort().join(',')}`
}

async function groupOffsets(runner, bootstrap, group) {
  const output = await runner.must('kafka-consumer-groups', ['--bootstrap-server', bootstrap, '--describe', '--group', group])
  const rows = output.split('\n').filter((line) => line.startsWith(group))
  return rows.map((row) => row.trim().split(/\s+/).slice(0, 6).join(' ')).sort()
}

/** The state and the number of members; the columns between them name the coordinator's address. */
async function groupState(runner, bootstrap, group) {
  const args = ['--bootstrap-server', bootstrap, '--describe', '--group', group, '--state']
  const row = (await runner.must('kafka-consumer-groups', args)).split('\n').find((line) => line.startsWith(group))
  const [name, , ...rest] = row.trim().split(/\s+/)
  return [name, ...rest.slice(-2)].join(' ')
}

const sorted = (text) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .sort()
