/** TLS and every kind of login, on Apache Kafka: ours has them later. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, projectDir } from '../lib/brokers.mjs'
import { must, run } from '../lib/processes.mjs'
import { expired, expiredCertificates } from './expired.mjs'
import { tokenEndpoint } from './token-endpoint.mjs'

const PASSWORD = 'changeit'
const MODULES = {
  plain: 'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";',
  'scram-sha-256': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  'scram-sha-512': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
  oauthbearer:
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
}
const OAUTH = 'org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler'

export async function secured({ report, runner, startBroker, workDir, client }) {
  let scene = null
  await report.test(
    'TLS and logins: Apache Kafka has them switched on',
    async () => {
      scene = await securedKafka(startBroker, runner, join(workDir, 'secured'))
    },
    { timeoutMs: 90_000 },
  )
  if (!scene) return
  const { ports, files } = scene
  const at = (port) => `localhost:${port}`
  const trusting = { sslTruststoreLocation: files.serverPem, maxBlockMs: 15_000 }
  const sends = async (options, count = 1) => {
    const producer = new client.Producer({ maxBlockMs: 15_000, ...options })
    try {
      for (let i = 0; i < count; i++) await producer.send({ topic: 'secured', value: 'x' })
    } finally {
      await producer.close({ timeoutMs: 5000 })
    }
  }
  const failure = (promise) =>
    promise.then(
      () => assert.fail('it worked'),
      (why) => why,
    )
  const login = { username: 'alice', password: 'alice-secret' }

  await report.test('TLS: the server is known by its certificate, and the client by its own, as PEM and as PKCS12', async () => {
    const tls = { bootstrapServers: at(ports.ssl), securityProtocol: 'SSL', ...trusting }
    await sends({ ...tls, sslKeystoreLocation: files.clientPem })
    await sends({ ...tls, sslKeystoreType: 'PKCS12', sslKeystoreLocation: files.clientP12, sslKeystorePassword: PASSWORD })
    const pem = readFileSync(files.clientPem, 'utf8')
    const trusted = { sslTruststoreLocation: undefined, sslTruststoreCertificates: readFileSync(files.serverPem, 'utf8') }
    await sends({ ...tls, ...trusted, sslKeystoreKey: pem, sslKeystoreCertificateChain: pem })
  })

  await report.test('TLS: a stranger is refused at once, with a typed error, on both sides', async () => {
    const tls = { bootstrapServers: at(ports.ssl), securityProtocol: 'SSL' }
    for (const options of [{}, { sslTruststoreLocation: files.clientPem }, trusting]) {
      const why = await failure(sends({ ...tls, ...options }))
      assert.ok(why instanceof client.AuthenticationError && why.code === 'TLS_FAILED' && why.fatal, `${why.name} ${why.message}`)
    }
  })

  const sasl = (mechanism) => ({
    bootstrapServers: at(ports.sasl_ssl),
    securityProtocol: 'SASL_SSL',
    saslMechanism: mechanism,
    ...trusting,
  })
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    await report.test(`login with ${mechanism}`, async () => {
      await sends({ ...sasl(mechanism), sasl: login })
      await sends({
        ...sasl(mechanism),
        bootstrapServers: at(ports.sasl_plaintext),
        securityProtocol: 'SASL_PLAINTEXT',
        sasl: login,
      })
      const saslJaasConfig = 'x.LoginModule required username="alice" password="alice-secret";'
      await sends({ ...sasl(mechanism), saslJaasConfig })
      const why = await failure(sends({ ...sasl(mechanism), sasl: { ...login, password: 'wrong' } }))
      assert.ok(why instanceof client.AuthenticationError && why.fatal, String(why))
      assert.equal(why.code, 'SASL_AUTHENTICATION_FAILED')
    })
  }

  await report.test("the commands for people, and those with Kafka's names, log in out of one client.properties", async () => {
    const config = (name, password) => {
      const path = join(workDir, name)
      const lines = [
        'security.protocol=SASL_SSL',
        'sasl.mechanism=SCRAM-SHA-512',
        `sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="${password}";`,
        'ssl.truststore.type=PEM',
        `ssl.truststore.location=${files.serverPem}`,
      ]
      writeFileSync(path, lines.join('\n'))
      return ['--command-config', path, '--bootstrap-server', at(ports.sasl_ssl)]
    }
    const right = config('client.properties', 'alice-secret')
    const command = (bin, ...words) => run(process.execPath, [join(projectDir, 'bin', bin), ...words], { timeoutMs: 20_000 })
    const odradek = async (...words) => {
      const { code, stdout, stderr } = await command('odradek.js', ...words)
      assert.equal(code, 0, stderr)
      return stdout
    }
    await odradek('topics', 'create', 'told', ...right)
    await odradek('produce', 'told', 'one', 'two', ...right)
    const records = (await odradek('consume', 'told', '--exit', '--json', ...right)).trim().split('\n')
    assert.deepEqual(
      records.map((line) => JSON.parse(line).value),
      ['one', 'two'],
    )
    await odradek('groups', ...right)
    assert.match((await command('kafka-topics.cjs', '--list', ...right)).stdout, /^told$/m)
    const wrong = config('wrong.properties', 'wrong')
    for (const words of [['topics'], ['produce', 'told', 'x'], ['consume', 'told', '--exit'], ['groups']]) {
      const { code, stderr } = await command('odradek.js', ...words, ...wrong)
      assert.equal(code, 1, words.join(' '))
      assert.match(stderr, /^odradek: .*[Aa]uthentication.*\n$/)
    }
  })

  await report.test('login with OAUTHBEARER: a token of the program, and one that has run out', async () => {
    let asked = 0
    const token = (seconds) => async () => {
      asked++
      const now = Math.floor(Date.now() / 1000)
      const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
      return { value: `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now - 7200, exp: now + seconds })}.` }
    }
    await sends({ ...sasl('OAUTHBEARER'), sasl: { token: token(3600) } })
    assert.ok(asked >= 1)
    const why = await failure(sends({ ...sasl('OAUTHBEARER'), sasl: { token: token(-3600) } }))
    assert.ok(why instanceof client.AuthenticationError, String(why))
  })

  await report.test(
    'login with OAUTHBEARER: tokens of an endpoint over https, new ones for renewed logins on the same connection',
    async () => {
      const own = { id: 'me', secret: 'secret-of-me' }
      const endpoint = await tokenEndpoint({ pfx: files.serverP12, passphrase: PASSWORD, seconds: 6, ...own })
      const jaas = (secret) =>
        `x.OAuthBearerLoginModule required clientId="me" clientSecret="${secret}" ssl.truststore.location="${files.serverPem}";`
      const options = (secret) => ({
        bootstrapServers: at(ports.sasl_plaintext),
        securityProtocol: 'SASL_PLAINTEXT',
        saslMechanism: 'OAUTHBEARER',
        saslOauthbearerTokenEndpointUrl: endpoint.url,
        saslOauthbearerAllowedUrls: endpoint.url,
        saslJaasConfig: jaas(secret),
        saslLoginRefreshMinPeriodSeconds: 0,
        saslLoginRefreshBufferSeconds: 0,
        retries: 1,
        requestTimeoutMs: 5000,
        maxBlockMs: 15_000,
      })
      const producer = new client.Producer(options(own.secret))
      try {
        for (let i = 0; i < 70; i++) {
          await producer.send({ topic: 'secured', value: String(i) })
          await new Promise((resume) => setTimeout(resume, 100))
        }
        assert.ok(endpoint.asked >= 2 && endpoint.asked < 8, `${endpoint.asked} tokens`)
        const why = await failure(sends(options('another')))
        assert.ok(why instanceof client.AuthenticationError && why.fatal, String(why))
        assert.match(why.message, /gives no token: it answers with 401 invalid_client$/)
      } finally {
        await producer.close({ timeoutMs: 5000 })
        endpoint.close()
      }
    },
    { timeoutMs: 60_000 },
  )

  await report.test(
    'the share consumer comes with TLS and a login, too, and a wrong one is told',
    async () => {
      const options = {
        bootstrapServers: at(ports.sasl_ssl),
        securityProtocol: 'SASL_SSL',
        saslMechanism: 'SCRAM-SHA-512',
        sslTruststoreLocation: files.serverPem,
        groupId: 'secured-share',
      }
      const consuming = async (sasl, act) => {
        const consumer = new client.ShareConsumer({ ...options, sasl })
        try {
          consumer.subscribe('secured')
          return await act(consumer)
        } finally {
          await consumer.close({ timeoutMs: 5000 })
        }
      }
      await consuming(login, async (consumer) => {
        // A new group sees what comes from its beginning on.
        let records = []
        for (let i = 0; i < 30 && records.length === 0; i++) {
          await sends({ ...sasl('PLAIN'), sasl: login })
          records = await consumer.poll({ timeoutMs: 1000 })
        }
        assert.equal(records[0]?.deliveryCount, 1)
        const [{ error }] = await consumer.commitSync()
        assert.equal(error, null)
      })
      const why = await consuming({ ...login, password: 'wrong' }, (consumer) => failure(consumer.poll({ timeoutMs: 20_000 })))
      assert.ok(why instanceof client.AuthenticationError && why.fatal, String(why))
    },
    { timeoutMs: 60_000 },
  )

  await report.test(
    'a login is renewed on the same connection before its session ends',
    async () => {
      const producer = new client.Producer({
        ...sasl('SCRAM-SHA-256'),
        bootstrapServers: at(ports.sasl_plaintext),
        securityProtocol: 'SASL_PLAINTEXT',
        sasl: login,
        retries: 1,
        requestTimeoutMs: 5000,
      })
      try {
        // Sessions last three seconds there; without a renewal the broker closes the connection.
        for (let i = 0; i < 70; i++) {
          await producer.send({ topic: 'secured', value: String(i) })
          await new Promise((resume) => setTimeout(resume, 100))
        }
      } finally {
        await producer.close({ timeoutMs: 5000 })
      }
    },
    { timeoutMs: 60_000 },
  )
  await expired({ report, client, ports, files })
  await scene.broker.stop()
}

/** Apache Kafka with a listener of each kind, with the files that its clients need. */
export async function securedKafka(startBroker, runner, dir) {
  mkdirSync(dir, { recursive: true })
  const files = await certificates(dir)
  const ports = {}
  for (const name of ['plaintext', 'controller', 'ssl', 'expired', 'sasl_ssl', 'sasl_plaintext']) ports[name] = await freePort()
  const listeners = Object.entries(ports).map(([name, port]) => `${name.toUpperCase()}://localhost:${port}`)
  const logins = Object.fromEntries(
    ['sasl_ssl', 'sasl_plaintext'].flatMap((listener) => [
      ...Object.entries(MODULES).map(([name, module]) => [`listener.name.${listener}.${name}.sasl.jaas.config`, module]),
      [`listener.name.${listener}.oauthbearer.sasl.server.callback.handler.class`, OAUTH],
      [`listener.name.${listener}.sasl.enabled.mechanisms`, 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'],
    ]),
  )
  const broker = await startBroker({
    kind: 'apache',
    dir: join(dir, 'broker'),
    host: 'localhost',
    port: ports.plaintext,
    overrides: {
      'auto.create.topics.enable': 'true',
      'group.initial.rebalance.delay.ms': '0',
      'offsets.topic.num.partitions': '5',
      listeners: listeners.join(','),
      'advertised.listeners': listeners.join(','),
      'controller.quorum.bootstrap.servers': `localhost:${ports.controller}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,EXPIRED:SSL,SASL_SSL:SASL_SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
      'ssl.keystore.location': files.serverP12,
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.password': PASSWORD,
      'ssl.truststore.location': files.trustedP12,
      'ssl.truststore.type': 'PKCS12',
      'ssl.truststore.password': PASSWORD,
      'listener.name.ssl.ssl.client.auth': 'required',
      'listener.name.expired.ssl.keystore.location': files.expiredP12,
      'listener.name.expired.ssl.keystore.type': 'PKCS12',
      'listener.name.expired.ssl.keystore.password': PASSWORD,
      'listener.name.sasl_plaintext.connections.max.reauth.ms': '3000',
      ...logins,
    },
  })
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    const change = [
      '--alter',
      '--add-config',
      `${mechanism}=[password=alice-secret]`,
      '--entity-type',
      'users',
      '--entity-name',
      'alice',
    ]
    await runner.must('kafka-configs', ['--bootstrap-server', broker.bootstrap, ...change])
  }
  return { broker, ports, files }
}

/** Keys and certificates that sign themselves, in the forms that each side reads. */
async function certificates(dir) {
  const file = (name) => join(dir, name)
  const keytool = (...args) => must('keytool', [...args, '-storepass', PASSWORD, '-noprompt'])
  const own = async (name) => {
    const store = ['-keystore', file(`${name}.p12`), '-storetype', 'PKCS12', '-alias', name]
    const key = ['-keyalg', 'RSA', '-keysize', '2048', '-validity', '30', '-dname', `CN=${name}`]
    await keytool('-genkeypair', ...store, ...key, '-ext', 'san=dns:localhost,ip:127.0.0.1')
    await keytool('-exportcert', ...store, '-rfc', '-file', file(`${name}.pem`))
  }
  await own('server')
  await own('client')
  const others = await expiredCertificates(file, PASSWORD)
  for (const name of ['client', 'authority']) {
    const store = ['-keystore', file('trusted.p12'), '-storetype', 'PKCS12', '-alias', name]
    await keytool('-importcert', ...store, '-file', file(`${name}.pem`))
  }
  const whole = ['pkcs12', '-in', file('client.p12'), '-passin', `pass:${PASSWORD}`, '-nodes', '-out', file('client-whole.pem')]
  await must('openssl', whole)
  return {
    serverP12: file('server.p12'),
    serverPem: file('server.pem'),
    trustedP12: file('trusted.p12'),
    clientP12: file('client.p12'),
    clientPem: file('client-whole.pem'),
    ...others,
  }
}
