// Groups of the newer kinds and members that are sent away, against a broker that answers what it is told to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScene } from '../../../test/support/admin-scene.ts'
import { errorCode } from '../../protocol/errors.ts'
import { ClientError, UnsupportedError } from '../errors/index.ts'

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code
const READ_AND_DESCRIBE = (1 << 3) | (1 << 8)

test('share groups with their members, and where each partition stands', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['DescribeShareGroupOffsets'] })
  broker.answers.ShareGroupDescribe = ({ groupIds: [groupId] }) => ({
    groups: [
      {
        groupId,
        groupState: 'Stable',
        groupEpoch: 3,
        assignmentEpoch: 2,
        assignorName: 'simple',
        authorizedOperations: READ_AND_DESCRIBE,
        members: [
          {
            memberId: 'm',
            memberEpoch: 3,
            clientId: 'c',
            clientHost: '/127.0.0.1',
            subscribedTopicNames: ['t'],
            assignment: { topicPartitions: [{ topicName: 't', partitions: [0, 1] }] },
          },
        ],
      },
    ],
  })
  const told = await during(admin.describeShareGroups(['s'], { includeAuthorizedOperations: true }))
  assert.deepEqual(told.get('s'), {
    groupId: 's',
    state: 'Stable',
    groupEpoch: 3,
    targetAssignmentEpoch: 2,
    assignor: 'simple',
    coordinatorId: 1,
    authorizedOperations: ['read', 'describe'],
    members: [
      {
        memberId: 'm',
        memberEpoch: 3,
        rackId: null,
        clientId: 'c',
        host: '/127.0.0.1',
        subscribedTopics: ['t'],
        assignment: [
          { topic: 't', partition: 0 },
          { topic: 't', partition: 1 },
        ],
      },
    ],
  })
  broker.answers.DescribeShareGroupOffsets = ({ groups: [{ groupId }] }) => ({
    groups: [
      {
        groupId,
        topics: [
          {
            topicName: 't',
            partitions: [
              { partitionIndex: 0, startOffset: 5, leaderEpoch: 0, lag: 2 },
              { partitionIndex: 1, startOffset: -1, leaderEpoch: -1 },
              { partitionIndex: 2, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') },
            ],
          },
        ],
      },
    ],
  })
  const offsets = await during(admin.listShareGroupOffsets('s'))
  assert.deepEqual(offsets.get('t-0'), { startOffset: 5, leaderEpoch: 0, lag: 2 })
  assert.deepEqual(offsets.get('t-1'), { startOffset: null, leaderEpoch: null, lag: null })
  assert.throws(() => offsets.get('t-2'), isError('UNKNOWN_TOPIC_OR_PARTITION'))
  await during(admin.listShareGroupOffsets('s', { partitions: [{ topic: 't', partition: 1 }] }))
  assert.deepEqual(broker.asked.at(-1)!.request, { groups: [{ groupId: 's', topics: [{ topicName: 't', partitions: [1] }] }] })
})

test('offsets of a share group are set and forgotten, or refused as a whole', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['DeleteShareGroupOffsets'] })
  broker.answers.AlterShareGroupOffsets = () => ({
    responses: [{ topicName: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1, errorCode: 3 }] }],
  })
  const altered = await during(
    admin.alterShareGroupOffsets('s', [
      { topic: 't', partition: 0, offset: 4 },
      { topic: 't', partition: 1, offset: 0 },
    ]),
  )
  assert.deepEqual([[...altered.values.keys()], [...altered.errors.keys()]], [['t-0'], ['t-1']])
  broker.answers.DeleteShareGroupOffsets = () => ({ errorCode: errorCode('NON_EMPTY_GROUP') })
  await assert.rejects(during(admin.deleteShareGroupOffsets('s', ['t'])), isError('NON_EMPTY_GROUP'))
  broker.answers.DeleteShareGroupOffsets = () => ({ responses: [{ topicName: 't' }, { topicName: 'u', errorCode: 3 }] })
  const deleted = await during(admin.deleteShareGroupOffsets('s', ['t', 'u']))
  assert.deepEqual([[...deleted.values.keys()], [...deleted.errors.keys()]], [['t'], ['u']])
})

