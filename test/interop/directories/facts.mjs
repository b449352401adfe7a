/** What a directory must keep, written through Apache's tools and asked for through them, so that both brokers are asked alike. */
import { setTimeout as sleep } from 'node:timers/promises'

const codecs = ['gzip', 'snappy', 'lz4', 'zstd']

/** Topics with plain and compressed records, a compacted topic, configs, deleted records, a group with offsets. */
export async function fill(runner, bootstrap) {
  const tool = (name, ...args) => runner.must(name, ['--bootstrap-server', bootstrap, ...args])
  await tool('kafka-topics', '--create', '--topic', 'moves', '--partitions', '3', '--config', 'retention.ms=86400000')
  await tool(
    'kafka-topics',
    '--create',
    '--topic',
    'compacted',
    '--config',
    'cleanup.policy=compact',
    '--config',
    'segment.bytes=1048576',
  )
  await tool('kafka-topics', '--create', '--topic', 'empty', '--partitions', '2')
  await sleep(500)
  await send(runner, bootstrap, 'moves', lines('plain', 50))
  for (const codec of codecs) await send(runner, bootstrap, 'moves', lines(codec, 50), '--compression-codec', codec)
  await send(runner, bootstrap, 'compacted', lines('kept', 20))
  await read(runner, bootstrap, 'moves-group', 100)
  await tool(
    'kafka-configs',
    '--alter',
    '--entity-type',
    'topics',
    '--entity-name',
    'empty',
    '--add-config',
    'max.message.bytes=5000',
  )
  await tool('kafka-topics', '--create', '--topic', 'gone')
  await tool('kafka-topics', '--delete', '--topic', 'gone')
}

/** What the next owner does: goes on producing, consuming in the group, and making topics. */
export async function use(runner, bootstrap, turn) {
  await send(runner, bootstrap, 'moves', lines(`turn${turn}`, 30))
  await send(runner, bootstrap, 'moves', lines(`turn${turn}-lz4`, 30), '--compression-codec', 'lz4')
  await read(runner, bootstrap, 'moves-group', 100)
  await runner.must('kafka-topics', [
    '--bootstrap-server',
    bootstrap,
    '--create',
    '--topic',
    `made-in-turn-${turn}`,
    '--partitions',
    '2',
  ])
}

const lines = (word, count) => `${Array.from({ length: count }, (_, i) => `${word}-${i}:${word} ${i}`).join('\n')}\n`

function send(runner, bootstrap, topic, input, ...options) {
  const keys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  return runner.must('kafka-console-producer', ['--bootstrap-server', bootstrap, '--topic', topic, ...keys, ...options], {
    input,
  })
}

/** Reads in a group and commits. */
function read(runner, bootstrap, group, count) {
  const settings = ['--group', group, '--from-beginning', '--max-messages', count, '--timeout-ms', 20_000]
  const classic = ['--command-property', 'group.protocol=classic', '--command-property', 'max.poll.records=50']
  return runner.must('kafka-console-consumer', ['--bootstrap-server', bootstrap, '--topic', 'moves', ...settings, ...classic])
}

/** Everything a person can see of it, in an order that does not depend on chance. */
export async function facts(runner, bootstrap) {
  const ask = async (name, ...args) => sorted(await runner.must(name, ['--bootstrap-server', bootstrap, ...args]))
  const show = ['key', 'offset', 'partition', 'timestamp', 'epoch'].flatMap((what) => [
    '--formatter-property',
    `print.${what}=true`,
  ])
  const everything = (topic, count) =>
    ask('kafka-console-consumer', '--topic', topic, '--from-beginning', '--max-messages', count, '--timeout-ms', 15_000, ...show)
  const offsets = await ask('kafka-get-offsets', '--topic-partitions', 'moves:0-2,compacted,empty:0-1')
  const inMoves = offsets.filter((line) => line.startsWith('moves:')).reduce((sum, line) => sum + Number(line.split(':')[2]), 0)
  return {
    topics: (await ask('kafka-topics', '--describe')).map((line) => line.replace(/\s+/g, ' ')),
    offsets,
    starts: await ask('kafka-get-offsets', '--topic-partitions', 'moves:0-2,compacted,empty:0-1', '--time', 'earliest'),
    records: (await everything('moves', inMoves)).map((line) => line.replace(/Epoch:\d+/, 'Epoch')),
    compacted: (await everything('compacted', 20)).map((line) => line.replace(/Epoch:\d+/, 'Epoch')),
    group: await groupOffsets(runner, bootstrap),
    config: await ask('kafka-configs', '--describe', '--entity-type', 'topics', '--entity-name', 'moves'),
    smaller: await ask('kafka-configs', '--describe', '--entity-type', 'topics', '--entity-name', 'empty'),
  }
}

async function groupOffsets(runner, bootstrap) {
  const output = await runner.must('kafka-consumer-groups', [
    '--bootstrap-server',
    bootstrap,
    '--describe',
    '--group',
    'moves-group',
  ])
  const rows = output.split('\n').filter((line) => line.startsWith('moves-group'))
  return rows.map((row) => row.trim().split(/\s+/).slice(0, 6).join(' ')).sort()
}

const sorted = (text) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .sort()
