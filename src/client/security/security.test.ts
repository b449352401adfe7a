import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonOptions } from '../../config/client/common.ts'
import type { TlsSettings } from '../../platform/network.ts'
import { OptionError } from '../errors/index.ts'
import { Admin, Consumer, Producer, ShareConsumer } from '../index.ts'
import { resolveOptions } from '../options/resolve.ts'
import { Lifetime } from '../patience.ts'
import { defaultPlatform } from '../platform.ts'
import { type Login, parseJaas } from './login.ts'
import { securityOf } from './security.ts'

/** The settings of TLS that these options come to; null for none. */
function settingsOf(given: object, login?: Login): { tls: TlsSettings | null; hasLogin: boolean } {
  let tls: TlsSettings | null = null
  const { network, ...platform } = defaultPlatform()
  const secured = (settings: TlsSettings) => {
    tls = settings
    return network
  }
  const options = resolveOptions(commonOptions, { bootstrapServers: 'localhost:1', ...given })
  const { greet } = securityOf(options, login, { ...platform, network: { ...network, secured } }, new Lifetime())
  return { tls, hasLogin: greet !== undefined }
}

const login = { username: 'alice', password: 'secret' }

test('each protocol has TLS, a login, both or none', () => {
  const plain = { saslMechanism: 'PLAIN' }
  assert.deepEqual(settingsOf({}), { tls: null, hasLogin: false })
  assert.equal(settingsOf({ securityProtocol: 'ssl' }).tls?.checksHost, true)
  assert.equal(settingsOf({ securityProtocol: 'SASL_PLAINTEXT', ...plain }, login).hasLogin, true)
  const both = settingsOf({ securityProtocol: 'SASL_SSL', ...plain, sslEndpointIdentificationAlgorithm: '' }, login)
  assert.deepEqual([both.hasLogin, both.tls?.checksHost], [true, false])
})

test('certificates come as texts or as files', () => {
  const ssl = { securityProtocol: 'SSL' }
  const files = settingsOf({
    ...ssl,
    sslTruststoreLocation: '/ca.pem',
    sslKeystoreType: 'PKCS12',
    sslKeystoreLocation: '/me.p12',
    sslKeystorePassword: 'x',
  })
  assert.deepEqual([files.tls?.trusted, files.tls?.own, files.tls?.passphrase], [{ file: '/ca.pem' }, { pkcs12: '/me.p12' }, 'x'])
  const texts = settingsOf({
    ...ssl,
    sslTruststoreCertificates: 'CA',
    sslKeystoreKey: 'KEY',
    sslKeystoreCertificateChain: 'CERT',
  })
  assert.deepEqual(
    [texts.tls?.trusted, texts.tls?.own],
    [{ text: 'CA' }, { key: { text: 'KEY' }, certificates: { text: 'CERT' } }],
  )
})

test('every client takes the same options for who it is and how it is secured', async () => {
  const makers = {
    Producer: (config: object) => new Producer({ bootstrapServers: 'localhost:1', ...config }),
    Consumer: (config: object) => new Consumer({ bootstrapServers: 'localhost:1', ...config }),
    ShareConsumer: (config: object) => new ShareConsumer({ bootstrapServers: 'localhost:1', groupId: 'g', ...config }),
    Admin: (config: object) => new Admin({ bootstrapServers: 'localhost:1', ...config }),
  }
  const token = () => ({ value: 'a', lifetimeMs: 1 }) as never
  const taken: readonly object[] = [
    { securityProtocol: 'SASL_PLAINTEXT', saslMechanism: 'PLAIN', sasl: login },
    { securityProtocol: 'SASL_PLAINTEXT', saslMechanism: 'SCRAM-SHA-512', sasl: { ...login, isToken: true } },
    { securityProtocol: 'SASL_SSL', saslMechanism: 'OAUTHBEARER', sasl: { token } },
    { securityProtocol: 'SSL' },
  ]
  for (const [name, make] of Object.entries(makers)) {
    for (const config of taken) await make(config).close()
    assert.throws(() => make({ sasl: login }), /^OptionError: securityProtocol=PLAINTEXT has no login/, name)
  }
})

test('what does not fit together is told with the option', () => {
  const sasl = { securityProtocol: 'SASL_SSL' }
  const wrong: readonly (readonly [object, Login | undefined, RegExp])[] = [
    [{}, login, /^securityProtocol=PLAINTEXT has no login/],
    [sasl, login, /^saslMechanism=GSSAPI is not supported; allowed: PLAIN/],
    [{ ...sasl, saslMechanism: 'PLAIN' }, { ...login, isToken: true }, /^sasl.isToken is not for saslMechanism=PLAIN/],
    [{ ...sasl, saslMechanism: 'PLAIN' }, undefined, /^saslMechanism=PLAIN needs sasl: \{ username, password \}/],
    [{ ...sasl, saslMechanism: 'OAUTHBEARER' }, login, /^saslMechanism=OAUTHBEARER needs sasl: \{ token \}/],
    [{ ...sasl, saslMechanism: 'PLAIN', saslJaasConfig: 'secret stuff' }, undefined, /^saslJaasConfig=\(hidden\) is not valid/],
    [
      { securityProtocol: 'SSL', sslTruststoreType: 'JKS', sslTruststoreLocation: 'x' },
      undefined,
      /^sslTruststoreType=JKS is not supported/,
    ],
    [{ securityProtocol: 'SSL', sslKeystoreKey: 'x' }, undefined, /^sslKeystoreCertificateChain is missing/],
    [
      { securityProtocol: 'SSL', sslKeystoreType: 'PEM', sslKeystoreLocation: 'x', sslKeystorePassword: 'y' },
      undefined,
      /^sslKeystorePassword is not for sslKeystoreType=PEM/,
    ],
    [{ ...sasl, saslMechanism: 'PLAIN' }, { ...login, password: 'a\0b' }, /^sasl.password holds a zero character/],
  ]
  for (const [given, who, message] of wrong) {
    assert.throws(
      () => settingsOf(given, who),
      (thrown) => thrown instanceof OptionError && message.test(thrown.message),
      String(message),
    )
  }
})

test('the text that Java is told is read as Java reads it', () => {
  const text =
    'org.apache.kafka.common.security.scram.ScramLoginModule required\n  username="al\\"ice" password=secret tokenauth="true";'
  assert.deepEqual(parseJaas(text), { username: 'al"ice', password: 'secret', isToken: true })
})
