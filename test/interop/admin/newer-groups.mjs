/** Share groups (KIP-932) and streams groups (KIP-1071). */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { eventually } from '../lib/report.mjs'
import { ask, errorOf, produce, sorted, topic } from './world.mjs'

const uuid = () => randomBytes(15).toString('base64url').concat('AA')

export async function newerGroupSuite(world) {
  const { test, admin, java } = world

  await test('describeShareGroups: members and what they have, as Java has them', async () => {
    await topic(world, 'shared', 2)
    await produce(
      world,
      [0, 1].map((partition) => ({ topic: 'shared', partition, value: 'x' })),
    )
    const memberId = uuid()
    const beat = (more) =>
      ask(world, 'ShareGroupHeartbeat', 1, { groupId: 'sharing', memberId, subscribedTopicNames: null, ...more })
    let { memberEpoch } = await beat({ memberEpoch: 0, subscribedTopicNames: ['shared'] })
    await eventually(async () => {
      // What it is to have is told with one of the next heartbeats.
      ;({ memberEpoch } = await beat({ memberEpoch }))
      const ours = (await admin.describeShareGroups(['sharing'])).get('sharing')
      assert.equal(ours.members[0]?.assignment.length, 2)
      const said = await java('describeShareGroups', 'sharing')
      assert.deepEqual(
        [ours.state, ours.groupEpoch, ours.targetAssignmentEpoch, ours.coordinatorId],
        [word(said.groupState), said.groupEpoch, said.targetAssignmentEpoch, said.coordinator],
      )
      assert.deepEqual(
        ours.members.map((member) => [
          member.memberId,
          member.clientId,
          member.host,
          member.memberEpoch,
          names(member.assignment),
        ]),
        said.members.map((member) => [
          member.consumerId,
          member.clientId,
          member.host,
          member.memberEpoch,
          sorted(member.assignment.topicPartitions),
        ]),
      )
    }, 20_000)
    const busy = await errorOf(admin.alterShareGroupOffsets('sharing', [{ topic: 'shared', partition: 0, offset: 0 }]))
    assert.equal(busy.code, (await java('alterShareGroupOffsets', 'sharing', 'shared')).error)
    await beat({ memberEpoch: -1 })
    const { error } = await java('describeShareGroups', 'nobody')
    assert.equal((await errorOf(admin.describeShareGroups(['nobody']), 'nobody')).code, error)
  })

  await test('alterShareGroupOffsets, listShareGroupOffsets and deleteShareGroupOffsets: what Java reads of them', async () => {
    const at = (partition, offset) => ({ topic: 'shared', partition, offset })
    const altered = await admin.alterShareGroupOffsets('sharing', [at(0, 1), at(1, 0), at(9, 0)])
    assert.deepEqual([...altered.values.keys()], ['shared-0', 'shared-1'])
    assert.equal((await errorOf(altered, 'shared-9')).code, 'UNKNOWN_TOPIC_OR_PARTITION')
    await eventually(async () => {
      const ours = await admin.listShareGroupOffsets('sharing')
      const said = await java('listShareGroupOffsets', 'sharing')
      assert.deepEqual([...ours.all().keys()].sort(), ['shared-0', 'shared-1'])
      for (const [key, { startOffset, leaderEpoch, lag }] of ours.values) {
        assert.deepEqual({ startOffset, leaderEpoch, lag }, said[key], key)
      }
      assert.deepEqual([said['shared-0'].startOffset, said['shared-1'].startOffset], [1, 0])
    })
    const one = await admin.listShareGroupOffsets('sharing', { partitions: [{ topic: 'shared', partition: 1 }] })
    assert.deepEqual([...one.values.keys()], ['shared-1'])
    const deleted = await admin.deleteShareGroupOffsets('sharing', ['shared'])
    assert.deepEqual([...deleted.all().keys()], ['shared'])
    const { error } = await java('deleteShareGroupOffsets', 'nobody', 'shared')
    assert.equal((await errorOf(admin.deleteShareGroupOffsets('nobody', ['shared']))).code, error)
  })

  await test('deleteGroups: a share group', async () => {
    ;(await admin.deleteGroups(['sharing'])).all()
    await eventually(async () => {
      assert.ok(!(await admin.listGroups({ types: ['Share'] })).some(({ groupId }) => groupId === 'sharing'))
    })
  })

  await test('describeStreamsGroups: topology, members and tasks, as Java has them', async () => {
    await topic(world, 'streamed', 2)
    const memberId = uuid()
    const subtopology = { subtopologyId: '0', sourceTopics: ['streamed'] }
    const changelog = { name: 'streaming-store-changelog', topicConfigs: [{ key: 'cleanup.policy', value: 'compact' }] }
    const beat = (more) => ask(world, 'StreamsGroupHeartbeat', 0, { groupId: 'streaming', memberId, ...more })
    await beat({
      memberEpoch: 0,
      rebalanceTimeoutMs: 30_000,
      topology: { epoch: 3, subtopologies: [{ ...subtopology, stateChangelogTopics: [changelog] }] },
      activeTasks: [],
      standbyTasks: [],
      warmupTasks: [],
      processId: 'process',
      userEndpoint: { host: 'here', port: 65_535 },
      clientTags: [{ key: 'zone', value: 'z' }],
    })
    await eventually(async () => {
      const ours = (await admin.describeStreamsGroups(['streaming'], { includeAuthorizedOperations: true })).get('streaming')
      const said = await java('describeStreamsGroups', 'streaming')
      assert.deepEqual(
        [ours.groupEpoch, ours.targetAssignmentEpoch, ours.topologyEpoch, ours.coordinatorId],
        [said.groupEpoch, said.targetAssignmentEpoch, said.topologyEpoch, said.coordinator],
      )
      assert.equal(ours.state.toUpperCase(), said.groupState.replaceAll('_', ''))
      const [{ stateChangelogTopics, ...rest }] = ours.subtopologies
      const [saidOf] = said.subtopologies
      assert.deepEqual([rest.subtopologyId, rest.sourceTopics], [saidOf.subtopologyId, saidOf.sourceTopics])
      assert.deepEqual(
        stateChangelogTopics.map(({ name, configs }) => [name, configs]),
        Object.entries(saidOf.stateChangelogTopics).map(([name, { topicConfigs }]) => [name, topicConfigs]),
      )
      const [member] = ours.members
      const [saidMember] = said.members
      for (const field of ['memberId', 'memberEpoch', 'clientId', 'topologyEpoch', 'processId', 'clientTags', 'isClassic']) {
        assert.deepEqual(member[field], saidMember[field], field)
      }
      assert.deepEqual(member.userEndpoint, { host: 'here', port: 65_535 })
      assert.deepEqual(member.targetAssignment.activeTasks, saidMember.targetAssignment.activeTasks)
      assert.ok(ours.authorizedOperations.includes('read'))
    }, 20_000)
    await beat({ memberEpoch: -1 })
    const { error } = await java('describeStreamsGroups', 'nobody')
    assert.equal((await errorOf(admin.describeStreamsGroups(['nobody']), 'nobody')).code, error)
  })

  await test('offsets of a streams group are those of any group, and so is its end', async () => {
    const offsets = [{ topic: 'streamed', partition: 0, offset: 4 }]
    ;(await admin.alterGroupOffsets('streaming', offsets)).all()
    const [{ offset }] = await admin.listGroupOffsets('streaming')
    assert.equal(offset, 4)
    ;(await admin.deleteGroupOffsets('streaming', offsets)).all()
    assert.deepEqual(await admin.listGroupOffsets('streaming'), [])
    ;(await admin.deleteGroups(['streaming'])).all()
  })
}

/** STABLE is Stable. */
const word = (name) => name.slice(0, 1) + name.slice(1).toLowerCase()
const names = (partitions) => sorted(partitions.map(({ topic: name, partition }) => `${name}-${partition}`))
