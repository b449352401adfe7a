// Who may do what: ACLs, SCRAM credentials and delegation tokens, against a broker that answers what it is told to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScene } from '../../../test/support/admin-scene.ts'
import { saltedPassword } from '../../net/sasl/scram.ts'
import { errorCode } from '../../protocol/errors.ts'
import { ClientError, OptionError, UnsupportedError } from '../errors/index.ts'
import { aclKey, type NewAcl } from './acl.ts'

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code
const alice: NewAcl = {
  resourceType: 'topic',
  resourceName: 'orders',
  principal: 'User:alice',
  operation: 'read',
  permissionType: 'allow',
}

test('ACLs are told in words, and what this client has no word for as unknown', async () => {
  const { broker, admin, during } = await adminScene()
  const entry = { principal: 'User:alice', host: '*', operation: 3, permissionType: 3 }
  broker.answers.DescribeAcls = () => ({
    resources: [
      { resourceType: 2, resourceName: 'orders', patternType: 3, acls: [entry, { ...entry, operation: 99 }] },
      { resourceType: 99, resourceName: 'x', patternType: 99, acls: [{ ...entry, permissionType: 99 }] },
    ],
  })
  const told = await during(admin.describeAcls({ resourceType: 'topic', patternType: 'match', operation: 'read' }))
  assert.deepEqual(told[0], { ...alice, patternType: 'literal', host: '*' })
  assert.equal(told[1]!.operation, 'unknown')
  assert.deepEqual([told[2]!.resourceType, told[2]!.patternType, told[2]!.permissionType], ['unknown', 'unknown', 'unknown'])
  assert.deepEqual(broker.asked.at(-1)!.request, {
    resourceTypeFilter: 2,
    resourceNameFilter: null,
    patternTypeFilter: 2,
    principalFilter: null,
    hostFilter: null,
    operation: 3,
    permissionType: 1,
  })
  await assert.rejects(
    during(admin.describeAcls({ operation: 'reed' as never })),
    (thrown) => thrown instanceof OptionError && /operation=reed is not valid; allowed: all, read/.test(thrown.message),
  )
})

test('each ACL, and each filter, has its own outcome', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['DeleteAcls'] })
  broker.answers.CreateAcls = () => ({ results: [{}, { errorCode: errorCode('INVALID_REQUEST'), errorMessage: 'no' }] })
  const bad: NewAcl = { ...alice, resourceName: '' }
  const created = await during(admin.createAcls([alice, bad]))
  assert.deepEqual([...created.values.keys()], [aclKey({ ...alice, patternType: 'literal', host: '*' })])
  assert.throws(() => created.get(aclKey({ ...bad, patternType: 'literal', host: '*' })), isError('INVALID_REQUEST'))
  const matching = { resourceType: 2, resourceName: 'orders', patternType: 3, principal: 'User:alice', host: '*' }
  broker.answers.DeleteAcls = () => ({
    filterResults: [
      {
        matchingAcls: [
          { ...matching, operation: 3, permissionType: 3 },
          { ...matching, operation: 4, permissionType: 3, errorCode: errorCode('UNKNOWN_SERVER_ERROR') },
        ],
      },
      { errorCode: errorCode('SECURITY_DISABLED'), errorMessage: 'no authorizer' },
    ],
  })
  const deleted = await during(admin.deleteAcls([{ principal: 'User:alice' }, {}]))
  const [gone, kept] = deleted.get(aclKey({ principal: 'User:alice' }))!
  assert.deepEqual([gone!.acl.operation, gone!.error], ['read', null])
  assert.equal(kept!.error?.code, 'UNKNOWN_SERVER_ERROR')
  assert.throws(() => deleted.get(aclKey({})), isError('SECURITY_DISABLED'))
  broker.answers.CreateAcls = () => ({ results: [] })
  await assert.rejects(during(admin.createAcls([alice])), isError('MALFORMED_ANSWER'))
})

