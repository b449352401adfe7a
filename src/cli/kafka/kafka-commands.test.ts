// What is printed is held against Apache's own commands in test/interop/commands; here each command runs against a broker of this process.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fakeTerminal } from '../../../test/support/fake-terminal.ts'
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

interface LogDirs {
  readonly brokers: readonly { readonly logDirs: readonly [{ readonly logDir: string }] }[]
}

/** Runs a line, with `input` at its standard input; gives its exit code, output and complaints. */
async function runWith(input: string, name: string, ...words: string[]) {
  const complaints: string[] = []
  let out = ''
  const command = await kafkaCommands[name]!()
  const code = await command(words, {
    ...fakeTerminal({ tickMs: 0 }).terminal,
    clock: nodeClock({ keepsAlive: true }),
    print: (line) => void (out += `${line}\n`),
    complain: (line) => complaints.push(line),
    write: async (bytes) => {
      out += new TextDecoder().decode(bytes)
      return true
    },
    async *input() {
      yield Buffer.from(input)
    },
    onSignal: () => () => {},
    readText: async (path) => files[path] ?? null,
  })
  return { code, out: out.replace(/\n$/, ''), err: complaints.join('\n') }
}

const run = (name: string, ...words: string[]) => runWith('', name, ...words)
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
    // As with Apache's, one word alone is a value to it.
    const help = await run(name, ...(name === 'kafka-e2e-latency' ? [] : ['--help']))
    assert.match(help.out + help.err, /--help/, name)
    const [options, examples] = (help.out + help.err).split('\nExamples:\n') as [string, string]
    for (const line of examples.trim().split(/\n +/)) {
      assert.ok(line.startsWith(`${name} `), line)
      // Of those with subcommands the help of each has its own.
      const of = line.split(' ').find((word) => /^[a-z]/.test(word) && new RegExp(`^  ${word} `, 'm').test(options))
      const known = of === undefined ? options : options + (await run(name, of, '--help')).out
      for (const option of line.match(/--[a-z.-]+/gi) ?? [])
        assert.ok(known.includes(`${option} `) || known.includes(`${option}\n`), `${line}: ${option}`)
    }
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
  const oauth = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=OAUTHBEARER', 'sasl.login.callback.handler.class=']
  files['oauth.properties'] = oauth
    .join('\n')
    .concat('org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler')
  assert.match(
    (await on('kafka-topics', '--list', '--command-config', 'oauth.properties')).err,
    /saslLoginCallbackHandlerClass needs saslOauthbearerTokenEndpointUrl/,
  )
  files['tls.properties'] = 'ssl.engine.factory.class=Mine'
  assert.match(
    (await on('kafka-topics', '--list', '--command-config', 'tls.properties')).err,
    /^ssl\.engine\.factory\.class is not supported/,
  )
})

test('what was typed before a signal is sent, and the command ends by the signal', async () => {
  await must('kafka-topics', '--create', '--topic', 'stopped')
  const produce = await kafkaCommands['kafka-console-producer']!()
  const to = ['--bootstrap-server', broker.bootstrapServers, '--topic', 'stopped']
  const endedBy = new Promise<string>((resume) => {
    const { terminal, signal } = fakeTerminal({ tickMs: 0 })
    void produce([...to, '--timeout', '60000'], {
      ...terminal,
      clock: nodeClock({ keepsAlive: true }),
      endBy: resume,
      async *input() {
        yield Buffer.from('one\n')
        signal('SIGINT')
        await new Promise(() => {})
      },
    })
  })
  assert.equal(await endedBy, 'SIGINT')
  assert.equal(await must('kafka-get-offsets', '--topic', 'stopped'), 'stopped:0:1')
})

