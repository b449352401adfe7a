// What is printed is held against Apache's own commands in test/interop/commands; here each command runs against a broker of this process.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type RunningBroker, startBroker } from '../../index.ts'
import { nodeClock } from '../../platform/node/clock.ts'
import { kafkaCommands } from './index.ts'
import { nodeCommands } from './node-commands.ts'

let broker: RunningBroker

before(async () => {
  broker = await startBroker({ inMemory: true, config: { 'offsets.topic.num.partitions': 1 } })
})
after(() => broker.close())

const files: Record<string, string> = {}

/** Runs a line; gives its exit code, output and complaints. */
async function run(name: string, ...words: string[]) {
  const printed: string[] = []
  const complaints: string[] = []
  const command = await kafkaCommands[name]!()
  const code = await command(words, {
    clock: nodeClock(),
    randomBytes: (length) => new Uint8Array(length),
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    readText: async (path) => files[path] ?? null,
  })
  return { code, out: printed.join('\n'), err: complaints.join('\n') }
}

const on = (name: string, ...words: string[]) => run(name, '--bootstrap-server', broker.bootstrapServers, ...words)

/** Its output; it must end well. */
async function must(name: string, ...words: string[]) {
  const { code, out, err } = await on(name, ...words)
  assert.equal(code, 0, `${name} ${words.join(' ')}: ${out}${err}`)
  return out
}

test('every command has a bin, and every bin its command', () => {
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> }
  const names = Object.keys(bin).filter((name) => name.startsWith('kafka-'))
  assert.deepEqual(names.sort(), [...Object.keys(kafkaCommands), ...Object.keys(nodeCommands)].sort())
  for (const name of names) {
    assert.ok(existsSync(bin[name]!), bin[name])
    assert.match(
      readFileSync(bin[name]!, 'utf8'),
      new RegExp(`^#!/usr/bin/env node\\nrequire\\('[^']+'\\)\\.${name in nodeCommands ? 'nodeMain' : 'main'}\\('${name}', `),
    )
  }
})

test('every command explains itself, and refuses an option that it does not know', async () => {
  for (const name of Object.keys(kafkaCommands)) {
    const help = await run(name, '--help')
    assert.match(help.out + help.err, /--help/, name)
    const { code, err } = await on(name, '--no-such-option')
    assert.equal(code, 1, name)
    assert.match(err, /no-such-option is not a recognized option|error: /, name)
  }
})

test('kafka-topics creates, lists, describes, grows and deletes', async () => {
  assert.equal(await must('kafka-topics', '--create', '--topic', 'a', '--config', 'retention.ms=1000'), 'Created topic a.')
  assert.equal((await on('kafka-topics', '--create', '--topic', 'a')).code, 1)
  assert.equal(await must('kafka-topics', '--create', '--topic', 'a', '--if-not-exists'), '')
  assert.match((await on('kafka-topics', '--create', '--topic', 'b', '--config', 'x=1')).out, /Unknown topic config name: x$/)
  await must('kafka-topics', '--alter', '--topic', 'a', '--partitions', '2')
  assert.equal(await must('kafka-topics', '--list', '--exclude-internal'), 'a')
  assert.match(
    await must('kafka-topics', '--describe', '--topic', 'a|b'),
    /^Topic: a\tTopicId: .{22}\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: .*retention\.ms=1000.*\n\tTopic: a\tPartition: 0\tLeader: (\d+)\tReplicas: \1\tIsr: \1\t/,
  )
  assert.equal(await must('kafka-topics', '--describe', '--under-replicated-partitions'), '')
  assert.equal(await must('kafka-topics', '--delete', '--topic', 'a'), '')
  assert.match((await on('kafka-topics', '--delete', '--topic', 'a')).out, /Topic 'a' does not exist as expected$/)
})

test('kafka-configs shows and changes what a topic has', async () => {
  await must('kafka-topics', '--create', '--topic', 'tuned')
  files['more.properties'] = 'flush.ms=5'
  const ofTopic = ['--entity-type', 'topics', '--entity-name', 'tuned']
  await must('kafka-configs', '--alter', ...ofTopic, '--add-config', 'retention.ms=5,cleanup.policy=[compact,delete]')
  await must(
    'kafka-configs',
    '--alter',
    '--topic',
    'tuned',
    '--add-config-file',
    'more.properties',
    '--delete-config',
    'retention.ms',
  )
  const [head, ...entries] = (await must('kafka-configs', '--describe', '--topic', 'tuned')).split('\n')
  assert.equal(head, 'Dynamic configs for topic tuned are:')
  assert.deepEqual(
    entries.map((line) => line.split(' ')[2]),
    ['cleanup.policy=compact,delete', 'flush.ms=5'],
  )
  assert.match(
    await must('kafka-configs', '--describe', '--topic', 'tuned', '--all'),
    /\n {2}segment\.ms=604800000 sensitive=false synonyms=/,
  )
  assert.match(
    (await on('kafka-configs', '--alter', '--topic', 'tuned', '--delete-config', 'x,y')).err,
    /^Invalid config\(s\): x,y$/,
  )
})

