// What the image's entry point makes of variables, files and words: run in bash, with scripts in the place of the commands that only note what they were given.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const entryPoint = join(process.cwd(), 'deploy/docker-entrypoint.sh')
const isLinux = process.platform === 'linux'

/** Its `odradek` stays until every topic that was asked for was made, as a broker would. */
const ODRADEK = `#!/bin/bash
printf '%s\\0' "$@" >"$NOTES/words"
env -0 >"$NOTES/environment"
for ((i = 0; i < \${TOPICS:-0} * 500; i++)); do
  [[ -e $NOTES/topics && $(wc -l <"$NOTES/topics") -ge $TOPICS ]] && exit
  sleep 0.02
done
exit 0
`
const KAFKA_TOPICS = `#!/bin/bash
echo "$@" >>"$NOTES/topics"
`

const scratch = mkdtempSync(join(tmpdir(), 'odradek-entry-point-'))
const commands = mkdtempSync(join(scratch, 'commands-'))
writeFileSync(join(commands, 'odradek'), ODRADEK, { mode: 0o755 })
writeFileSync(join(commands, 'kafka-topics'), KAFKA_TOPICS, { mode: 0o755 })
after(() => rmSync(scratch, { recursive: true, force: true }))

interface Entered {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What `odradek` was given. */
  readonly words: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  /** The words of each \`kafka-topics\`, in one line. */
  readonly topics: readonly string[]
}

/** Runs the entry point with these variables and words, and nothing else of this process's environment. */
function enter(variables: Record<string, string> = {}, ...words: string[]): Promise<Entered> {
  const notes = mkdtempSync(join(scratch, 'notes-'))
  const env = { PATH: `${commands}:/usr/bin:/bin`, NOTES: notes, ODRADEK_PROPERTIES: '', ...variables }
  const noted = (name: string, separator: string) => {
    try {
      return readFileSync(join(notes, name), 'utf8').split(separator).filter(Boolean)
    } catch {
      return [] // it did not come to that
    }
  }
  return new Promise((resolve) => {
    execFile('bash', [entryPoint, ...words], { env, timeout: 20_000 }, (thrown, stdout, stderr) => {
      const pairs = noted('environment', '\0').map((line) => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1),
      ])
      resolve({
        code: thrown ? Number(thrown.code ?? -1) : 0,
        stdout,
        stderr,
        words: noted('words', '\0'),
        variables: Object.fromEntries(pairs),
        topics: noted('topics', '\n'),
      })
    })
  })
}

/** What of these variables `odradek` finds; null where one is not set. */
async function found(variables: Record<string, string>, names: readonly string[], ...words: string[]) {
  const entered = await enter(variables, ...words)
  assert.equal(entered.code, 0, entered.stderr)
  return names.map((name) => entered.variables[name] ?? null)
}

const LISTENERS = ['KAFKA_LISTENERS', 'KAFKA_ADVERTISED_LISTENERS'] as const

/** A server.properties with these lines. */
function file(...lines: string[]): string {
  const path = join(mkdtempSync(join(scratch, 'mounted-')), 'server.properties')
  writeFileSync(path, lines.join('\n'))
  return path
}

test('told nothing, a broker listens on all interfaces, is found at localhost, and keeps its data in the volume', {
  skip: !isLinux,
}, async () => {
  const names = [...LISTENERS, 'KAFKA_LOG_DIRS', 'KAFKA_METRICS_PORT', 'KAFKA_METRICS_HOST']
  const expected = ['PLAINTEXT://:9092', 'PLAINTEXT://localhost:9092', '/var/lib/kafka/data', '9404', '']
  assert.deepEqual(await found({}, names), expected)
})