test('lines become records, and records lines', async () => {
  await must('kafka-topics', '--create', '--topic', 'lines')
  const to = ['--bootstrap-server', broker.bootstrapServers, '--topic', 'lines']
  const parsing = ['parse.key=true', 'parse.headers=true', 'null.marker=NIL', 'key.separator=='].flatMap((word) => [
    '--reader-property',
    word,
  ])
  assert.equal((await runWith('h:1,i:NIL\ta=b\nNIL\tNIL=NIL\n', 'kafka-console-producer', ...to, ...parsing)).code, 0)
  assert.deepEqual(await runWith('plain\r\nlast', 'kafka-console-producer', ...to, '--sync', '--compression-codec'), {
    code: 0,
    out: '',
    err: '',
  })
  const wrong = await runWith('no key\n', 'kafka-console-producer', ...to, '--reader-property', 'parse.key=true')
  assert.deepEqual([wrong.code, wrong.err], [1, "No key separator found on line number 1: 'no key'"])

  const from = [...to, '--from-beginning', '--max-messages', '4']
  const printing = ['offset', 'headers', 'key'].flatMap((name) => ['--formatter-property', `print.${name}=true`])
  const all = await run('kafka-console-consumer', ...from, ...printing, '--partition', '0')
  assert.equal(
    all.out,
    'Offset:0\th:1,i:null\ta\tb\nOffset:1\tNO_HEADERS\tnull\tnull\nOffset:2\tNO_HEADERS\tnull\tplain\nOffset:3\tNO_HEADERS\tnull\tlast',
  )
  assert.equal(all.err, 'Processed a total of 4 messages')
})