test('kafka-consumer-groups sets offsets of a group without members, and tells its lag', async () => {
  await must('kafka-topics', '--create', '--topic', 'read', '--partitions', '2')
  const plan = await must(
    'kafka-consumer-groups',
    '--reset-offsets',
    '--group',
    'g',
    '--topic',
    'read',
    '--to-latest',
    '--execute',
  )
  assert.match(plan, /^\nGROUP +TOPIC +PARTITION {2}NEW-OFFSET\ng +read +0 +0\ng +read +1 +0$/)
  files['plan.csv'] = await must(
    'kafka-consumer-groups',
    '--reset-offsets',
    '--group',
    'g',
    '--all-topics',
    '--to-current',
    '--export',
  )
  assert.equal(files['plan.csv'], 'read,0,0\nread,1,0\n')
  assert.match(
    await must('kafka-consumer-groups', '--reset-offsets', '--dry-run', '--group', 'g', '--from-file', 'plan.csv'),
    /\ng +read +1 +0$/,
  )
  assert.match(
    await must('kafka-consumer-groups', '--describe', '--group', 'g'),
    /^\nGROUP +TOPIC +PARTITION {2}CURRENT-OFFSET {2}LOG-END-OFFSET {2}LAG +CONSUMER-ID +HOST +CLIENT-ID\ng +read +0 +0 +0 +0 +- +- +-\n/,
  )
  assert.equal(
    await must('kafka-groups', '--list', '--consumer'),
    'GROUP                TYPE                 PROTOCOL            \ng                    Classic                                   ',
  )
  assert.match(
    await must('kafka-consumer-groups', '--delete-offsets', '--group', 'g', '--topic', 'read:1'),
    /\nread +1 +Successful {5}$/,
  )
  assert.equal(
    await must('kafka-consumer-groups', '--delete', '--group', 'g'),
    "Deletion of requested consumer groups ('g') was successful.",
  )
  assert.equal(await must('kafka-consumer-groups', '--list'), '')
})

test('kafka-get-offsets, kafka-delete-records and kafka-log-dirs', async () => {
  await must('kafka-topics', '--create', '--topic', 'kept', '--partitions', '2')
  assert.equal(await must('kafka-get-offsets', '--topic', 'kept', '--time', 'earliest'), 'kept:0:0\nkept:1:0')
  assert.equal(await must('kafka-get-offsets', '--topic-partitions', 'ke.*:1-'), 'kept:1:0')
  files['delete.json'] = JSON.stringify({ version: 1, partitions: [{ topic: 'kept', partition: 0, offset: -1 }] })
  assert.match(await must('kafka-delete-records', '--offset-json-file', 'delete.json'), /\npartition: kept-0\tlow_watermark: 0$/)
  const dirs = (await must('kafka-log-dirs', '--describe', '--topic-list', 'kept')).split('\n').at(-1)!
  assert.equal(JSON.parse(dirs).brokers[0].logDirs[0].partitions.length, 2)
})

test('the commands about the cluster', async () => {
  assert.match(await must('kafka-broker-api-versions'), / -> \(\n\tProduce\(0\): 0 to 13 \[usable: 13\],\n/)
  const at = ['--bootstrap-server', broker.bootstrapServers]
  assert.equal((await run('kafka-cluster', 'cluster-id', ...at)).out, `Cluster ID: ${broker.clusterId}`)
  assert.match(
    (await run('kafka-features', ...at, 'describe')).out,
    /\nFeature: metadata\.version\t.*FinalizedVersionLevel: 4\.2-IV1\t/,
  )
  assert.match((await run('kafka-metadata-quorum', ...at, 'describe', '--stat')).out, /^ClusterId: {14}.{22}\n/)
  assert.match(
    (await on('kafka-leader-election', '--election-type', 'preferred', '--topic', 'none', '--partition', '0')).err,
    /^1 replica/,
  )
})

test('nobody at the address, and a property that would be ignored', async () => {
  files['slow.properties'] = 'default.api.timeout.ms=50\nretry.backoff.ms=5'
  const nobody = await run('kafka-topics', '--bootstrap-server', '127.0.0.1:1', '--list', '--command-config', 'slow.properties')
  assert.equal(nobody.code, 1)
  assert.match(nobody.out, /^Error while executing topic command : .*took longer than 50 ms/)
  files['tls.properties'] = 'ssl.engine.factory.class=Mine'
  assert.match(
    (await on('kafka-topics', '--list', '--command-config', 'tls.properties')).err,
    /^ssl\.engine\.factory\.class is not supported/,
  )
})
