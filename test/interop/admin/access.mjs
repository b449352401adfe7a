/** Who may do what: ACLs, SCRAM credentials, delegation tokens, and logins with both. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { errorOf, javaWord, sorted, withAdmin } from './world.mjs'

export async function accessSuite(world) {
  const { test, admin, java, javaWith, client, secured } = world

  const acls = [
    { resourceType: 'topic', resourceName: 'orders', principal: 'User:alice', operation: 'read', permissionType: 'allow' },
    {
      resourceType: 'topic',
      resourceName: 'or',
      patternType: 'prefixed',
      principal: 'User:*',
      operation: 'describeConfigs',
      permissionType: 'deny',
    },
    {
      resourceType: 'group',
      resourceName: '*',
      principal: 'User:bob',
      host: '127.0.0.1',
      operation: 'all',
      permissionType: 'allow',
    },
    {
      resourceType: 'cluster',
      resourceName: 'kafka-cluster',
      principal: 'User:bob',
      operation: 'idempotentWrite',
      permissionType: 'allow',
    },
    {
      resourceType: 'transactionalId',
      resourceName: 'tx',
      principal: 'User:bob',
      operation: 'twoPhaseCommit',
      permissionType: 'allow',
    },
    {
      resourceType: 'delegationToken',
      resourceName: 'id',
      principal: 'User:bob',
      operation: 'describe',
      permissionType: 'allow',
    },
    {
      resourceType: 'user',
      resourceName: 'User:carol',
      principal: 'User:bob',
      operation: 'createTokens',
      permissionType: 'allow',
    },
  ]

  await test('createAcls: of every kind of resource, and refused one by one', async () => {
    const odd = { ...acls[0], principal: 'alice' }
    const created = await admin.createAcls([...acls, odd])
    assert.equal(created.values.size, acls.length)
    const [[, why]] = created.errors
    assert.equal(why.code, 'INVALID_REQUEST')
  })

  await test('describeAcls: by each part of the filter, as Java has them', async () => {
    await eventually(async () => {
      const all = await admin.describeAcls({})
      assert.equal(all.length, acls.length)
      assert.deepEqual(sorted(all.map(aclLine)), sorted((await java('describeAcls')).map(javaAclLine)))
    })
    const count = async (filter) => (await admin.describeAcls(filter)).length
    assert.equal(await count({ resourceType: 'topic' }), 2)
    assert.equal(await count({ resourceName: 'orders' }), 1)
    assert.equal(await count({ resourceType: 'topic', resourceName: 'orders', patternType: 'match' }), 2)
    assert.equal(await count({ patternType: 'prefixed' }), 1)
    assert.equal(await count({ principal: 'User:bob' }), 5)
    assert.equal(await count({ host: '127.0.0.1' }), 1)
    assert.equal(await count({ operation: 'createTokens' }), 1)
    assert.equal(await count({ permissionType: 'deny' }), 1)
  })

  await test('deleteAcls: by filters, and what they were is told', async () => {
    const [orders, bobs] = [{ resourceName: 'orders' }, { principal: 'User:bob', resourceType: 'group' }]
    const deleted = await admin.deleteAcls([orders, bobs])
    const found = deleted.get(client.aclKey(orders))
    assert.deepEqual(found, [{ acl: { ...acls[0], patternType: 'literal', host: '*' }, error: null }])
    assert.equal(deleted.get(client.aclKey(bobs)).length, 1)
    await eventually(async () => assert.equal((await java('describeAcls')).length, acls.length - 2))
    ;(await admin.deleteAcls([{}])).all()
    await eventually(async () => assert.deepEqual(await java('describeAcls'), []))
  })

  await test('alterUserScramCredentials: made, changed, taken away, and refused for the same reasons as with Java', async () => {
    const upsert = (user, mechanism, more = {}) => ({ user, mechanism, operation: 'upsert', password: `${user}-secret`, ...more })
    ;(await admin.alterUserScramCredentials([upsert('alice', 'SCRAM-SHA-256'), upsert('bob', 'SCRAM-SHA-256')])).all()
    const strong = upsert('alice', 'SCRAM-SHA-512', { iterations: 8192 })
    ;(await admin.alterUserScramCredentials([strong])).all()
    const twice = admin.alterUserScramCredentials([strong, upsert('alice', 'SCRAM-SHA-256')])
    assert.equal((await errorOf(twice, 'alice')).code, 'DUPLICATE_RESOURCE')
    await eventually(async () => {
      const said = await java('describeUserScramCredentials')
      assert.deepEqual(Object.keys(said), ['alice', 'bob'])
    })
    ;(await admin.alterUserScramCredentials([{ user: 'bob', mechanism: 'SCRAM-SHA-256', operation: 'delete' }])).all()
    await eventually(async () => assert.deepEqual(Object.keys(await java('describeUserScramCredentials')), ['alice']))
    for (const [iterations, password] of [
      [100, 'x'],
      [20_000, 'x'],
      [4096, ''],
    ]) {
      const { error } = await java('alterUserScramCredentials', 'carol', iterations, password)
      const refused = admin.alterUserScramCredentials([upsert('carol', 'SCRAM-SHA-256', { iterations, password })])
      assert.equal((await errorOf(refused, 'carol')).code, error)
    }
    const none = admin.alterUserScramCredentials([{ user: 'nobody', mechanism: 'SCRAM-SHA-256', operation: 'delete' }])
    assert.equal((await errorOf(none, 'nobody')).code, 'RESOURCE_NOT_FOUND')
  })

  await test('describeUserScramCredentials: of all and of some, as Java has them', async () => {
    const said = await java('describeUserScramCredentials')
    const ours = (await admin.describeUserScramCredentials()).all()
    const line = ({ mechanism, iterations }) => `${mechanism.replaceAll('-', '_')} ${iterations}`
    assert.deepEqual(sorted(ours.get('alice').map(line)), sorted(said.alice.credentialInfos.map(line)))
    assert.deepEqual(sorted(ours.get('alice').map(line)), ['SCRAM_SHA_256 4096', 'SCRAM_SHA_512 8192'])
    const some = await admin.describeUserScramCredentials(['alice', 'nobody'])
    assert.equal((await errorOf(some, 'nobody')).code, 'RESOURCE_NOT_FOUND')
    assert.equal(some.get('alice').length, 2)
  })

  const login = (mechanism, sasl) => ({
    bootstrapServers: secured,
    securityProtocol: 'SASL_PLAINTEXT',
    saslMechanism: mechanism,
    sasl,
  })
  const asAlice = login('SCRAM-SHA-256', { username: 'alice', password: 'alice-secret' })

  const javaLogin = (mechanism, jaas) => ({
    'bootstrap.servers': secured,
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': jaas,
  })

  await test('a credential that was made here is one that ours and Java log in with', async () => {
    for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
      await withAdmin(world, login(mechanism, asAlice.sasl), async (alice) => {
        assert.deepEqual(await alice.listTopics(), [], 'she may see none')
      })
      const jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="alice-secret";'
      const said = await javaWith(javaLogin(mechanism, jaas), 'listTopics')
      assert.deepEqual(said, {})
    }
    const wrong = login('SCRAM-SHA-256', { username: 'alice', password: 'bob-secret' })
    await withAdmin(world, wrong, async (other) => {
      assert.ok((await errorOf(other.listTopics())) instanceof client.AuthenticationError)
    })
  })

  await test('createDelegationToken, renew, describe and expire: a token logs in as its owner until it ends', () =>
    withAdmin(world, asAlice, async (alice) => {
      const token = await alice.createDelegationToken({ renewers: ['User:bob'], maxLifetimeMs: 3_600_000 })
      assert.deepEqual([token.owner, token.requester, token.renewers], ['User:alice', 'User:alice', ['User:bob']])
      assert.equal(token.maxTimestamp - token.issueTimestamp, 3_600_000)
      const asToken = login('SCRAM-SHA-256', { username: token.tokenId, password: token.password, isToken: true })
      await eventually(() => withAdmin(world, asToken, (other) => other.listTopics()))
      await withAdmin(world, asToken, async (other) => {
        assert.equal((await errorOf(other.createDelegationToken())).code, 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
      })
      const until = await alice.renewDelegationToken(token.hmac, { renewPeriodMs: 600_000 })
      assert.ok(until < token.expiryTimestamp)
      const jaas = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="alice-secret";'
      await eventually(async () => {
        const [told] = await alice.describeDelegationToken({ owners: ['User:alice'] })
        assert.deepEqual({ ...told, hmac: null }, { ...token, hmac: null, expiryTimestamp: until })
        const [said] = await javaWith(javaLogin('SCRAM-SHA-256', jaas), 'describeDelegationToken')
        assert.deepEqual([said.hmacAsBase64String, said.tokenInfo.tokenId], [token.password, token.tokenId])
        assert.equal(said.tokenInfo.expiryTimestamp, until)
      })
      assert.deepEqual(await alice.describeDelegationToken({ owners: ['User:carol'] }), [], 'she neither owns nor renews one')
      const owned = await errorOf(alice.createDelegationToken({ owner: 'User:bob' }))
      assert.equal(owned.code, 'DELEGATION_TOKEN_AUTHORIZATION_FAILED')
      await alice.expireDelegationToken(token.hmac)
      await eventually(async () => assert.deepEqual(await alice.describeDelegationToken(), []))
      const { error } = await javaWith(javaLogin('SCRAM-SHA-256', jaas), 'renewDelegationToken', 'x')
      assert.equal((await errorOf(alice.renewDelegationToken(Buffer.from('x')))).code, error)
    }))

  await test('createDelegationToken: refused without a login, as with Java', async () => {
    const { error } = await java('createDelegationToken')
    assert.equal((await errorOf(admin.createDelegationToken())).code, error)
  })
}

const aclLine = ({ resourceType, resourceName, patternType, principal, host, operation, permissionType }) =>
  [
    javaWord(resourceType),
    resourceName,
    javaWord(patternType),
    principal,
    host,
    javaWord(operation),
    javaWord(permissionType),
  ].join(' ')

const javaAclLine = ({ pattern, entry }) =>
  [
    pattern.resourceType,
    pattern.name,
    pattern.patternType,
    entry.principal,
    entry.host,
    entry.operation,
    entry.permissionType,
  ].join(' ')