test('a group goes on behind what was printed, and no further', async () => {
  await must('kafka-topics', '--create', '--topic', 'shared')
  const to = ['--bootstrap-server', broker.bootstrapServers, '--topic', 'shared']
  await runWith('one\ntwo\nthree\n', 'kafka-console-producer', ...to)
  const group = [...to, '--group', 'readers', '--from-beginning', '--max-messages']
  assert.equal((await run('kafka-console-consumer', ...group, '1')).out, 'one')
  assert.equal((await run('kafka-console-consumer', ...group, '2')).out, 'two\nthree')
  const formatter = ['--formatter', 'org.apache.kafka.tools.consumer.OffsetsMessageFormatter', '--timeout-ms', '300']
  assert.match(
    await must('kafka-console-consumer', '--topic', '__consumer_offsets', '--from-beginning', ...formatter),
    /\{"key":\{"type":1,"data":\{"group":"readers","topic":"shared","partition":0\}\},"value":\{"version":\d,"data":\{"offset":3,/,
  )
  const late = await run('kafka-console-consumer', ...to, '--partition', '0', '--timeout-ms', '50')
  assert.equal(late.code, 0)
  assert.match(
    late.err,
    /ERROR Error processing message, terminating consumer process: {2}\(.*\nProcessed a total of 0 messages$/s,
  )
})

test('a plan for replicas is made, carried out and looked at', async () => {
  await must('kafka-topics', '--create', '--topic', 'moved', '--partitions', '2')
  const on1 = String((await must('kafka-topics', '--describe', '--topic', 'moved')).match(/Leader: (\d+)/)![1])
  files['topics.json'] = JSON.stringify({ version: 1, topics: [{ topic: 'moved' }] })
  const plan = await must(
    'kafka-reassign-partitions',
    '--generate',
    '--topics-to-move-json-file',
    'topics.json',
    '--broker-list',
    on1,
  )
  const proposed = plan.split('\n').at(-1)!
  assert.match(plan, /^Current partition replica assignment\n\{.*\}\n\nProposed partition reassignment configuration\n\{/)
  assert.deepEqual(JSON.parse(proposed).partitions.length, 2)
  files['plan.json'] = proposed
  const of = ['--reassignment-json-file', 'plan.json']
  assert.match(
    await must('kafka-reassign-partitions', '--execute', ...of, '--throttle', '1000'),
    /\nThe inter-broker throttle limit was set to 1000 B\/s\nSuccessfully started partition reassignments for moved-0,moved-1$/,
  )
  assert.match(
    await must('kafka-configs', '--describe', '--topic', 'moved'),
    /leader\.replication\.throttled\.replicas=0:\d,1:\d/,
  )
  assert.equal(
    await must('kafka-reassign-partitions', '--verify', ...of),
    `Status of partition reassignment:\nReassignment of partition moved-0 is completed.\nReassignment of partition moved-1 is completed.\n\nClearing broker-level throttles on broker ${on1}\nClearing topic-level throttles on topic moved`,
  )
  assert.equal(await must('kafka-reassign-partitions', '--list'), 'No partition reassignments found.')
  files['away.json'] = JSON.stringify({ version: 1, partitions: [{ topic: 'moved', partition: 0, replicas: [99] }] })
  const away = await on('kafka-reassign-partitions', '--execute', '--reassignment-json-file', 'away.json')
  assert.deepEqual([away.code, away.out], [1, 'Error: Unknown broker id 99'])
})

test('the commands that measure tell how much they sent and read', async () => {
  await must('kafka-topics', '--create', '--topic', 'measured')
  const to = ['--topic', 'measured', '--num-records', '50']
  const sent = await must(
    'kafka-producer-perf-test',
    ...to,
    '--record-size',
    '10',
    '--throughput',
    '-1',
    '--warmup-records',
    '10',
  )
  assert.match(sent, /\n50 records sent, .* ms 99\.9th\.\n40 steady state records sent, .* ms 99\.9th\.$/)
  const read = await must('kafka-consumer-perf-test', ...to)
  assert.match(read, /^start\.time, .*\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, .*, 0\.0005, [\d.]+, 50, /)
  const sizes = [
    '--producer-acks',
    'all',
    '--record-size',
    '5',
    '--record-key-size',
    '3',
    '--num-headers',
    '2',
    '--record-header-key-size',
    '4',
  ]
  const latency = await must('kafka-e2e-latency', '--topic', 'measured', '--num-records', '3', ...sizes)
  assert.match(latency, /^0\t[\d.]+\nAvg latency: [\d.]+ ms\nPercentiles: 50th = \d+, 99th = \d+, 99\.9th = \d+$/)
})

test('a replica stays in its directory, and goes into none that is not there', async () => {
  const [{ logDir: path }] = (JSON.parse((await must('kafka-log-dirs', '--describe')).split('\n').at(-1)!) as LogDirs).brokers[0]!
    .logDirs
  await must('kafka-topics', '--create', '--topic', 'settled')
  const execute = (dir: string) => {
    const planned = { topic: 'settled', partition: 0, replicas: [1], log_dirs: [dir] }
    files['settled.json'] = JSON.stringify({ version: 1, partitions: [planned] })
    return on('kafka-reassign-partitions', '--execute', '--reassignment-json-file', 'settled.json')
  }
  const stayed = await execute(path)
  assert.match(stayed.out, /Successfully started moving log directory to .* for replica settled-0 with broker 1 $/)
  const refused = await execute(`${path}/none`)
  assert.equal(refused.code, 1)
  assert.match(refused.out, /Failed to alter dir for settled-0-1$/)
})

test('producers of a partition are told, and a transaction that is not there is not aborted', async () => {
  await must('kafka-topics', '--create', '--topic', 'written')
  await runWith('x\n', 'kafka-console-producer', '--bootstrap-server', broker.bootstrapServers, '--topic', 'written')
  const where = ['--topic', 'written', '--partition', '0']
  const lines = (await must('kafka-transactions', 'describe-producers', ...where)).split('\n')
  assert.match(lines[0]!, /^ProducerId\s+ProducerEpoch\s+LatestCoordinatorEpoch\s+LastSequence/)
  assert.match(lines[1]!, /^\d+\s+0\s+-1\s+0\s+\d+\s+None/)
  assert.match(await must('kafka-transactions', 'find-hanging', ...where), /^Topic\s+Partition\s+ProducerId[^\n]*$/)
  const { code, err } = await on('kafka-transactions', 'abort', ...where, '--start-offset', '7')
  assert.equal(code, 1)
  assert.match(err, /Could not find any open transactions starting at offset 7 on partition written-0$/)
})