test('what is said stays, however it is said', { skip: !isLinux }, async () => {
  const advertised = 'PLAINTEXT://kafka:9092'
  assert.deepEqual(await found({ KAFKA_ADVERTISED_LISTENERS: advertised }, LISTENERS), [null, advertised])
  assert.deepEqual(await found({ KAFKA_CFG_LISTENERS: advertised }, LISTENERS), [null, null])
  assert.deepEqual(await found({}, LISTENERS, '--override', `listeners=${advertised}`), [null, null])
  assert.deepEqual(await found({}, LISTENERS, `-olisteners=${advertised}`), [null, null])
  assert.deepEqual(await found({ KAFKA_PROCESS_ROLES: 'controller' }, LISTENERS), [null, null])
  const mounted = file('log.dirs = /data', `listeners=${advertised}\r`, 'metrics.port: 9999', '#metrics.host=x')
  const names = [...LISTENERS, 'KAFKA_LOG_DIRS', 'KAFKA_METRICS_PORT', 'KAFKA_METRICS_HOST']
  assert.deepEqual(await found({ ODRADEK_PROPERTIES: mounted }, names), [null, null, null, null, ''])
})

test('options go to odradek start, behind a file that is mounted; another command takes its place', {
  skip: !isLinux,
}, async () => {
  assert.deepEqual((await enter()).words, ['start'])
  assert.deepEqual((await enter({}, '--log-level', 'debug')).words, ['start', '--log-level', 'debug'])
  const mounted = file('node.id=7')
  assert.deepEqual((await enter({ ODRADEK_PROPERTIES: mounted }, '-o', 'a=b c')).words, ['start', mounted, '-o', 'a=b c'])
  assert.match((await enter({}, '-o', 'metrics.port=1')).stderr, /--override metrics\.port: the health check does not see it/)
  const other = file('log.dirs=/elsewhere')
  const named = await enter({ ODRADEK_PROPERTIES: mounted }, 'odradek', 'start', other)
  assert.deepEqual([named.words, named.variables['KAFKA_LOG_DIRS']], [['start', other], undefined])
  const shell = await enter({}, 'bash', '-c', 'echo "$0 $1"', 'a', 'b c')
  assert.deepEqual([shell.stdout, shell.words], ['a b c\n', []])
  assert.deepEqual((await enter({}, 'odradek', '--version')).words, ['--version'])
})

test('the names of old tutorials become listeners', { skip: !isLinux }, async () => {
  const old = (variables: Record<string, string>) => found(variables, [...LISTENERS, 'KAFKA_ADVERTISED_HOST_NAME'])
  const listening = 'PLAINTEXT://:9092'
  assert.deepEqual(await old({ KAFKA_ADVERTISED_HOST_NAME: '10.0.0.5' }), [listening, 'PLAINTEXT://10.0.0.5:9092', null])
  const ports = { KAFKA_PORT: '9093', KAFKA_ADVERTISED_PORT: '19093' }
  assert.deepEqual(await old(ports), ['PLAINTEXT://:9093', 'PLAINTEXT://localhost:19093', null])
  assert.deepEqual(await old({ KAFKA_PORT: 'tcp://10.0.0.1:9092' }), [listening, 'PLAINTEXT://localhost:9092', null])
  assert.deepEqual(await old({ HOSTNAME_COMMAND: 'echo here' }), [listening, 'PLAINTEXT://here:9092', null])
  const older = { KAFKA_ADVERTISED_HOSTNAME_COMMAND: 'echo there', KAFKA_ADVERTISED_PORT_COMMAND: 'echo 77' }
  assert.deepEqual(await old(older), [listening, 'PLAINTEXT://there:77', null])
})

test('commands give values: the host in any variable, the id and the rack of the broker', { skip: !isLinux }, async () => {
  const variables = {
    HOSTNAME_COMMAND: 'echo "a & host"',
    PORT_COMMAND: 'echo 32100',
    BROKER_ID_COMMAND: 'echo 1$((40 + 2))',
    RACK_COMMAND: 'echo r1',
    KAFKA_ADVERTISED_LISTENERS: 'IN://:9092,OUT://_{HOSTNAME_COMMAND}:_{PORT_COMMAND}',
    KAFKA_METRICS_HOST: '_{HOSTNAME_COMMAND}',
  }
  const names = ['KAFKA_ADVERTISED_LISTENERS', 'KAFKA_METRICS_HOST', 'KAFKA_BROKER_ID', 'KAFKA_BROKER_RACK']
  assert.deepEqual(await found(variables, names), ['IN://:9092,OUT://a & host:32100', 'a & host', '142', 'r1'])
  const said = { ...variables, KAFKA_NODE_ID: '5', KAFKA_BROKER_RACK: 'r2' }
  assert.deepEqual((await found(said, names)).slice(2), [null, 'r2'])
})

