/** Consumer groups: classic ones, those of KIP-848, and their offsets. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { errorOf, javaWords, sorted, topic, withMember } from './world.mjs'

export async function groupSuite(world) {
  const { test, admin, java } = world

  await test('describeConsumerGroups and describeClassicGroups: a classic group with a static member, as Java has it', async () => {
    await topic(world, 'classic', 3)
    await withMember(world, 'classic', { groupId: 'classic', groupInstanceId: 'one' }, async () => {
      const options = { includeAuthorizedOperations: true }
      const ours = (await admin.describeConsumerGroups(['classic'], options)).get('classic')
      const said = await java('describeConsumerGroups', 'classic')
      assert.deepEqual([ours.type, ours.assignor, ours.coordinatorId], ['Classic', said.partitionAssignor, said.coordinator])
      assert.deepEqual(ours.members.map(member), said.members.map(javaMember))
      assert.ok(ours.authorizedOperations === null || ours.authorizedOperations.includes('read'))
      const classic = (await admin.describeClassicGroups(['classic'])).get('classic')
      const saidClassic = await java('describeClassicGroups', 'classic')
      assert.deepEqual([classic.protocolType, classic.assignor], [saidClassic.protocol, saidClassic.protocolData])
      assert.deepEqual(classic.members, ours.members)
      assert.equal(classic.authorizedOperations, null)
    })
    const none = await java('describeClassicGroups', 'nobody')
    assert.equal((await errorOf(admin.describeClassicGroups(['nobody']), 'nobody')).code, none.error)
    assert.equal((await errorOf(admin.describeConsumerGroups(['nobody']), 'nobody')).code, 'GROUP_ID_NOT_FOUND')
  })

  await test('describeConsumerGroups: a group of KIP-848, as Java has it', async () => {
    await topic(world, 'newer', 3)
    await withMember(world, 'newer', { groupId: 'newer', groupProtocol: 'consumer' }, async () => {
      const ours = (await admin.describeConsumerGroups(['newer'], { includeAuthorizedOperations: true })).get('newer')
      const said = await java('describeConsumerGroups', 'newer')
      assert.deepEqual([ours.type, ours.assignor, ours.groupEpoch], ['Consumer', said.partitionAssignor, said.groupEpoch])
      assert.equal(ours.targetAssignmentEpoch, said.targetAssignmentEpoch)
      assert.deepEqual(ours.members.map(member), said.members.map(javaMember))
      assert.deepEqual(
        ours.members.map(({ memberEpoch, isUpgraded }) => [memberEpoch, isUpgraded]),
        said.members.map(({ memberEpoch, upgraded }) => [memberEpoch, upgraded]),
      )
      assert.ok(javaWords(ours.authorizedOperations).includes('READ'))
      assert.equal((await errorOf(admin.describeClassicGroups(['newer']), 'newer')).code, 'GROUP_ID_NOT_FOUND')
    })
  })

  await test('listGroups: by state, type and protocol, as Java lists them', async () => {
    ;(await admin.alterGroupOffsets('committed', [{ topic: 'classic', partition: 0, offset: 3 }])).all()
    const said = await java('listGroups')
    assert.deepEqual(
      sorted((await admin.listGroups()).map(({ groupId, type, protocolType }) => `${groupId} ${type} ${protocolType}`)),
      sorted(said.map(({ groupId, type, protocol }) => `${groupId} ${word(type)} ${protocol}`)),
    )
    const names = async (filter) => (await admin.listGroups(filter)).map(({ groupId }) => groupId)
    assert.ok((await names({ states: ['Empty'], types: ['Classic'] })).includes('committed'))
    assert.ok(!(await names({ protocolTypes: ['consumer'] })).includes('committed'))
    assert.ok(!(await names({ states: ['Stable'] })).includes('committed'))
  })

  await test('removeMembersFromConsumerGroup: one by its instance, all, and one that is not there', async () => {
    await topic(world, 'removed', 2)
    await withMember(world, 'removed', { groupId: 'removed', groupInstanceId: 'one', enableAutoCommit: false }, async () => {
      const refused = admin.removeMembersFromConsumerGroup('removed', { groupInstanceIds: ['two'] })
      assert.equal((await errorOf(refused, 'two')).code, 'UNKNOWN_MEMBER_ID')
      const removed = await admin.removeMembersFromConsumerGroup('removed', { groupInstanceIds: ['one'], reason: 'a test' })
      assert.deepEqual([...removed.values.keys()], ['one'])
    }).catch((thrown) => assert.ok(['FENCED_INSTANCE_ID', 'UNKNOWN_MEMBER_ID'].includes(thrown.code), thrown))
    await withMember(world, 'removed', { groupId: 'dismissed' }, async () => {
      const [{ memberId }] = (await admin.describeConsumerGroups(['dismissed'])).get('dismissed').members
      const removed = await admin.removeMembersFromConsumerGroup('dismissed')
      assert.deepEqual([...removed.values.keys()], [memberId])
    })
    const { error } = await java('removeMembersFromConsumerGroup', 'nobody', 'one')
    const nobody = admin.removeMembersFromConsumerGroup('nobody', { groupInstanceIds: ['one'] })
    assert.equal((await errorOf(nobody, 'one')).code, error)
  })

  await test('alterGroupOffsets, listGroupOffsets and deleteGroupOffsets: what Java reads of them', async () => {
    const at = (partition, offset) => ({ topic: 'classic', partition, offset, leaderEpoch: 0, metadata: 'm' })
    ;(await admin.alterGroupOffsets('committed', [at(0, 5), at(1, 6)])).all()
    const said = await java('listConsumerGroupOffsets', 'committed')
    const ours = await admin.listGroupOffsets('committed', { requireStable: true })
    assert.deepEqual(
      Object.fromEntries(ours.map(({ topic: name, partition, ...rest }) => [`${name}-${partition}`, rest])),
      Object.fromEntries(
        Object.entries(said).map(([key, { offset, leaderEpoch, metadata }]) => [key, { offset, leaderEpoch, metadata }]),
      ),
    )
    ;(await admin.deleteGroupOffsets('committed', [{ topic: 'classic', partition: 0 }])).all()
    assert.deepEqual(Object.keys(await java('listConsumerGroupOffsets', 'committed')), ['classic-1'])
    const { error } = await java('deleteConsumerGroupOffsets', 'nobody', 'classic')
    assert.equal((await errorOf(admin.deleteGroupOffsets('nobody', [{ topic: 'classic', partition: 0 }]))).code, error)
  })

  await test('deleteGroups: gone, refused while it has members, and not there', async () => {
    await withMember(world, 'classic', { groupId: 'busy' }, async () => {
      assert.equal((await errorOf(admin.deleteGroups(['busy']), 'busy')).code, 'NON_EMPTY_GROUP')
    })
    const deleted = await admin.deleteGroups(['committed', 'nobody'])
    assert.deepEqual([...deleted.values.keys()], ['committed'])
    assert.equal((await errorOf(deleted, 'nobody')).code, (await java('deleteConsumerGroups', 'nobody')).error)
    await eventually(async () => {
      assert.ok(!(await java('listGroups')).some(({ groupId }) => groupId === 'committed'))
    })
  })
}

/** CLASSIC is Classic. */
const word = (name) => name.slice(0, 1) + name.slice(1).toLowerCase()
const names = (partitions) => sorted(partitions.map(({ topic: name, partition }) => `${name}-${partition}`))

function member({ memberId, groupInstanceId, clientId, host, assignment, targetAssignment }) {
  return {
    memberId,
    groupInstanceId,
    clientId,
    host,
    assignment: names(assignment),
    target: targetAssignment && names(targetAssignment),
  }
}

function javaMember({ consumerId, groupInstanceId, clientId, host, assignment, targetAssignment }) {
  const target = targetAssignment && sorted(targetAssignment.topicPartitions)
  return { memberId: consumerId, groupInstanceId, clientId, host, assignment: sorted(assignment.topicPartitions), target }
}
