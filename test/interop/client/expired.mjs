/** Certificates that have run out, the server's and the client's: every kind of client is told at once what it is, and does not try for long. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { must } from '../lib/processes.mjs'

const LONG_AGO = ['-startdate', '-30d', '-validity', '10']
const NOW = ['-validity', '30']
const NAMES = 'san=dns:localhost,ip:127.0.0.1'

/** A server's certificate of long ago, and two that an authority has made out for clients: one of long ago, and one that counts. */
export async function expiredCertificates(file, password) {
  const keytool = (...args) => must('keytool', [...args, '-storepass', password, '-noprompt'])
  const store = (name) => ['-keystore', file(`${name}.p12`), '-storetype', 'PKCS12', '-alias', name]
  const pair = (name, ...more) =>
    keytool('-genkeypair', ...store(name), '-keyalg', 'RSA', '-keysize', '2048', '-dname', `CN=${name}`, ...more)
  await pair('expired', ...LONG_AGO, '-ext', NAMES)
  await keytool('-exportcert', ...store('expired'), '-rfc', '-file', file('expired.pem'))
  await pair('authority', ...NOW, '-ext', 'bc:c')
  await keytool('-exportcert', ...store('authority'), '-rfc', '-file', file('authority.pem'))
  const signed = async (name, dates) => {
    await pair(name, ...NOW)
    await keytool('-certreq', ...store(name), '-file', file(`${name}.csr`))
    const made = ['-infile', file(`${name}.csr`), '-outfile', file(`${name}-signed.pem`), '-rfc', ...dates]
    await keytool('-gencert', ...store('authority'), ...made)
    const key = [
      'pkcs12',
      '-in',
      file(`${name}.p12`),
      '-passin',
      `pass:${password}`,
      '-nocerts',
      '-nodes',
      '-out',
      file(`${name}-key.pem`),
    ]
    await must('openssl', key)
    const parts = [`${name}-key.pem`, `${name}-signed.pem`, 'authority.pem'].map((part) => readFileSync(file(part), 'utf8'))
    writeFileSync(file(`${name}.pem`), parts.join('\n'))
    return file(`${name}.pem`)
  }
  return {
    expiredP12: file('expired.p12'),
    expiredPem: file('expired.pem'),
    authorityPem: file('authority.pem'),
    lateClientPem: await signed('late', LONG_AGO),
    timelyClientPem: await signed('timely', NOW),
  }
}

export async function expired({ report, client, ports, files }) {
  /** Something that each kind of client does, which needs a connection. */
  const tries = (options, pollMs = 15_000) => ({
    producer: () =>
      using(new client.Producer({ maxBlockMs: 15_000, ...options }), (producer) =>
        producer.send({ topic: 'secured', value: 'x' }),
      ),
    consumer: () =>
      using(new client.Consumer({ defaultApiTimeoutMs: 15_000, groupId: 'expired', ...options }), (consumer) =>
        consumer.committed([{ topic: 'secured', partition: 0 }]),
      ),
    member: () =>
      using(new client.Consumer({ groupId: 'expired.member', ...options }), (consumer) => {
        consumer.subscribe('secured')
        return consumer.poll({ timeoutMs: pollMs })
      }),
    admin: () => using(new client.Admin({ defaultApiTimeoutMs: 15_000, ...options }), (admin) => admin.listTopics()),
  })
  const refused = async (options, what) => {
    for (const [kind, attempt] of Object.entries(tries(options))) {
      const beganAt = performance.now()
      const why = await attempt().then(
        () => assert.fail(`the ${kind} works`),
        (thrown) => thrown,
      )
      assert.ok(why instanceof client.AuthenticationError && why.code === 'TLS_FAILED' && why.fatal, `${kind}: ${why.stack}`)
      assert.match(why.message, what, kind)
      assert.ok(performance.now() - beganAt < 10_000, `the ${kind} tried for long`)
    }
  }

  await report.test("TLS: a server's certificate that has run out is told as such, to every kind of client", () =>
    refused(
      { bootstrapServers: `localhost:${ports.expired}`, securityProtocol: 'SSL', sslTruststoreLocation: files.expiredPem },
      /expired/i,
    ),
  )

  await report.test(
    "TLS: a client's certificate that has run out is refused, and one of the same authority that has not is taken",
    async () => {
      const tls = { bootstrapServers: `localhost:${ports.ssl}`, securityProtocol: 'SSL', sslTruststoreLocation: files.serverPem }
      await refused({ ...tls, sslKeystoreLocation: files.lateClientPem }, /certificate/i)
      for (const attempt of Object.values(tries({ ...tls, sslKeystoreLocation: files.timelyClientPem }, 100))) await attempt()
    },
  )

  await report.test('wrong credentials are told as such to every kind of client, at once', async () => {
    const login = { bootstrapServers: `localhost:${ports.sasl_plaintext}`, securityProtocol: 'SASL_PLAINTEXT' }
    for (const saslMechanism of ['PLAIN', 'SCRAM-SHA-512']) {
      const options = { ...login, saslMechanism, sasl: { username: 'alice', password: 'wrong' } }
      for (const [kind, attempt] of Object.entries(tries(options))) {
        const why = await attempt().then(
          () => assert.fail(`the ${kind} works`),
          (thrown) => thrown,
        )
        assert.ok(why instanceof client.AuthenticationError && why.fatal, `${kind}: ${why.stack}`)
        assert.equal(why.code, 'SASL_AUTHENTICATION_FAILED')
      }
    }
  })
}

async function using(one, act) {
  try {
    return await act(one)
  } finally {
    await one.close()
  }
}
