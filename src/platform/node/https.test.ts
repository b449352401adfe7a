import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Certificate, selfSigned } from '../../../test/support/certificates.ts'
import { type Answer, httpsServer } from '../../../test/support/https-server.ts'
import { AddressRefused, type HttpsQuestion } from '../https.ts'
import { ConnectRefused, TlsRefused, type TlsSettings } from '../network.ts'
import { nodeHttpsClient } from './https.ts'
import { isPrivate } from './private-addresses.ts'

const { post } = nodeHttpsClient()
/** A server with a certificate, and what may be asked of it. */
async function serve(t: TestContext, answer: Answer, own?: Certificate): Promise<HttpsQuestion> {
  const { port, certificate } = await httpsServer(t, answer, own)
  const tls: TlsSettings = {
    trusted: { text: certificate },
    checksHost: true,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: [],
  }
  return {
    address: { host: 'localhost', port },
    path: '/token?a=b',
    headers: { 'Content-Type': 'text/plain' },
    body: 'what is ä?',
    tls,
    mayBePrivate: true,
    connectTimeoutMs: 5000,
    answerTimeoutMs: 5000,
    maxAnswerBytes: 1000,
    signal: new AbortController().signal,
  }
}

test('a question goes there, and its answer comes back, whatever its status is', async (t) => {
  const seen: unknown[] = []
  const question = await serve(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    seen.push([request.method, request.url, request.headers['content-type'], Buffer.concat(chunks).toString()])
    response.writeHead(302, { Location: 'https://localhost:1/' }).end('elsewhere')
  })
  const { status, body } = await post(question)
  assert.deepEqual([status, Buffer.from(body).toString()], [302, 'elsewhere'])
  assert.deepEqual(seen, [['POST', '/token?a=b', 'text/plain', 'what is ä?']])
})

test('who has another certificate, one for another host, or one that ran out is not asked', async (t) => {
  let asked = 0
  const answer = (_: IncomingMessage, response: ServerResponse) => {
    asked++
    response.end()
  }
  const stranger = await serve(t, answer)
  const other = { ...stranger.tls, trusted: { text: selfSigned().certificate } }
  const day = 86_400_000
  const questions = [
    { ...stranger, tls: other },
    await serve(t, answer, selfSigned({ names: ['elsewhere.example'] })),
    await serve(t, answer, selfSigned({ from: Date.now() - 2 * day, until: Date.now() - day })),
  ]
  for (const question of questions) await assert.rejects(post(question), TlsRefused)
  t.mock.method(process, 'emitWarning', () => {}) // Node says what it thinks of it
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  t.after(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
  await assert.rejects(post(questions[0]!), TlsRefused)
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  const unread = { ...stranger, tls: { ...stranger.tls, trusted: { file: '/nowhere/ca.pem' } } }
  await assert.rejects(post(unread), (why) => why instanceof TlsRefused && why.message.includes('/nowhere/ca.pem'))
  assert.equal(asked, 0)
})

test('an address of this machine or of a private network is refused before anything is sent', async (t) => {
  let connections = 0
  const question = await serve(t, (_, response) => {
    connections++
    response.end()
  })
  for (const host of ['localhost', '127.0.0.1', '10.1.2.3', '::1']) {
    const asked = post({ ...question, mayBePrivate: false, address: { ...question.address, host } })
    await assert.rejects(asked, (why) => why instanceof AddressRefused && why.message.includes(host))
  }
  assert.equal(connections, 0)
})

test('what is private, and what is not', () => {
  const hidden = [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.1.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '203.0.113.9',
    '224.0.0.1',
  ]
  const hidden6 = [
    '::1',
    '::',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    'fe80::1%eth0',
    'fd00::1',
    '64:ff9b::a00:1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::808:808',
    '::8.8.8.8',
    '::ffff:0:808:808',
    '2001::1',
    '2002:a00:1::1',
    '5f00::1',
    'ff02::1',
  ]
  for (const address of [...hidden, ...hidden6]) assert.equal(isPrivate(address), true, address)
  const open = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1', '::ffff:8.8.8.8', '64:ff9b::808:808', '64:ff9b::8.8.8.8']
  for (const address of open) assert.equal(isPrivate(address), false, address)
})

test('every wait has an end, and so has every answer', async (t) => {
  const silent = await serve(t, () => {})
  await assert.rejects(post({ ...silent, answerTimeoutMs: 30 }), /^Error: localhost:\d+ did not answer within 30 ms$/)
  const long = await serve(t, (_, response) => response.end('x'.repeat(1001)))
  await assert.rejects(post(long), /answers with more than 1000 bytes/)
  assert.equal((await post({ ...long, maxAnswerBytes: 1001 })).body.length, 1001)
  const broken = await serve(t, (_, response) => {
    response.writeHead(200, { 'Content-Length': '10' }).write('half')
    setTimeout(() => response.destroy(), 20)
  })
  await assert.rejects(
    post(broken),
    /^Error: localhost:\d+ (gave no whole answer of HTTP: ECONNRESET|closed the connection without a whole answer)$/,
  )
  await assert.rejects(post({ ...silent, address: { host: '127.0.0.1', port: 1 } }), ConnectRefused)
})

test('of an answer that is none nothing is told, neither in the error nor in what caused it', async (t) => {
  const other = await serve(t, ({ socket }) => socket.end('root:x:0:0:planted\r\n'))
  await assert.rejects(post(other), (why) => {
    assert.match(String(why), /^Error: localhost:\d+ gave no whole answer of HTTP: HPE_/)
    assert.equal((why as Error).cause, undefined)
    return true
  })
})

test('a signal gives it up', async (t) => {
  const silent = await serve(t, () => {})
  const over = new AbortController()
  const asked = post({ ...silent, signal: over.signal })
  setTimeout(() => over.abort(new Error('enough')), 20)
  await assert.rejects(asked, /enough/)
  await assert.rejects(post({ ...silent, signal: over.signal }), /enough/)
})