test('streams groups with their topology and tasks', async () => {
  const { broker, admin, during } = await adminScene()
  const tasks = { activeTasks: [{ subtopologyId: '0', partitions: [0] }], standbyTasks: [], warmupTasks: [] }
  const none = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
  broker.answers.StreamsGroupDescribe = ({ groupIds: [groupId] }) => ({
    groups: [
      {
        groupId,
        groupState: 'Stable',
        groupEpoch: 2,
        assignmentEpoch: 1,
        topology: {
          epoch: 4,
          subtopologies: [
            {
              subtopologyId: '0',
              sourceTopics: ['in'],
              stateChangelogTopics: [
                { name: 'log', partitions: 3, replicationFactor: 1, topicConfigs: [{ key: 'a', value: 'b' }] },
              ],
            },
          ],
        },
        members: [
          {
            memberId: 'm',
            memberEpoch: 2,
            instanceId: 'i',
            clientId: 'c',
            clientHost: '/h',
            topologyEpoch: 4,
            processId: 'p',
            userEndpoint: { host: 'x', port: 65_535 },
            clientTags: [{ key: 'zone', value: 'z' }],
            taskOffsets: [{ subtopologyId: '0', partition: 0, offset: 9 }],
            assignment: tasks,
            targetAssignment: none,
          },
        ],
      },
      {},
    ],
  })
  const group = (await during(admin.describeStreamsGroups(['s']))).get('s')!
  assert.deepEqual([group.state, group.topologyEpoch, group.authorizedOperations], ['Stable', 4, null])
  assert.deepEqual(group.subtopologies, [
    {
      subtopologyId: '0',
      sourceTopics: ['in'],
      repartitionSinkTopics: [],
      stateChangelogTopics: [{ name: 'log', partitions: 3, replicationFactor: 1, configs: { a: 'b' } }],
      repartitionSourceTopics: [],
    },
  ])
  assert.deepEqual(group.members, [
    {
      memberId: 'm',
      memberEpoch: 2,
      groupInstanceId: 'i',
      rackId: null,
      clientId: 'c',
      host: '/h',
      topologyEpoch: 4,
      processId: 'p',
      userEndpoint: { host: 'x', port: 65_535 },
      clientTags: { zone: 'z' },
      taskOffsets: [{ subtopologyId: '0', partition: 0, offset: 9 }],
      taskEndOffsets: [],
      assignment: tasks,
      targetAssignment: none,
      isClassic: false,
    },
  ])
})

test('members are sent away by instance id, or all of a group, and each has its outcome', async () => {
  const { broker, admin, during } = await adminScene({ serves: ['DescribeGroups'] })
  broker.answers.LeaveGroup = ({ members }) => ({
    members: members.map((member: { groupInstanceId: string | null }) => ({
      ...member,
      errorCode: member.groupInstanceId === 'gone' ? errorCode('UNKNOWN_MEMBER_ID') : 0,
    })),
  })
  const removed = await during(
    admin.removeMembersFromConsumerGroup('g', { groupInstanceIds: ['one', 'gone'], reason: 'because' }),
  )
  assert.deepEqual([...removed.values.keys()], ['one'])
  assert.throws(() => removed.get('gone'), isError('UNKNOWN_MEMBER_ID'))
  assert.deepEqual(broker.asked.at(-1)!.request, {
    groupId: 'g',
    memberId: '',
    members: [
      { memberId: '', groupInstanceId: 'one', reason: 'because' },
      { memberId: '', groupInstanceId: 'gone', reason: 'because' },
    ],
  })
  broker.answers.DescribeGroups = () => ({
    groups: [
      {
        groupState: 'Stable',
        protocolType: 'connect',
        members: [{ memberId: 'm1' }, { memberId: 'm2', groupInstanceId: 'two' }],
      },
    ],
  })
  assert.deepEqual([...(await during(admin.removeMembersFromConsumerGroup('g'))).values.keys()], ['m1', 'two'])
  const { members } = broker.asked.at(-1)!.request as { members: object[] }
  const reason = 'member was removed by an admin'
  assert.deepEqual(members, [
    { memberId: 'm1', groupInstanceId: null, reason },
    { memberId: '', groupInstanceId: 'two', reason },
  ])
  broker.answers.DescribeGroups = () => ({ groups: [{ errorCode: errorCode('GROUP_ID_NOT_FOUND') }] })
  await assert.rejects(during(admin.removeMembersFromConsumerGroup('none')), isError('GROUP_ID_NOT_FOUND'))
  const old = await adminScene()
  old.broker.answers.LeaveGroup = broker.answers.LeaveGroup!
  old.broker.newest.LeaveGroup = 2
  await assert.rejects(old.during(old.admin.removeMembersFromConsumerGroup('g', { groupInstanceIds: ['one'] })), UnsupportedError)
})

test('an assignment that is no assignment is told as such, and only of its group', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.DescribeGroups = ({ groups: [groupId] }) => ({
    groups: [
      {
        groupId,
        protocolType: 'consumer',
        members: groupId === 'odd' ? [{ memberId: 'm', memberAssignment: Buffer.from([0, 1, 9]) }] : [],
      },
    ],
  })
  const told = await during(admin.describeClassicGroups(['odd', 'sound']))
  assert.throws(() => told.get('odd'), isError('MALFORMED_ANSWER'))
  assert.deepEqual(told.get('sound')!.members, [])
})
