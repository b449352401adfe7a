import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../config/error.ts'
import { loadConfig } from '../config/load.ts'
import { zookeeperSettings } from './settings.ts'

const settingsOf = (env: Record<string, string>) =>
  zookeeperSettings(loadConfig({ profile: 'file', env: { KAFKA_BROKER_ID: '1', ...env } }).config)

test('what the environment of a tutorial says, with Kafka 3.9 defaults for the rest', () => {
  assert.deepEqual(settingsOf({ KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181' }), {
    servers: [{ host: 'zookeeper', port: 2181 }],
    chroot: '',
    sessionTimeoutMs: 18_000,
    connectionTimeoutMs: 18_000,
  })
  const all = {
    KAFKA_ZOOKEEPER_CONNECT: 'a:1,b:2/kafka',
    KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS: '6000',
    KAFKA_ZOOKEEPER_CONNECTION_TIMEOUT_MS: '7000',
  }
  const { servers, ...others } = settingsOf(all)!
  assert.equal(servers.length, 2)
  assert.deepEqual(others, { chroot: '/kafka', sessionTimeoutMs: 6000, connectionTimeoutMs: 7000 })
  assert.equal(settingsOf({}), null)
})

test('what cannot be is refused, not ignored', () => {
  const KAFKA_ZOOKEEPER_CONNECT = 'zookeeper:2181'
  for (const [env, key] of [
    [{ KAFKA_ZOOKEEPER_CONNECT: 'a:b:c' }, 'zookeeper.connect'],
    [{ KAFKA_ZOOKEEPER_CONNECT, KAFKA_ZOOKEEPER_SET_ACL: 'true' }, 'zookeeper.set.acl'],
    [{ KAFKA_ZOOKEEPER_CONNECT, KAFKA_ZOOKEEPER_SSL_CLIENT_ENABLE: 'true' }, 'zookeeper.ssl.client.enable'],
    [{ KAFKA_ZOOKEEPER_CONNECT, KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS: '0' }, 'zookeeper.session.timeout.ms'],
  ] as const)
    assert.throws(
      () => settingsOf(env),
      (thrown) => thrown instanceof ConfigError && thrown.key === key,
    )
})
