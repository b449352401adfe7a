import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonOptions } from '../../config/client/common.ts'
import { startBroker } from '../../index.ts'
import { OptionError, TimeoutError } from '../errors/index.ts'
import { resolveOptions } from '../options/resolve.ts'
import { defaultPlatform } from '../platform.ts'
import { Cluster, serverAddress } from './cluster.ts'

function clusterAt(bootstrapServers: string, more: object = {}) {
  const options = resolveOptions(commonOptions, { bootstrapServers, clientId: 'test', ...more })
  return new Cluster({ platform: defaultPlatform(), options, createsTopics: true })
}

test('finds topics, their leaders, and the coordinator of a group', async () => {
  await using broker = await startBroker({ inMemory: true, config: { 'auto.create.topics.enable': true, 'num.partitions': 3 } })
  const cluster = clusterAt(broker.bootstrapServers)
  try {
    const patience = cluster.patience('topics', { timeoutMs: 10_000 })
    const [topic] = await cluster.topics(['t'], patience)
    assert.equal(topic!.partitions.length, 3)
    assert.equal(cluster.metadata.clusterId, broker.clusterId)
    assert.equal(cluster.partition('t', 1)!.leaderId, topic!.partitions[0]!.leaderId)
    const node = await cluster.coordinator('group', 'g', patience)
    assert.equal(node.id, topic!.partitions[0]!.leaderId)
  } finally {
    cluster.close()
  }
})

test('nobody at the bootstrap servers: the timeout says what was waited for, and why in vain', async () => {
  const cluster = clusterAt('127.0.0.1:1', { retryBackoffMs: 10, reconnectBackoffMs: 10 })
  try {
    await assert.rejects(
      cluster.topics(['t'], cluster.patience('the partitions of t', { timeoutMs: 500 })),
      (thrown) =>
        thrown instanceof TimeoutError &&
        /^the partitions of t took longer than 500 ms; .*Metadata to 127.0.0.1:1: .*ECONNREFUSED/.test(thrown.message),
    )
  } finally {
    cluster.close()
  }
})

test('bootstrap servers are host:port, with IPv6 in brackets', () => {
  assert.deepEqual(serverAddress('[::1]:9092'), { host: '::1', port: 9092 })
  assert.deepEqual(serverAddress('PLAINTEXT://kafka.example:9092'), { host: 'kafka.example', port: 9092 })
  for (const wrong of ['localhost', 'a:0', 'a:65536', '::1:9092', ':9092']) assert.throws(() => serverAddress(wrong), OptionError)
})