test('what is wrong ends it, and is told with its variable', { skip: !isLinux }, async () => {
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [
      { KAFKA_LISTENERS: 'A://_{HOSTNAME_COMMAND}:1' },
      /KAFKA_LISTENERS: _\{HOSTNAME_COMMAND\} needs the variable HOSTNAME_COMMAND/,
    ],
    [{ HOSTNAME_COMMAND: 'exit 3' }, /HOSTNAME_COMMAND: its command failed/],
    [{ BROKER_ID_COMMAND: 'true' }, /BROKER_ID_COMMAND: its command printed nothing/],
    [{ ODRADEK_PROPERTIES: '/nowhere' }, /ODRADEK_PROPERTIES: there is no file \/nowhere/],
    [{ KAFKA_CREATE_TOPICS: 'a:1:1, b' }, /KAFKA_CREATE_TOPICS: b is not valid; allowed: name:partitions:replicas and/],
    [{ KAFKA_CREATE_TOPICS: 'a:0:1' }, /KAFKA_CREATE_TOPICS: a:0:1 is not valid/],
    [{ KAFKA_CREATE_TOPICS: 'a:1:1', START_TIMEOUT: 'long' }, /START_TIMEOUT: long is not valid/],
  ]
  for (const [variables, message] of wrong) {
    const { code, stderr, words } = await enter(variables)
    assert.deepEqual([code, words], [1, []], stderr)
    assert.match(stderr, message)
  }
})

test('topics are made beside the broker, over the listener of brokers', { skip: !isLinux }, async () => {
  const made = async (variables: Record<string, string>, count = 1) => {
    const entered = await enter({ TOPICS: `${count}`, ...variables })
    assert.deepEqual([entered.code, entered.stderr], [0, ''])
    assert.equal(entered.variables['KAFKA_CREATE_TOPICS_SEPARATOR'], undefined)
    return entered.topics
  }
  const line = (server: string, rest: string) => `--bootstrap-server ${server} --create --if-not-exists --topic ${rest}`
  const two = [
    line('localhost:9092', 'a --partitions 1 --replication-factor 2'),
    line('localhost:9092', 'b --partitions 3 --replication-factor 1 --config cleanup.policy=compact'),
  ]
  assert.deepEqual(await made({ KAFKA_CREATE_TOPICS: 'a:1:2,b:3:1:compact' }, 2), two)
  assert.deepEqual(await made({ KAFKA_CREATE_TOPICS: 'a:1:2\n  b:3:1:compact\n' }, 2), two)
  const both = { KAFKA_CREATE_TOPICS: 'a:1:2:compact,delete;b:1:1', KAFKA_CREATE_TOPICS_SEPARATOR: ';' }
  assert.match((await made(both, 2))[0]!, /cleanup\.policy=compact,delete$/)

  const at = async (variables: Record<string, string>) =>
    (await made({ KAFKA_CREATE_TOPICS: 'a:1:1', ...variables }))[0]!.split(' ')[1]
  const listeners = 'CONTROLLER://:1,OUT://kafka:2,IN://0.0.0.0:3'
  assert.equal(await at({ KAFKA_LISTENERS: listeners }), 'kafka:2')
  assert.equal(await at({ KAFKA_LISTENERS: listeners, KAFKA_INTER_BROKER_LISTENER_NAME: 'in' }), 'localhost:3')
  assert.equal(await at({ KAFKA_LISTENERS: listeners, KAFKA_CONTROLLER_LISTENER_NAMES: 'OUT,CONTROLLER' }), 'localhost:3')
  assert.equal(await at({ KAFKA_ADVERTISED_LISTENERS: 'OUT://kafka.example.com:5' }), 'localhost:5')
  assert.equal(await at({ ODRADEK_PROPERTIES: file('listeners=PLAINTEXT://[::1]:6') }), '[::1]:6')
})
