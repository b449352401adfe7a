import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appended, subtracted } from './alter.ts'
import { ConfigError } from './error.ts'
import { staticLayers } from './layers.ts'
import { topicConfigs } from './topic.ts'
import { validateBrokerChanges, validateClientMetricsConfigs, validateGroupConfigs, validateTopicConfigs } from './validate.ts'

const texts = (values: Record<string, string>) => new Map(Object.entries(values))
const layers = staticLayers(texts({ 'node.id': '1', 'process.roles': 'broker,controller', 'controller.listener.names': 'C' }))

function refusal(act: () => void): string {
  try {
    act()
  } catch (thrown) {
    assert.ok(thrown instanceof ConfigError, String(thrown))
    return `${thrown.refusal} ${thrown.key}`
  }
  return 'accepted'
}

// The verdicts are those of a real broker (cases createtopics/config-*).
const topicVerdicts: [Record<string, string>, boolean][] = [
  [{ 'no.such.config': 'x' }, false],
  [{ '': 'x' }, false],
  [{ constructor: 'x' }, false],
  [{ 'retention.ms': 'abc' }, false],
  [{ 'retention.ms': '' }, false],
  [{ 'retention.ms': '-2' }, false],
  [{ 'retention.ms': '-1' }, true],
  [{ 'cleanup.policy': 'foo' }, false],
  [{ 'cleanup.policy': '' }, true],
  [{ 'cleanup.policy': 'compact,delete' }, true],
  [{ 'cleanup.policy': 'delete,delete' }, true],
  [{ 'cleanup.policy': ' compact , delete ' }, true],
  [{ 'compression.type': 'none' }, false],
  [{ 'compression.type': 'uncompressed' }, true],
  [{ 'min.insync.replicas': '0' }, false],
  [{ 'min.insync.replicas': '5' }, true],
  [{ 'segment.bytes': '1048575' }, false],
  [{ 'segment.bytes': '1048576' }, true],
  [{ 'segment.ms': '0' }, false],
  [{ 'max.message.bytes': '-1' }, false],
  [{ 'message.format.version': '3.0' }, false],
  [{ 'message.downconversion.enable': 'true' }, false],
  [{ 'message.timestamp.type': 'createtime' }, false],
  [{ 'min.cleanable.dirty.ratio': '2' }, false],
  [{ preallocate: 'yes' }, false],
  [{ preallocate: 'TRUE' }, true],
  [{ 'remote.storage.enable': 'true' }, false],
  [{ 'segment.index.bytes': ' 1000 ' }, true],
  [{ 'segment.index.bytes': '99999999999' }, false],
  [{ 'leader.replication.throttled.replicas': 'x' }, false],
  [{ 'leader.replication.throttled.replicas': '*' }, true],
  [{ 'leader.replication.throttled.replicas': '0:1,1:2' }, true],
  [{ 'compression.gzip.level': '0' }, false],
  [{ 'compression.zstd.level': '23' }, false],
  [{ 'min.compaction.lag.ms': '9223372036854775807' }, true],
  [{ 'min.compaction.lag.ms': '1000', 'max.compaction.lag.ms': '10' }, false],
  [{ 'internal.segment.bytes': '100' }, true],
]

test('topic configurations are taken and refused as by Kafka', () => {
  for (const [values, ok] of topicVerdicts) {
    const found = refusal(() => validateTopicConfigs(layers, texts(values)))
    assert.match(found, ok ? /^accepted$/ : /^INVALID_CONFIG /, JSON.stringify(values))
  }
})

test('group configurations stay within the bounds that the brokers set', () => {
  const group = (values: Record<string, string>) => refusal(() => validateGroupConfigs(layers, texts(values)))
  assert.equal(group({ 'consumer.session.timeout.ms': '50000' }), 'accepted')
  assert.equal(group({ 'consumer.session.timeout.ms': '1' }), 'INVALID_CONFIG consumer.session.timeout.ms')
  assert.equal(group({ 'streams.num.standby.replicas': '3' }), 'INVALID_CONFIG streams.num.standby.replicas')
  assert.equal(group({ 'share.record.lock.duration.ms': '1000' }), 'INVALID_CONFIG share.record.lock.duration.ms')
  assert.equal(group({ 'share.auto.offset.reset': 'by_duration:PT1H' }), 'accepted')
  assert.equal(group({ 'share.auto.offset.reset': 'by_duration:1H' }), 'INVALID_CONFIG share.auto.offset.reset')
  assert.equal(group({ nope: '1' }), 'INVALID_CONFIG nope')
})

test('a running broker changes only what may change, at its level', () => {
  const change = (values: Record<string, string | null>, perBroker = true) =>
    refusal(() => validateBrokerChanges(layers, new Map(Object.entries(values)), perBroker))
  assert.equal(change({ 'log.retention.ms': '5' }, false), 'accepted')
  assert.equal(change({ 'num.partitions.foo': '1' }), 'accepted')
  assert.equal(change({ 'log.dirs': '/x' }), 'INVALID_REQUEST log.dirs')
  assert.equal(change({ 'log.dirs': null }), 'INVALID_REQUEST log.dirs')
  assert.equal(change({ listeners: 'PLAINTEXT://:1' }, false), 'INVALID_REQUEST listeners')
  assert.equal(change({ listeners: 'PLAINTEXT://:1' }), 'INVALID_REQUEST listeners')
  assert.equal(change({ listeners: null }), 'accepted')
  assert.equal(change({ 'leader.replication.throttled.rate': '1000' }), 'accepted')
  assert.equal(change({ 'log.cleaner.threads': 'x' }), 'INVALID_REQUEST log.cleaner.threads')
  assert.equal(change({ 'num.io.threads': '17' }), 'INVALID_REQUEST num.io.threads')
  assert.equal(change({ 'num.io.threads': '16' }), 'accepted')
})

test("subscriptions to clients' metrics", () => {
  const metrics = (values: Record<string, string>) => refusal(() => validateClientMetricsConfigs(texts(values)))
  assert.equal(metrics({ 'interval.ms': '60000', metrics: 'org.apache.kafka.', match: 'client_id=.*' }), 'accepted')
  assert.equal(metrics({ 'interval.ms': '1' }), 'INVALID_REQUEST interval.ms')
  assert.equal(metrics({ match: 'nope=x' }), 'INVALID_CONFIG match')
  assert.equal(metrics({ match: 'client_id=(' }), 'INVALID_CONFIG match')
  assert.equal(metrics({ nope: 'x' }), 'INVALID_REQUEST nope')
})

test('entries are added to and taken from lists, and from nothing else', () => {
  const policy = topicConfigs['cleanup.policy']
  assert.equal(appended('cleanup.policy', policy, undefined, 'compact'), 'delete,compact')
  assert.equal(appended('cleanup.policy', policy, 'compact', 'compact'), 'compact')
  assert.equal(subtracted('cleanup.policy', policy, 'delete', 'delete, compact'), '')
  assert.throws(() => appended('retention.ms', topicConfigs['retention.ms'], undefined, '1'), ConfigError)
  assert.throws(() => subtracted('nope', undefined, undefined, '1'), ConfigError)
})
