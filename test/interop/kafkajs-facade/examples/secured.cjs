// TLS and logins, as the documentation tells of them, on Apache Kafka: what `scene.json` says of it stands beside this program.
const assert = require('node:assert/strict')
const { readFileSync } = require('node:fs')
const { KafkaJSConnectionError, KafkaJSSASLAuthenticationError } = require('kafkajs')
const { end, kafkaOf, step, until } = require('./lib.cjs')

const { ports, files } = JSON.parse(readFileSync('scene.json', 'utf8'))
const ca = [readFileSync(files.serverPem, 'utf8')]
const own = readFileSync(files.clientPem, 'utf8')
const login = { username: 'alice', password: 'alice-secret' }
const at = (port, config) => kafkaOf({ brokers: [`localhost:${port}`], retry: { initialRetryTime: 50, retries: 2 }, ...config })
const topic = 'facade-secured'

/** Writes a message and reads it. */
async function roundTrip(kafka) {
  const producer = kafka.producer()
  const value = `${Math.random()}`
  await producer.connect()
  await producer.send({ topic, messages: [{ value }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: `secured-${value}`, maxWaitTimeInMs: 100 })
  const found = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => void found.push(message.value.toString()) })
  await until(
    () => found.includes(value),
    () => `${found.length} others`,
  )
  await consumer.disconnect()
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)
const token = async () => ({ value: `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now() - 10, exp: now() + 3600 })}.` })

/** PLAIN, as a mechanism that a program brings along: lengths stand before what is said. */
const byHand = {
  mechanism: 'plain',
  authenticationProvider: ({ host, port, logger, saslAuthenticate }) => ({
    authenticate: async () => {
      logger.debug(`${host}:${port}`)
      const said = Buffer.from(`\0${login.username}\0${login.password}`)
      const length = Buffer.alloc(4)
      length.writeInt32BE(said.length)
      const response = { decode: (raw) => raw.subarray(4), parse: (data) => data.length }
      assert.equal(await saslAuthenticate({ request: { encode: () => Buffer.concat([length, said]) }, response }), 0)
    },
  }),
}

async function main() {
  await step('tls with certificates of both sides', () => roundTrip(at(ports.ssl, { ssl: { ca, key: own, cert: own } })))
  await step('tls without a look at the certificate', () =>
    roundTrip(at(ports.ssl, { ssl: { rejectUnauthorized: false, key: own, cert: own } })),
  )
  await step('tls with somebody who is not trusted', async () => {
    await assert.rejects(at(ports.ssl, { ssl: true }).admin().connect(), (error) => {
      assert.ok(
        [error, error.cause].some((each) => each instanceof KafkaJSConnectionError),
        error.stack,
      )
      return true
    })
  })
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
    const sasl = { mechanism, ...login }
    await step(`login with ${mechanism}`, async () => {
      await roundTrip(at(ports.sasl_ssl, { ssl: { ca }, sasl }))
      await roundTrip(at(ports.sasl_plaintext, { sasl }))
    })
    await step(`login with ${mechanism} and a wrong password`, async () => {
      const wrong = at(ports.sasl_plaintext, { sasl: { ...sasl, password: 'wrong' } })
      await assert.rejects(wrong.producer().connect(), (error) => {
        assert.ok(
          [error, error.cause].some((each) => each instanceof KafkaJSSASLAuthenticationError),
          error.stack,
        )
        return true
      })
    })
  }
  await step('login with oauthbearer', () =>
    roundTrip(at(ports.sasl_ssl, { ssl: { ca }, sasl: { mechanism: 'oauthbearer', oauthBearerProvider: token } })),
  )
  await step('login with a mechanism of the program', () => roundTrip(at(ports.sasl_plaintext, { sasl: byHand })))
  end()
}

main()
