import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaslRefused } from './mechanism.ts'
import { oauthBearer } from './oauthbearer.ts'
import { plain } from './plain.ts'
import { scram } from './scram.ts'

const text = async (bytes: Uint8Array | null | Promise<Uint8Array | null>) => Buffer.from((await bytes) ?? []).toString()

test('PLAIN says name and password', async () => {
  assert.equal(await text(plain({ username: 'tim', password: 'tanstaaftanstaaf' }).begin()), '\0tim\0tanstaaftanstaaf')
  assert.throws(() => plain({ username: 'a\0b', password: 'x' }), TypeError)
})

/** The example of RFC 7677, section 3. */
const example = {
  mechanism: 'SCRAM-SHA-256',
  username: 'user',
  password: 'pencil',
  nonce: 'rOprNGfwEbeRWgbNEkqO',
} as const
const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
const CLIENT_FINAL = 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

test('SCRAM proves the password, and has the server prove it as well', async () => {
  const client = scram(example)
  assert.equal(await text(client.begin()), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO')
  assert.equal(await text(client.answer(Buffer.from(SERVER_FIRST))), CLIENT_FINAL)
  assert.equal(await client.answer(Buffer.from(SERVER_FINAL)), null)
})

test('SCRAM refuses a server that does not know the password, repeats another nonce, or asks for too little or too much', async () => {
  const wrong = scram(example)
  await wrong.answer(Buffer.from(SERVER_FIRST))
  await assert.rejects(async () => wrong.answer(Buffer.from('v=AAAA')), SaslRefused)
  const refused = scram(example)
  await refused.answer(Buffer.from(SERVER_FIRST))
  await assert.rejects(async () => refused.answer(Buffer.from('e=unknown-user')), /unknown-user/)
  for (const first of [
    'r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    SERVER_FIRST.replace('4096', '1'),
    SERVER_FIRST.replace('4096', '99999999'),
    'garbage',
  ]) {
    await assert.rejects(async () => scram(example).answer(Buffer.from(first)), SaslRefused)
  }
})

test('SCRAM escapes what a name may not hold, and marks a delegation token', async () => {
  const client = scram({ ...example, username: 'a=b,c', isToken: true })
  assert.equal(await text(client.begin()), 'n,,n=a=3Db=2Cc,r=rOprNGfwEbeRWgbNEkqO,tokenauth=true')
})

test('OAUTHBEARER gives the token and its extensions, and hears why it is refused', async () => {
  const client = oauthBearer(async () => ({ value: 'abc.def', extensions: { logicalCluster: 'lkc-1' } }))
  assert.equal(await text(client.begin()), 'n,,\x01auth=Bearer abc.def\x01logicalCluster=lkc-1\x01\x01')
  assert.equal(await text(client.answer(Buffer.from('{"status":"invalid_token"}'))), '\x01')
  assert.throws(() => client.answer(Buffer.from('x')), /invalid_token/)
  await assert.rejects(async () => oauthBearer(async () => ({ value: 'a b' })).begin(), SaslRefused)
  for (const extensions of [{ auth: 'x' }, { a1: 'x' }, { good: 'a\x01b' }, { good: '' }]) {
    await assert.rejects(async () => oauthBearer(async () => ({ value: 'a', extensions })).begin(), /extension/)
  }
})
