import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  type DescribedConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
} from './describe.ts'
import { type BrokerLayers, noTexts, staticLayers } from './layers.ts'
import { brokerConfig, groupConfig, topicConfig } from './resolve.ts'

const texts = (values: Record<string, string>) => new Map(Object.entries(values))
const bare = staticLayers(noTexts)
const identity = { 'node.id': '1', 'process.roles': 'broker,controller', 'controller.listener.names': 'CONTROLLER' }

const brief = (entries: readonly DescribedConfig[]) =>
  entries.map(({ name, value, source, synonyms }) => [
    name,
    value,
    source,
    ...synonyms.map((one) => `${one.name}=${one.value}@${one.source}`),
  ])

test('the finest unit goes before the coarser, whichever layer it stands in', () => {
  const retention = (layers: BrokerLayers) => topicConfig(layers, noTexts)['retention.ms']
  assert.equal(retention(bare), 604_800_000)
  assert.equal(retention(staticLayers(texts({ 'log.retention.hours': '2' }))), 7_200_000)
  assert.equal(retention(staticLayers(texts({ 'log.retention.hours': '2', 'log.retention.minutes': '3' }))), 180_000)
  assert.equal(retention(staticLayers(texts({ 'log.retention.hours': '-1' }))), -1)
  const layers = {
    static: texts({ 'log.retention.ms': '7' }),
    dynamicDefault: texts({ 'log.retention.ms': '8' }),
    dynamicBroker: texts({ 'log.retention.ms': '9' }),
  }
  assert.equal(retention(layers), 9)
  assert.equal(topicConfig(layers, texts({ 'retention.ms': ' 10 ' }))['retention.ms'], 10)
})

test('a broker file reaches topics and groups under their own names', () => {
  const layers = staticLayers(
    texts({ 'message.max.bytes': '5000', 'log.flush.scheduler.interval.ms': '77', 'group.consumer.session.timeout.ms': '50000' }),
  )
  const topic = topicConfig(layers, noTexts)
  assert.equal(topic['max.message.bytes'], 5000)
  assert.equal(topic['flush.ms'], 77)
  assert.deepEqual(topic['cleanup.policy'], ['delete'])
  assert.equal(groupConfig(layers, noTexts)['consumer.session.timeout.ms'], 50_000)
})

test('a broker without a word about them has Kafka defaults', () => {
  const config = brokerConfig(staticLayers(texts(identity)))
  assert.equal(config['log.dirs'], null)
  assert.deepEqual(config['log.dir'], ['/tmp/kafka-logs'])
  assert.equal(config['log.flush.policy'], 'fsync')
})

test('where an inherited value comes from: the first layer that names the key of the same unit', () => {
  const altered = { ...bare, dynamicDefault: texts({ 'log.retention.ms': '604800000' }) }
  assert.deepEqual(brief(describeTopicConfig(altered, noTexts, ['retention.ms'])), [
    ['retention.ms', '604800000', 3, 'log.retention.ms=604800000@3', 'log.retention.hours=168@5'],
  ])
  // Kafka does not show a coarser unit as the source of a finer one.
  const hours = staticLayers(texts({ 'log.retention.hours': '1' }))
  assert.deepEqual(brief(describeTopicConfig(hours, noTexts, ['retention.ms'])), [['retention.ms', '3600000', 5]])
  assert.deepEqual(brief(describeTopicConfig(bare, texts({ 'segment.ms': '9999999' }), ['segment.ms'])), [
    ['segment.ms', '9999999', 1, 'segment.ms=9999999@1'],
  ])
})

test('a secret is never described, nor what stands under a name that nobody knows', () => {
  const layers = staticLayers(
    texts({
      ...identity,
      'ssl.key.password': 'hunter2',
      'my.plugin.token': 'hunter2',
      'listener.name.x.ssl.key.password': 'hunter2',
    }),
  )
  const entries = describeBrokerConfig(layers, ['ssl.key.password', 'my.plugin.token', 'listener.name.x.ssl.key.password'])
  assert.deepEqual(
    entries.map(({ name, isSensitive }) => [name, isSensitive]),
    [
      ['listener.name.x.ssl.key.password', true],
      ['my.plugin.token', true],
      ['ssl.key.password', true],
    ],
  )
  assert.ok(!JSON.stringify(describeBrokerConfig(layers)).includes('hunter2'))
})

test('our own keys are shown only where they were set, internal ones never by default', () => {
  const names = describeBrokerConfig(staticLayers(texts(identity))).map(({ name }) => name)
  assert.ok(!names.includes('log.flush.policy'))
  assert.ok(!names.includes('internal.metadata.max.fetch.size.in.bytes'))
  const [set] = describeBrokerConfig(staticLayers(texts({ ...identity, 'log.flush.policy': 'os' })), ['log.flush.policy'])
  assert.deepEqual([set?.value, set?.source, set?.readOnly], ['os', 4, true])
})

const recorded = ['../../../../shared', '../../../shared']
  .map((path) => new URL(`${path}/kafka/golden/apache-kafka-4.2.0.json`, import.meta.url))
  .find((url) => existsSync(url))

test('recorded answers of a real broker: values, sources, flags, types and synonyms', {
  skip: recorded ? false : 'no ../shared',
}, () => {
  const cases: { id: string; version: number; facts: { results: { configs: Fact[] }[] } }[] = JSON.parse(
    readFileSync(recorded as URL, 'utf8'),
  ).cases
  interface Fact {
    name: string
    synonyms: unknown[]
  }
  // What the cases before them altered.
  const layers: BrokerLayers = {
    static: texts(identity),
    dynamicDefault: texts({ 'log.retention.ms': '604800000', 'min.insync.replicas': '1' }),
    dynamicBroker: texts({ 'log.cleaner.threads': '1', 'num.partitions.foo': '1' }),
  }
  const topic = texts({ 'segment.ms': '9999999' })
  const ours: Record<string, (names: string[] | null) => DescribedConfig[]> = {
    'describe-topic-keys-v4': (names) => describeTopicConfig(layers, topic, names),
    'describe-topic-all': () => describeTopicConfig(layers, topic),
    'describe-topic-no-keys': () => describeTopicConfig(layers, topic, []),
    'describe-topic-unknown-key': () => describeTopicConfig(layers, topic, ['nope']),
    'describe-broker-keys': (names) => describeBrokerConfig(layers, names),
    'describe-broker-default': () => describeBrokerDefaults(layers, ['log.retention.ms']),
    'describe-group': () => describeGroupConfig(layers, texts({ 'consumer.session.timeout.ms': '50000' })),
    'describe-group-unknown': () => describeGroupConfig(layers, noTexts),
    'describe-client-metrics': () =>
      describeClientMetricsConfig(texts({ 'interval.ms': '60000', metrics: 'org.apache.kafka.', match: 'client_id=.*' })),
    'describe-client-metrics-unknown': () => describeClientMetricsConfig(noTexts),
  }
  for (const [id, describe] of Object.entries(ours)) {
    const expected = cases.find((one) => one.id === `configs/${id}`)?.facts.results[0]?.configs
    assert.ok(expected, id)
    const withSynonyms = expected.some(({ synonyms }) => synonyms.length > 0)
    const found = describe(expected.map(({ name }) => name)).map(({ source, type, documentation, synonyms, ...rest }) => ({
      ...rest,
      configSource: source,
      configType: type,
      documentation: documentation === null ? 'missing' : null,
      synonyms: withSynonyms ? synonyms : [],
    }))
    assert.deepEqual(found.sort(byName), expected.sort(byName), id)
  }
})

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
