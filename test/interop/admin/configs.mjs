/** Configurations and quotas. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { errorOf, sorted, topic } from './world.mjs'

export async function configSuite(world) {
  const { test, admin, java, brokerId } = world
  const alter = (resource, ...changes) => admin.incrementalAlterConfigs([{ resource, changes }])

  await test('incrementalAlterConfigs: set, append, subtract and delete', async () => {
    const resource = { type: 'topic', name: await topic(world, 'configured') }
    const value = async (key) => {
      const { entries } = await java('describeConfigs', 'TOPIC', 'configured')
      return entries.find(({ name }) => name === key).value
    }
    const steps = [
      [{ name: 'cleanup.policy', operation: 'set', value: 'compact' }, 'compact'],
      [{ name: 'cleanup.policy', operation: 'append', value: 'delete' }, 'compact,delete'],
      [{ name: 'cleanup.policy', operation: 'subtract', value: 'compact' }, 'delete'],
      [{ name: 'cleanup.policy', operation: 'set', value: 'compact' }, 'compact'],
      [{ name: 'cleanup.policy', operation: 'delete' }, 'delete'],
    ]
    for (const [change, expected] of steps) {
      ;(await alter(resource, change)).all()
      await eventually(async () => assert.equal(await value('cleanup.policy'), expected))
    }
    const wrong = alter(resource, { name: 'retention.ms', operation: 'append', value: '1' })
    assert.equal((await errorOf(wrong, 'topic configured')).code, 'INVALID_CONFIG')
  })

  await test('describeConfigs: values, sources, synonyms, types and documentation, as Java has them', async () => {
    ;(await alter({ type: 'topic', name: 'configured' }, { name: 'retention.ms', operation: 'set', value: '99999' })).all()
    await eventually(async () => {
      for (const [type, name, javaType] of [
        ['topic', 'configured', 'TOPIC'],
        ['broker', String(brokerId), 'BROKER'],
      ]) {
        const options = { includeSynonyms: true, includeDocumentation: true }
        const ours = (await admin.describeConfigs([{ type, name }], options)).get(`${type} ${name}`)
        const { entries } = await java('describeConfigs', javaType, name)
        assert.ok(entries.length > 20)
        assert.deepEqual(ours.map(whole).sort(), entries.map(whole).sort())
      }
    })
    const documented = await admin.describeConfigs([{ type: 'topic', name: 'configured' }])
    assert.ok(
      documented.get('topic configured').every(({ documentation, synonyms }) => documentation === null && synonyms.length === 0),
    )
  })

  await test('listConfigResources: of one kind, and of all, as Java lists them', async () => {
    ;(await alter({ type: 'clientMetrics', name: 'some' }, { name: 'interval.ms', operation: 'set', value: '60000' })).all()
    ;(
      await alter({ type: 'group', name: 'grouped' }, { name: 'consumer.session.timeout.ms', operation: 'set', value: '50000' })
    ).all()
    await eventually(async () => {
      assert.deepEqual(await admin.listConfigResources(['clientMetrics']), [{ type: 'clientMetrics', name: 'some' }])
      assert.deepEqual(await admin.listConfigResources(['group']), [{ type: 'group', name: 'grouped' }])
    })
    const words = {
      topic: 'TOPIC',
      broker: 'BROKER',
      brokerLogger: 'BROKER_LOGGER',
      clientMetrics: 'CLIENT_METRICS',
      group: 'GROUP',
    }
    assert.deepEqual(
      sorted((await admin.listConfigResources()).map(({ type, name }) => `${words[type]} ${name}`)),
      sorted((await java('listConfigResources')).map(({ type, name }) => `${type} ${name}`)),
    )
  })

  await test('alterClientQuotas: set, taken away, and refused', async () => {
    const entity = { user: 'alice', 'client-id': null }
    ;(await admin.alterClientQuotas([{ entity, changes: { producer_byte_rate: 1_000_000, request_percentage: 50 } }])).all()
    await eventually(async () => assert.equal(Object.keys(await java('describeClientQuotas')).length, 1))
    ;(await admin.alterClientQuotas([{ entity, changes: { request_percentage: null } }])).all()
    await eventually(async () => {
      assert.deepEqual(Object.values(await java('describeClientQuotas')), [{ producer_byte_rate: 1_000_000 }])
    })
    const wrong = admin.alterClientQuotas([{ entity: { user: 'alice' }, changes: { speed: 1 } }])
    assert.equal((await errorOf(wrong, 'user=alice')).code, 'INVALID_REQUEST')
  })

  await test('describeClientQuotas: by name, by default, and strictly', async () => {
    const expected = [{ entity: { user: 'alice', 'client-id': null }, quotas: { producer_byte_rate: 1_000_000 } }]
    assert.deepEqual(await admin.describeClientQuotas([]), expected)
    assert.deepEqual(await admin.describeClientQuotas([{ type: 'client-id', name: null }]), expected)
    assert.deepEqual(await admin.describeClientQuotas([{ type: 'user', name: 'alice' }], { isStrict: true }), [])
  })

  await test('createTopics: what a quota puts off is asked for again, unless it should not be', async () => {
    const entity = { user: null }
    ;(await admin.alterClientQuotas([{ entity, changes: { controller_mutation_rate: 1 } }])).all()
    try {
      await eventually(async () => assert.equal((await admin.describeClientQuotas([{ type: 'user', name: null }])).length, 1))
      const wide = { name: 'quota.wide', partitions: 14, replicationFactor: 1 }
      const late = { name: 'quota.late', partitions: 1, replicationFactor: 1 }
      const once = await admin.createTopics([wide, late], { retryOnQuotaViolation: false })
      assert.deepEqual([...once.values.keys()], ['quota.wide'])
      assert.equal((await errorOf(once, 'quota.late')).code, 'THROTTLING_QUOTA_EXCEEDED')
      assert.deepEqual([...(await admin.createTopics([late])).all().keys()], ['quota.late'])
    } finally {
      ;(await admin.alterClientQuotas([{ entity, changes: { controller_mutation_rate: null } }])).all()
    }
  })
}

/** A configuration with all that is told of it, in the words of either. */
function whole({ name, value, source, isSensitive, isReadOnly, type, documentation, synonyms }) {
  const others = synonyms.map((synonym) => `${synonym.name}=${synonym.value} ${synonym.source}`)
  return JSON.stringify([name, value, source, isSensitive, isReadOnly, type, documentation || null, others])
}
