import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpsServer } from '../../../test/support/https-server.ts'
import { commonOptions } from '../../config/client/common.ts'
import type { Ask, Exchange } from '../../net/peer.ts'
import { AddressRefused, type HttpsAnswer, type HttpsQuestion } from '../../platform/https.ts'
import { AuthenticationError, OptionError } from '../errors/index.ts'
import { resolveOptions } from '../options/resolve.ts'
import { Lifetime } from '../patience.ts'
import { defaultPlatform } from '../platform.ts'
import { securityOf } from './security.ts'

const URL_TEXT = 'https://login.example.com/oauth/token?tenant=1'
const base = {
  securityProtocol: 'SASL_SSL',
  saslMechanism: 'OAUTHBEARER',
  saslOauthbearerTokenEndpointUrl: URL_TEXT,
  saslOauthbearerClientCredentialsClientId: 'me',
  saslOauthbearerClientCredentialsClientSecret: 'the secret',
  saslLoginRetryBackoffMaxMs: 0,
}

type Answer = { status?: number; body?: unknown } | Error

/** A client whose token endpoint answers so. */
function scene(given: object, ...answers: Answer[]) {
  const questions: HttpsQuestion[] = []
  const said: string[] = []
  const https = {
    async post(question: HttpsQuestion): Promise<HttpsAnswer> {
      questions.push(question)
      const answer = answers[Math.min(questions.length, answers.length) - 1]!
      if (answer instanceof Error) throw answer
      const { status = 200, body = {} } = answer
      return { status, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }
    },
  }
  const options = resolveOptions(commonOptions, { bootstrapServers: 'localhost:1', ...given })
  const { greet } = securityOf(options, undefined, { ...defaultPlatform(), https }, new Lifetime())
  return { greet: () => greet!(broker(said), BROKER), questions, said }
}

const BROKER = { host: 'localhost', port: 9092 }

/** Takes every token, for a second, and notes what it was told. */
function broker(said: string[]): Ask {
  return async <Req, Res>({ request }: Exchange<Req, Res>, body: unknown): Promise<Res> => {
    if (request.name === 'SaslHandshakeRequest') return { errorCode: 0, mechanisms: ['OAUTHBEARER'] } as Res
    said.push(Buffer.from((body as { authBytes: Uint8Array }).authBytes).toString())
    return { errorCode: 0, errorMessage: null, authBytes: new Uint8Array(), sessionLifetimeMs: 1000 } as Res
  }
}

test('client id and secret become a token, and that a login; it is used again when the login is renewed', async () => {
  const { greet, questions, said } = scene(base, { body: { access_token: 'abc.def', expires_in: 3600 } })
  const { againInMs } = await greet()
  assert.ok(againInMs! > 800 && againInMs! < 1000)
  await greet()
  assert.deepEqual(said, ['n,,\x01auth=Bearer abc.def\x01\x01', 'n,,\x01auth=Bearer abc.def\x01\x01'])
  const [question, ...more] = questions
  assert.equal(more.length, 0)
  assert.deepEqual(question!.address, { host: 'login.example.com', port: 443 })
  assert.deepEqual([question!.path, question!.body], ['/oauth/token?tenant=1', 'grant_type=client_credentials'])
  assert.equal(question!.headers['Authorization'], `Basic ${Buffer.from('me:the secret').toString('base64')}`)
  assert.deepEqual([question!.mayBePrivate, question!.tls.checksHost], [false, true])
})

test('what Java is told in sasl.jaas.config is understood, and the options go before it', async () => {
  const saslJaasConfig =
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId="jaas" clientSecret="s" scope="a b" extension_logicalCluster="lkc-1" ssl.truststore.location="/ca.pem";'
  const { saslOauthbearerClientCredentialsClientSecret: _, ...rest } = base
  const { greet, questions, said } = scene({ ...rest, saslJaasConfig }, { body: { id_token: 'x' } })
  await greet()
  assert.equal(said[0], 'n,,\x01auth=Bearer x\x01logicalCluster=lkc-1\x01\x01')
  const [{ headers, body, tls }] = questions as [HttpsQuestion]
  assert.equal(headers['Authorization'], `Basic ${Buffer.from('me:s').toString('base64')}`)
  assert.equal(body, 'grant_type=client_credentials&scope=a+b')
  assert.deepEqual(tls.trusted, { file: '/ca.pem' })
})

test("Kafka's own classes that ask a token endpoint are known by their names, and no others", async () => {
  const kafka = 'org.apache.kafka.common.security.oauthbearer'
  const names = {
    saslLoginCallbackHandlerClass: `${kafka}.OAuthBearerLoginCallbackHandler`,
    saslOauthbearerJwtRetrieverClass: `${kafka}.ClientCredentialsJwtRetriever`,
  }
  const { greet, questions } = scene({ ...base, ...names }, { body: { access_token: 'x' } })
  await greet()
  assert.equal(questions.length, 1)
  const without = { ...base, ...names, saslOauthbearerTokenEndpointUrl: null }
  assert.throws(() => scene(without, {}), /saslLoginCallbackHandlerClass needs saslOauthbearerTokenEndpointUrl/)
  const other = { ...base, saslLoginCallbackHandlerClass: 'com.example.Handler' }
  assert.throws(() => scene(other, {}), /saslLoginCallbackHandlerClass=com\.example\.Handler is not valid; allowed:/)
})

test('the header is URL-encoded where that is asked for', async () => {
  const given = { ...base, saslOauthbearerClientCredentialsClientId: 'a:b c', saslOauthbearerHeaderUrlencode: true }
  const { greet, questions } = scene(given, { body: { access_token: 'x' } })
  await greet()
  const [, encoded] = questions[0]!.headers['Authorization']!.split(' ')
  assert.equal(Buffer.from(encoded!, 'base64').toString(), 'a%3Ab+c:the+secret')
})

