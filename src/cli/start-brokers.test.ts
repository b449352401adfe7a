import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '../../test/support/fake-terminal.ts'
import { deferred } from '../base/deferred.ts'
import type { ProgramOutput } from '../platform/node/programs.ts'
import { run } from './program.ts'

/** A child process that the test speaks for. */
interface Child {
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly output: ProgramOutput
  end(how: number | string): void
  stops: number
  kills: number
}

function scene(env: Record<string, string> = {}, files: Record<string, string> = {}) {
  const children: Child[] = []
  const fake = fakeTerminal(
    { env, files, tickMs: 10 },
    {
      startProgram(words, childEnv, output) {
        const ended = deferred<number | string>()
        const child = { words, env: childEnv, output, end: (how: number | string) => ended.resolve(how), stops: 0, kills: 0 }
        children.push(child)
        return {
          pid: 100 + children.length,
          ended: ended.promise,
          stop: () => void child.stops++,
          kill: () => void child.kills++,
        }
      },
    },
  )
  const start = (...words: string[]) => run(['start', ...words], () => assert.fail('no broker in this process'), fake.terminal)
  return { ...fake, children, start }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const overridesOf = ({ words }: Child) =>
  new Map(words.flatMap((word, at) => (words[at - 1] === '--override' ? [word.split(/=(.*)/s) as [string, string]] : [])))

async function ready(given = scene(), ...words: string[]) {
  const starting = given.start('--brokers', '3', ...words)
  while (given.children.length < 3) await settled()
  for (const [at, { output }] of given.children.entries())
    output.line(`odradek 0.1.0 ready on localhost:${9092 + at} (node ${at + 1}, 5 ms)`)
  await starting
  return given
}

test('three brokers get consecutive ports, the controllers behind, a directory each, and one cluster id', async () => {
  const { children, printed } = await ready()
  const all = children.map(overridesOf)
  assert.deepEqual(
    all.map((overrides) => [overrides.get('node.id'), overrides.get('listeners'), overrides.get('log.dirs')]),
    [1, 2, 3].map((id) => [
      String(id),
      `PLAINTEXT://localhost:${9091 + id},CONTROLLER://localhost:${9094 + id}`,
      `./data/node-${id}`,
    ]),
  )
  assert.equal(all[0]!.get('controller.quorum.voters'), '1@localhost:9095,2@localhost:9096,3@localhost:9097')
  assert.deepEqual([all[0]!.get('default.replication.factor'), all[0]!.get('min.insync.replicas')], ['3', '2'])
  assert.equal(new Set(children.map(({ env }) => env['CLUSTER_ID'])).size, 1)
  assert.match(
    printed.at(-1)!,
    /ready on localhost:9092,localhost:9093,localhost:9094 \(node 1 is process 101, node 2 is process 102, node 3 is process 103, data in \.\/data\/node-\*/,
  )
})

test('one that dies leaves the others alone; with the last one it is over', async () => {
  const { children, complaints, codes } = await ready()
  children[1]!.end('SIGKILL')
  await settled()
  assert.match(complaints.at(-1)!, /node 2, process 102, ended \(SIGKILL\); going on with node 1, node 3/)
  children[0]!.end(1)
  await settled()
  assert.deepEqual(codes, [])
  children[2]!.end(1)
  await settled()
  await settled()
  assert.deepEqual(codes, [1])
})

test('a signal stops all of them together, a second one ends them at once', async () => {
  const { children, codes, signal } = await ready()
  signal('SIGINT')
  assert.deepEqual(
    children.map(({ stops }) => stops),
    [1, 1, 1],
  )
  for (const child of children) child.end(0)
  await settled()
  await settled()
  assert.deepEqual(codes, [0])
  const hasty = await ready()
  hasty.signal('SIGTERM')
  hasty.signal('SIGTERM')
  assert.deepEqual(
    hasty.children.map(({ kills }) => kills),
    [1, 1, 1],
  )
  assert.deepEqual(hasty.codes, [1])
})

test('where one cannot start, the others are stopped, and its reason is told', async () => {
  const given = scene()
  const starting = given.start('--brokers', '3')
  while (given.children.length < 3) await settled()
  given.children[1]!.output.complaint('odradek: port 9093 is taken')
  given.children[1]!.end(1)
  await starting
  assert.match(given.complaints.at(-1)!, /node 2 did not start \(1\): port 9093 is taken/)
  assert.deepEqual(
    given.children.map(({ stops }) => stops),
    [1, 0, 1],
  )
  for (const at of [0, 2]) given.children[at]!.end(0)
  await settled()
  await settled()
  assert.deepEqual(given.codes, [1])
})

test('what was said of the listener holds for each, with its own port', async () => {
  const file =
    'broker.id=0\nlisteners=IN://0.0.0.0:19092\nadvertised.listeners=IN://kafka.test:19092\ninter.broker.listener.name=IN'
  const { children } = await ready(
    scene({}, { f: `${file}\nlistener.security.protocol.map=IN:PLAINTEXT,CONTROLLER:PLAINTEXT` }),
    'f',
  )
  const all = children.map(overridesOf)
  for (const [at, overrides] of all.entries()) {
    const seen = ['broker.id', 'listeners', 'advertised.listeners', 'controller.quorum.voters'].map((key) => overrides.get(key))
    assert.deepEqual(seen, [
      String(at + 1),
      `IN://0.0.0.0:${19_092 + at},CONTROLLER://localhost:${19_095 + at}`,
      `IN://kafka.test:${19_092 + at}`,
      '1@localhost:19095,2@localhost:19096,3@localhost:19097',
    ])
  }
})

test('the copies that a file of a single node asks for become three; those that somebody typed stay', async () => {
  const files = { f: 'offsets.topic.replication.factor=1\nlog.dirs=/d' }
  const env = { KAFKA_DEFAULT_REPLICATION_FACTOR: '1' }
  const { children } = await ready(scene(env, files), 'f', '-o', 'min.insync.replicas=1')
  const overrides = overridesOf(children[2]!)
  assert.deepEqual(
    ['offsets.topic.replication.factor', 'min.insync.replicas', 'default.replication.factor'].map((key) => overrides.get(key)),
    ['3', '1', undefined],
  )
})

test('one that does not stop cleanly is told by the exit code', async () => {
  const { children, codes, complaints, signal } = await ready()
  children[0]!.end(1) // before: it was told then
  await settled()
  signal('SIGTERM')
  children[1]!.end(0)
  children[2]!.end('SIGKILL')
  await settled()
  await settled()
  assert.deepEqual([codes, complaints.at(-1)], [[1], 'odradek: stopped, not all of it cleanly (see above)'])
})

test('what cannot be a cluster on one machine is refused', async () => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['--brokers', '0'], {}, /--brokers 0 is not valid/],
    [['--brokers', 'many'], {}, /--brokers many is not valid; allowed: 1 to 100/],
    [['--brokers', '3', '-o', 'listeners=PLAINTEXT://localhost:65533'], {}, /needs 6 consecutive ports/],
    [
      ['--brokers', '3', 'f'],
      { f: 'node.id=1\nprocess.roles=broker\ncontroller.listener.names=C\ncontroller.quorum.bootstrap.servers=a:1' },
      /makes a quorum of its own/,
    ],
    [['--brokers', '3', '-o', 'zookeeper.connect=zk:2181'], {}, /makes a quorum of its own; remove .* zookeeper\.connect/],
    [
      ['--brokers', '3', '-o', 'listeners=A://:1,B://:2', '-o', 'listener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT'],
      {},
      /one listener for clients; keep one of A, B in listeners/,
    ],
  ]
  for (const [words, files, expected] of cases) {
    const { start, complaints, children } = scene({}, files)
    await start(...words)
    assert.match(complaints.join(), expected)
    assert.equal(children.length, 0)
  }
})