test('a password does not leave the client, and what brokers could not refuse is not sent', async () => {
  const { broker, admin, during } = await adminScene()
  let isElsewhere = true
  broker.answers.AlterUserScramCredentials = ({ upsertions, deletions }) => {
    const code = isElsewhere ? errorCode('NOT_CONTROLLER') : 0
    isElsewhere = false
    return { results: [...upsertions, ...deletions].map(({ name }) => ({ user: name, errorCode: code })) }
  }
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const upsert = { mechanism: 'SCRAM-SHA-256', operation: 'upsert', password: 'pencil' } as const
  const outcomes = await during(
    admin.alterUserScramCredentials([
      { ...upsert, user: 'alice', salt },
      { user: 'bob', mechanism: 'SCRAM-SHA-512', operation: 'delete' },
      { ...upsert, user: 'carol', password: '' },
      { ...upsert, user: 'carol' },
      { ...upsert, user: 'dave', iterations: 2 ** 31 },
      { ...upsert, user: '' },
    ]),
  )
  assert.deepEqual([...outcomes.values.keys()], ['alice', 'bob'])
  for (const user of ['carol', 'dave', '']) assert.throws(() => outcomes.get(user), isError('UNACCEPTABLE_CREDENTIAL'))
  const requests = broker.asked.filter(({ api }) => api === 'AlterUserScramCredentials').map(({ request }) => request)
  assert.equal(requests.length, 2, 'the first was not the controller')
  const { upsertions, deletions } = requests[1] as { upsertions: Record<string, unknown>[]; deletions: unknown[] }
  assert.deepEqual(deletions, [{ name: 'bob', mechanism: 2 }])
  const [sent] = upsertions
  assert.deepEqual([upsertions.length, sent!.name, sent!.mechanism, sent!.iterations], [1, 'alice', 1, 4096])
  assert.deepEqual(Buffer.from(sent!.salt as Uint8Array), salt)
  const expected = await saltedPassword('SCRAM-SHA-256', 'pencil', salt, 4096)
  assert.deepEqual(Buffer.from(sent!.saltedPassword as Uint8Array), Buffer.from(expected))
})

test('every password gets a salt of its own', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.AlterUserScramCredentials = ({ upsertions }) => ({
    results: upsertions.map(({ name }: { name: string }) => ({ user: name })),
  })
  const users = ['a', 'b', 'c']
  const same = { mechanism: 'SCRAM-SHA-512', operation: 'upsert', password: 'same' } as const
  ;(await during(admin.alterUserScramCredentials(users.map((user) => ({ ...same, user }))))).all()
  const { upsertions } = broker.asked.at(-1)!.request as { upsertions: { salt: Uint8Array }[] }
  const salts = new Set(upsertions.map(({ salt }) => Buffer.from(salt).toString('hex')))
  assert.deepEqual([salts.size, [...salts][0]!.length], [3, 48])
})

test('credentials of each user, and a user that has none', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.DescribeUserScramCredentials = () => ({
    results: [
      { user: 'alice', credentialInfos: [{ mechanism: 2, iterations: 8192 }] },
      { user: 'bob', errorCode: errorCode('RESOURCE_NOT_FOUND') },
    ],
  })
  const told = await during(admin.describeUserScramCredentials(['alice', 'bob']))
  assert.deepEqual(told.get('alice'), [{ mechanism: 'SCRAM-SHA-512', iterations: 8192 }])
  assert.throws(() => told.get('bob'), isError('RESOURCE_NOT_FOUND'))
  await during(admin.describeUserScramCredentials())
  assert.deepEqual(broker.asked.at(-1)!.request, { users: null })
})

test('delegation tokens: for somebody else only where the broker knows owners, and the secret is what one logs in with', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['RenewDelegationToken', 'ExpireDelegationToken'] })
  const told = {
    principalType: 'User',
    principalName: 'bob:x',
    tokenRequesterPrincipalType: 'User',
    tokenRequesterPrincipalName: 'alice',
    tokenId: 'id',
    hmac: Buffer.from('secret'),
  }
  broker.answers.CreateDelegationToken = () => ({ ...told, issueTimestampMs: 1, expiryTimestampMs: 2, maxTimestampMs: 3 })
  const token = await during(admin.createDelegationToken({ owner: 'User:bob:x', renewers: ['User:carol'], maxLifetimeMs: 1000 }))
  assert.deepEqual(broker.asked.at(-1)!.request, {
    ownerPrincipalType: 'User',
    ownerPrincipalName: 'bob:x',
    renewers: [{ principalType: 'User', principalName: 'carol' }],
    maxLifetimeMs: 1000,
  })
  assert.deepEqual(
    { ...token, hmac: Buffer.from(token.hmac).toString() },
    {
      tokenId: 'id',
      hmac: 'secret',
      password: 'c2VjcmV0',
      owner: 'User:bob:x',
      requester: 'User:alice',
      renewers: ['User:carol'],
      issueTimestamp: 1,
      expiryTimestamp: 2,
      maxTimestamp: 3,
    },
  )
  await assert.rejects(during(admin.createDelegationToken({ owner: 'bob' })), OptionError)
  broker.answers.RenewDelegationToken = () => ({ expiryTimestampMs: 7 })
  assert.equal(await during(admin.renewDelegationToken(token.hmac, { renewPeriodMs: 5 })), 7)
  broker.answers.ExpireDelegationToken = () => ({ errorCode: errorCode('DELEGATION_TOKEN_NOT_FOUND') })
  const old = await adminScene()
  old.broker.answers.CreateDelegationToken = () => ({ principalType: 'User', principalName: 'alice' })
  old.broker.newest.CreateDelegationToken = 2
  assert.equal((await old.during(old.admin.createDelegationToken())).requester, null)
  await assert.rejects(old.during(old.admin.createDelegationToken({ owner: 'User:bob' })), UnsupportedError)
})