test('an endpoint is https, among those that are allowed, and in a private network only where it is listed', async () => {
  const mayBePrivate = async (given: object) => {
    const { greet, questions } = scene({ ...base, ...given }, { body: { access_token: 'x' } })
    await greet()
    return questions[0]!.mayBePrivate
  }
  const wrong: readonly (readonly [object, RegExp])[] = [
    [
      { saslOauthbearerTokenEndpointUrl: 'http://login.example.com/' },
      /=http:\/\/login\.example\.com\/ is not valid; allowed: https:/,
    ],
    [{ saslOauthbearerTokenEndpointUrl: 'file:///etc/passwd' }, /is not valid; allowed: https:/],
    [
      { saslOauthbearerTokenEndpointUrl: 'https://a:b@login.example.com/' },
      /^saslOauthbearerTokenEndpointUrl=\(hidden\) is not valid/,
    ],
    [{ saslOauthbearerAllowedUrls: ['https://other.example.com/'] }, /is not among saslOauthbearerAllowedUrls/],
    [{ saslOauthbearerClientCredentialsClientId: 'a:b' }, /allowed: with saslOauthbearerHeaderUrlencode=true/],
    [{ saslOauthbearerClientCredentialsClientId: ' ' }, /needs saslOauthbearerClientCredentialsClientId, or clientId/],
    [{ saslMechanism: 'PLAIN' }, /gives nothing that saslMechanism=PLAIN could use/],
  ]
  for (const [given, message] of wrong) {
    assert.throws(
      () => scene({ ...base, ...given }, {}),
      (thrown) => thrown instanceof OptionError && message.test(thrown.message) && !thrown.message.includes('the secret'),
      String(message),
    )
  }
  assert.equal(await mayBePrivate({}), false)
  assert.equal(await mayBePrivate({ saslOauthbearerAllowedUrls: `https://other.example.com/,${URL_TEXT}` }), true)
})

test('what goes wrong is told without a secret, and whether another login may succeed', async () => {
  const secret = 'the secret'
  const cases: readonly (readonly [Answer, fatal: boolean, RegExp])[] = [
    [{ status: 401, body: { error: 'invalid_client', error_description: secret } }, true, /answers with 401 invalid_client$/],
    [{ status: 400, body: `<p>${secret}</p>` }, true, /gives no token: it answers with 400$/],
    [{ status: 302 }, true, /answers with 302: it redirects, which is not followed$/],
    [{ status: 503, body: secret }, false, /answers with 503$/],
    [{ status: 200, body: secret }, true, /answers without an access_token$/],
    [{ status: 200, body: { access_token: 'a b' } }, true, /characters that no bearer token has/],
    [new Error('could not connect'), false, /login\.example\.com:443 gives no token: could not connect$/],
    [new AddressRefused('it is private'), true, /it is private; saslOauthbearerAllowedUrls may allow it$/],
  ]
  for (const [answer, fatal, message] of cases) {
    const { greet, said } = scene(base, answer)
    await assert.rejects(greet(), (why) => {
      assert.ok(why instanceof AuthenticationError && message.test(why.message), String(why))
      assert.deepEqual([why.code, why.fatal, why.message.includes(secret)], ['SASL_AUTHENTICATION_FAILED', fatal, false])
      return true
    })
    assert.deepEqual(said, [])
  }
})

test('a token that tells its own end is renewed by it', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = (seconds: number) => `${part({ alg: 'RS256' })}.${part({ exp: Date.now() / 1000 + seconds })}.c2ln`
  const lasting = scene(base, { body: { access_token: token(3600) } }, { body: { access_token: 'never' } })
  await lasting.greet()
  await lasting.greet()
  assert.equal(lasting.questions.length, 1)
  const endless = scene(base, { body: '{"access_token":"a","expires_in":1e999}' }, { body: { access_token: 'b' } })
  await endless.greet()
  await endless.greet()
  assert.equal(endless.questions.length, 2, 'what has no end serves once')
  const over = scene(base, { body: { access_token: token(-10) } })
  await assert.rejects(over.greet(), /has run out already/)
})

test('a server over TLS gives the token, as far as its certificate and its address are allowed', async (t) => {
  const asked: unknown[] = []
  const { port, certificate } = await httpsServer(t, ({ method, url, headers }, response) => {
    asked.push([method, url, headers.accept])
    response.end(JSON.stringify({ access_token: 'abc', expires_in: 60 }))
  })
  const url = `https://localhost:${port}/token`
  const saslJaasConfig = `x.LoginModule required ssl.truststore.certificates="${certificate}";`
  const given = { ...base, saslOauthbearerTokenEndpointUrl: url, saslJaasConfig }
  const login = (more: object) => {
    const options = resolveOptions(commonOptions, { bootstrapServers: 'localhost:1', ...given, ...more })
    return securityOf(options, undefined, defaultPlatform(), new Lifetime()).greet!(broker([]), BROKER)
  }
  await login({ saslOauthbearerAllowedUrls: url })
  assert.deepEqual(asked, [['POST', '/token', 'application/json']])
  await assert.rejects(
    login({}),
    /stands for 127\.0\.0\.1, an address of this machine .* saslOauthbearerAllowedUrls may allow it/,
  )
  const distrusting = login({ saslOauthbearerAllowedUrls: url, saslJaasConfig: undefined })
  await assert.rejects(distrusting, (why) => why instanceof AuthenticationError && why.fatal && /self-signed/.test(why.message))
  assert.equal(asked.length, 1)
})
