import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './error.ts'
import { loadConfig } from './load.ts'

const voters = 'controller.quorum.voters'
const servers = 'controller.quorum.bootstrap.servers'
const names = 'controller.listener.names'

/** A combined node of three; an undefined value takes its key away. */
const combined = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  [voters]: '1@localhost:9093,2@localhost:9094,3@[::1]:9095',
  [names]: 'CONTROLLER',
  listeners: 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
}
const broker = { ...combined, 'process.roles': 'broker', 'node.id': '4', listeners: 'PLAINTEXT://localhost:9092' }
const controller = { ...combined, 'process.roles': 'controller', listeners: 'CONTROLLER://localhost:9093' }

type Values = Readonly<Record<string, string | undefined>>

function load(base: Values, changes: Values = {}) {
  const texts = Object.entries({ ...base, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return loadConfig({ profile: 'file', overrides: new Map(texts) })
}

function complaint(base: Values, changes: Values): string {
  try {
    load(base, changes)
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown))
    return thrown.message
  }
  return ''
}

test('the roles of a node and where its quorum is', () => {
  const { roles, quorum, listeners } = load(combined)
  assert.deepEqual(roles, { broker: true, controller: true })
  assert.deepEqual(quorum.voters, [
    { id: 1, host: 'localhost', port: 9093 },
    { id: 2, host: 'localhost', port: 9094 },
    { id: 3, host: '::1', port: 9095 },
  ])
  assert.deepEqual([quorum.isAlone, quorum.listener, listeners.interBroker], [false, 'CONTROLLER', 'PLAINTEXT'])
  const plain = load(broker, { [voters]: undefined, [servers]: 'a:9093, b:9093' })
  assert.deepEqual(plain.quorum.bootstrapServers, [
    { host: 'a', port: 9093 },
    { host: 'b', port: 9093 },
  ])
  assert.deepEqual([plain.roles.controller, plain.listeners.controller], [false, []])
  const bare = load(controller)
  assert.deepEqual([bare.roles.broker, bare.listeners.client, bare.listeners.controller.length], [false, [], 1])
})

test('a node that names no quorum is broker and controller by itself', () => {
  const { roles, quorum } = loadConfig({ profile: 'sample' })
  assert.deepEqual([roles, quorum.isAlone], [{ broker: true, controller: true }, true])
})

test('what is missing of a node among others is said as Kafka says it', () => {
  const required = (key: string) => `Missing required configuration "${key}" which has no default value.`
  for (const key of ['node.id', 'process.roles', names]) assert.equal(complaint(combined, { [key]: undefined }), required(key))
  for (const base of [broker, controller])
    assert.match(complaint(base, { [voters]: undefined }), /^If using process\.roles, either controller\.quorum\.bootstrap/)
})

test('roles, voters and listeners that contradict each other are refused with what Kafka says', () => {
  const cases: [Values, Values, RegExp][] = [
    [combined, { 'node.id': '7' }, /contains the 'controller' role, the node id 7 must be included .*=Set\(1, 2, 3\)/],
    [broker, { 'node.id': '2' }, /contains just the 'broker' role, the node id 2 must not be included .*=Set\(1, 2, 3\)/],
    [combined, { listeners: 'PLAINTEXT://localhost:9092' }, /must contain at least one value appearing in the 'listeners'/],
    [combined, { listeners: 'CONTROLLER://localhost:9093' }, /at least one broker advertised listener/],
    [combined, { [names]: 'PLAINTEXT' }, /No security protocol|has no security protocol/],
    [combined, { [names]: 'CONTROLLER,OTHER' }, /must only contain values appearing in the 'listeners'/],
    [broker, { listeners: combined.listeners }, /must not contain a value appearing in the 'listeners'.*just the broker role/],
    [
      controller,
      { listeners: combined.listeners },
      /must only contain KRaft controller listeners from controller\.listener\.names/,
    ],
    [controller, { listeners: undefined }, /must only contain KRaft controller listeners/],
    [combined, { 'process.roles': 'broker,foo' }, /process\.roles=broker,foo is not valid; allowed: .*broker, controller/],
    [combined, { 'process.roles': '' }, /process\.roles=\(empty\) is not valid/],
    [broker, { 'controller.quorum.auto.join.enable': 'true' }, /only supported when process\.roles contains the 'controller'/],
    [combined, { 'early.start.listeners': 'X' }, /contains listener X, but this is not contained in listeners/],
    [combined, { 'inter.broker.listener.name': 'CONTROLLER' }, /valid options .* are PLAINTEXT/],
    [
      combined,
      {
        listeners: 'IN://:1,OUT://:2,CONTROLLER://:3',
        'listener.security.protocol.map': 'IN:PLAINTEXT,OUT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      },
      /inter\.broker\.listener\.name must be a listener name .* are IN,OUT/,
    ],
    [combined, { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT' }, /CONTROLLER has no security protocol/],
    [broker, { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:SSL' }, /CONTROLLER speaks SSL/],
  ]
  for (const [base, changes, expected] of cases) assert.match(complaint(base, changes), expected, JSON.stringify(changes))
})

test('voters and bootstrap servers that cannot be read are refused with their form', () => {
  const cases: [string, RegExp][] = [
    ['1@localhost', /Failed to parse host name from entry 1@localhost .*`\{id\}@\{host\}:\{port\}`/],
    ['1@localhost:x', /Failed to parse host name from entry 1@localhost:x/],
    ['1localhost:9093', /Invalid configuration value for controller\.quorum\.voters/],
    ['x@localhost:9093', /Failed to parse voter ID as an integer from x/],
    ['1@localhost:99999', /port out of range:99999/],
    ['1@localhost:9093,1@localhost:9094', /voter 1 is named twice/],
  ]
  for (const [text, expected] of cases) assert.match(complaint(combined, { [voters]: text }), expected)
  for (const text of ['localhost', 'localhost:x', '1@localhost:9093'])
    assert.match(
      complaint(combined, { [voters]: undefined, [servers]: text }),
      /Failed to parse host name from .*"\{host\}:\{port\}"/,
    )
})
