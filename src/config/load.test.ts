import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokerConfigs } from './broker/index.ts'
import { fromEnvironment } from './environment.ts'
import { ConfigError } from './error.ts'
import { type Given, loadConfig } from './load.ts'
import { suggest } from './suggest.ts'

const load = (given: Partial<Given>) => loadConfig({ profile: 'file', ...given })
const override = (values: Record<string, string>) => load({ overrides: new Map(Object.entries(values)) })

function complaint(given: Partial<Given>): string {
  try {
    load(given)
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown))
    return thrown.message
  }
  return ''
}

test('the override goes before the environment, the environment before the file, the file before the profile', () => {
  const file = 'num.partitions=2\nlog.segment.bytes=2000000\noffsets.topic.replication.factor=2\nmin.insync.replicas=2'
  const env = { KAFKA_NUM_PARTITIONS: '3', KAFKA_LOG_SEGMENT_BYTES: '3000000' }
  const { config, given } = load({ profile: 'sample', file, env, overrides: new Map([['num.partitions', '4']]) })
  assert.equal(config['num.partitions'], 4)
  assert.equal(config['log.segment.bytes'], 3_000_000)
  assert.equal(config['offsets.topic.replication.factor'], 2)
  assert.equal(config['transaction.state.log.replication.factor'], 1)
  assert.equal(given.get('num.partitions'), '4')
  assert.equal(given.has('num.io.threads'), false)
})

test('the three profiles', () => {
  const sample = load({ profile: 'sample' })
  assert.deepEqual(sample.listeners.client, [
    { name: 'PLAINTEXT', bind: { host: 'localhost', port: 9092 }, advertised: { host: 'localhost', port: 9092 } },
  ])
  assert.deepEqual(sample.logDirs, ['./data'])
  const library = load({ profile: 'library' })
  assert.equal(library.config['group.initial.rebalance.delay.ms'], 0)
  assert.equal(library.listeners.client[0]?.bind.port, 0)
  const file = load({})
  assert.deepEqual([file.config['offsets.topic.replication.factor'], file.logDirs], [3, ['/tmp/kafka-logs']])
  for (const { warnings } of [sample, library, file]) assert.deepEqual(warnings, [])
})

test('an old file from before KRaft is read', () => {
  const { config, warnings, quorum } = load({
    file: 'broker.id=0\nzookeeper.connect=localhost:2181/kafka\nzookeeper.connection.timeout.ms=1\nzookeeper.max.in.flight.requests=5\nlog.dir=/x',
  })
  assert.deepEqual([config['node.id'], config['zookeeper.connect'], quorum.isAlone], [0, 'localhost:2181/kafka', true])
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^zookeeper\.max\.in\.flight\.requests: .* ignored$/)
  assert.match(
    complaint({
      file: 'node.id=1\nprocess.roles=broker,controller\nlisteners=PLAINTEXT://:1,C://:2\ncontroller.listener.names=C\ncontroller.quorum.voters=1@a:2\nzookeeper.connect=a:1',
    }),
    /cannot both be set/,
  )
})

test('a wrong value names key, value, what is allowed, and where it was said', () => {
  assert.equal(
    complaint({ env: { KAFKA_NUM_PARTITIONS: 'many' } }),
    'num.partitions=many is not valid; allowed: a whole number from -2147483648 to 2147483647 (from KAFKA_NUM_PARTITIONS)',
  )
  assert.equal(
    complaint({ file: 'num.partitions=0', fileName: 'server.properties' }),
    'num.partitions=0 is not valid; allowed: at least 1 (from server.properties)',
  )
  assert.match(complaint({ file: 'process.roles=controller' }), /^If using process\.roles, either/)
  assert.match(complaint({ file: 'authorizer.class.name=org.example.Authorizer' }), /not supported yet, and without it everybody/)
  assert.match(complaint({ file: 'node.id=1\nbroker.id=2' }), /set node\.id to the same value as broker\.id/)
})

test('an unknown key is ignored with a hint', () => {
  const { warnings } = override({ 'num.partition': '3', 'auto.create.topic.enable': 'true', 'completely.different': 'x' })
  assert.deepEqual(warnings, [
    'num.partition (from --override) is no configuration of a broker and is ignored; did you mean num.partitions?',
    'auto.create.topic.enable (from --override) is no configuration of a broker and is ignored; did you mean auto.create.topics.enable?',
    'completely.different (from --override) is no configuration of a broker and is ignored',
  ])
})

test('suggestions are near or absent', () => {
  const names = Object.keys(brokerConfigs)
  assert.equal(suggest('lgo.dirs', names), 'log.dirs')
  assert.equal(suggest('LISTENER', names), 'listeners')
  assert.equal(suggest('x', names), null)
  assert.equal(suggest('', names), null)
})

