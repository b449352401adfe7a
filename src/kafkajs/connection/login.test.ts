import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnLogin } from '../../client/security/login.ts'
import { createLogger } from '../logging.ts'
import { loginOf } from './login.ts'

const logger = createLogger(0, () => () => {})
const login = { username: 'alice', password: 'secret' }
const broker = { host: 'kafka', port: 9092 }

test("KafkaJS's mechanisms are Kafka's, whatever their case", () => {
  assert.deepEqual(loginOf({ mechanism: 'plain', ...login }, logger), { saslMechanism: 'PLAIN', sasl: login })
  assert.equal(loginOf({ mechanism: 'SCRAM-SHA-512' as 'scram-sha-512', ...login }, logger).saslMechanism, 'SCRAM-SHA-512')
  assert.throws(() => loginOf({ mechanism: 'gssapi' as 'plain', ...login }, logger), /gssapi is not supported; allowed: plain/)
  assert.throws(
    () => loginOf({ mechanism: 'plain', username: 'alice' } as never, logger),
    /SASL PLAIN: Missing username or password/,
  )
})

test('a token is asked for at each login', async () => {
  let count = 0
  const given = loginOf({ mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: `t${count++}` }) }, logger)
  const { token } = given.sasl as { token: () => Promise<{ value: string }> }
  assert.deepEqual([(await token()).value, (await token()).value], ['t0', 't1'])
})

test('AWS says who it is in one message', async () => {
  const { sasl } = loginOf({ mechanism: 'aws', authorizationIdentity: 'a', accessKeyId: 'k', secretAccessKey: 's' }, logger)
  const said: string[] = []
  await (sasl as OwnLogin).authenticate(async (bytes) => {
    said.push(Buffer.from(bytes).toString())
    return Buffer.alloc(0)
  }, broker)
  assert.deepEqual(said, ['a\0k\0s\0'])
})

test("a program's own mechanism speaks in bytes that begin with their length, and hears such bytes", async () => {
  const heard: unknown[] = []
  const { sasl } = loginOf(
    {
      mechanism: 'simon',
      authenticationProvider: ({ host, port, saslAuthenticate }) => ({
        async authenticate() {
          const request = { encode: () => Buffer.from([0, 0, 0, 2, 104, 105]) }
          const response = { decode: (raw: Buffer) => raw.subarray(4), parse: (data: Buffer) => data.toString() }
          heard.push(host, port, await saslAuthenticate({ request, response }), await saslAuthenticate({ request }))
        },
      }),
    },
    logger,
  )
  assert.equal((sasl as OwnLogin).mechanism, 'SIMON')
  await (sasl as OwnLogin).authenticate(async (bytes) => Buffer.from(`${Buffer.from(bytes)}!`), broker)
  assert.deepEqual(heard, ['kafka', 9092, 'hi!', undefined])
})