test('variables of container images become keys; those of the start scripts do not', () => {
  const { texts, clusterId } = fromEnvironment({
    KAFKA_BROKER_ID: '3',
    KAFKA_CFG_LOG_DIRS: '/d',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_A__B___C: 'x',
    KAFKA_OPTS: '-Dx',
    KAFKA_HEAP_OPTS: '-Xmx1g',
    KAFKA_JVM_PERFORMANCE_OPTS: 'x',
    KAFKA_LOG4J_ROOT_LOGLEVEL: 'INFO',
    KAFKA_JMX_PORT: '9999',
    KAFKA_GC_LOG_OPTS: 'x',
    KAFKA_VERSION: '4.2.0',
    KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
    CLUSTER_ID: 'abc',
    HOME: '/root',
  })
  assert.deepEqual(Object.fromEntries(texts), {
    'broker.id': '3',
    'log.dirs': '/d',
    'offsets.topic.replication.factor': '1',
    'a_b-c': 'x',
  })
  assert.equal(clusterId, 'abc')
  for (const name of ['CLUSTER_ID', 'KAFKA_CLUSTER_ID', 'KAFKA_KRAFT_CLUSTER_ID']) {
    const other = fromEnvironment({ CLUSTER_ID: '', [name]: 'def' })
    assert.deepEqual([other.clusterId, other.texts.size], ['def', 0], name)
  }
})

test('with only an advertised listener the broker listens on its port on all interfaces', () => {
  for (const profile of ['file', 'sample'] as const) {
    const { listeners } = load({ profile, env: { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://kafka.example.com:29092' } })
    assert.deepEqual(listeners.client, [
      { name: 'PLAINTEXT', bind: { host: '', port: 29092 }, advertised: { host: 'kafka.example.com', port: 29092 } },
    ])
  }
})

test("a file of Apache's sample kind: two listeners, one of them the controller's", () => {
  const { listeners } = override({
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093,docker://[::1]:19092',
    'advertised.listeners': 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,DOCKER:PLAINTEXT',
    'inter.broker.listener.name': 'docker',
  })
  assert.deepEqual(
    listeners.client.map(({ name, bind, advertised }) => [name, bind.host, advertised.host]),
    [
      ['PLAINTEXT', '', 'localhost'],
      ['DOCKER', '::1', '::1'],
    ],
  )
  assert.deepEqual(
    listeners.controller.map(({ name }) => name),
    ['CONTROLLER'],
  )
  assert.equal(listeners.interBroker, 'DOCKER')
})

test('variables as in the compose files of tutorials', () => {
  const { listeners, config } = load({
    profile: 'sample',
    env: {
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
      KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092',
      KAFKA_LISTENERS: 'PLAINTEXT://broker:29092,CONTROLLER://broker:29093,PLAINTEXT_HOST://0.0.0.0:9092',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@broker:29093',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_LOG_DIRS: '/tmp/kraft-combined-logs',
      CLUSTER_ID: 'MkU3OEVBNTcwNTJENDM2Qk',
    },
  })
  const [inside, outside] = listeners.client
  assert.deepEqual([inside?.name, outside?.name, listeners.controller[0]?.bind.port], ['PLAINTEXT', 'PLAINTEXT_HOST', 29093])
  assert.deepEqual(outside?.advertised, { host: 'localhost', port: 9092 })
  assert.equal(config['group.initial.rebalance.delay.ms'], 0)
})

test('listeners that cannot be are refused with the reason', () => {
  const why = (values: Record<string, string>) => complaint({ overrides: new Map(Object.entries(values)) })
  assert.match(why({ listeners: 'localhost:9092' }), /allowed: NAME:\/\/host:port/)
  assert.match(why({ listeners: 'PLAINTEXT://:70000' }), /allowed: NAME/)
  assert.match(why({ listeners: 'SASL_SSL://:9092' }), /speaks SASL_SSL, which is not supported yet/)
  assert.match(why({ listeners: 'INTERNAL://:9092' }), /add INTERNAL:PLAINTEXT to listener\.security\.protocol\.map/)
  assert.match(why({ listeners: 'PLAINTEXT://:9092,PLAINTEXT://:9093' }), /name PLAINTEXT is used twice/)
  assert.match(why({ listeners: 'PLAINTEXT://:9092,CONTROLLER://:9092' }), /both want port 9092/)
  assert.match(why({ listeners: 'CONTROLLER://:9092' }), /A broker needs one for its clients/)
  assert.match(why({ listeners: 'PLAINTEXT://0.0.0.0:9092' }), /set advertised\.listeners/)
  assert.match(why({ 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' }), /name the host that they see/)
  assert.match(
    why({ listeners: 'PLAINTEXT://:9092', 'advertised.listeners': 'OTHER://a:9092' }),
    /OTHER is not among the listeners/,
  )
  assert.match(
    why({ 'inter.broker.listener.name': 'NOPE' }),
    /inter\.broker\.listener\.name must be a listener name .* are PLAINTEXT/,
  )
  assert.match(why({ 'listener.security.protocol.map': 'PLAINTEXT:TLS' }), /PLAINTEXT:TLS is not valid/)
  assert.match(
    why({ 'inter.broker.listener.name': 'PLAINTEXT', 'security.inter.broker.protocol': 'PLAINTEXT' }),
    /cannot both be set/,
  )
})

test('what was set and changes nothing is said, unless it is the default anyway', () => {
  const { warnings } = override({ 'num.io.threads': '8', 'num.network.threads': '5', 'background.threads': '20' })
  assert.deepEqual(warnings, ['without effect in this version (see docs/limits.md): num.network.threads, background.threads'])
})
