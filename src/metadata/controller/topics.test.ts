import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directory, TestController } from '../../../test/support/test-controller.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { alterConfigs, incrementalAlterConfigs } from './configs.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics, type NewTopic } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'

const topic = (name: string, fields: Partial<NewTopic> = {}): NewTopic => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...fields,
})

const create = (house: TestController, topics: NewTopic[], validateOnly = false) =>
  house.run((controller) => createTopics(controller, { topics, validateOnly })).topics

const errorsOf = (answers: readonly { name?: string | null; errorCode: number }[]) =>
  answers.map(({ name, errorCode }) => [name, errorName(errorCode)])
const one = (house: TestController, fields: Partial<NewTopic>, name = 't') =>
  errorName(create(house, [topic(name, fields)])[0]!.errorCode)

test('a topic is written as topic, configurations and partitions in one piece, and answered with what it has', () => {
  const house = TestController.withBrokers(1)
  const configs = [{ name: 'min.insync.replicas', value: '2' }]
  const records = house.recordsOf((controller) =>
    createTopics(controller, { topics: [topic('t', { numPartitions: 2, configs })], validateOnly: false }),
  )
  assert.deepEqual(
    records.map(([kind]) => kind),
    ['TopicRecord', 'ConfigRecord', 'ClearElrRecord', 'PartitionRecord', 'PartitionRecord'],
  )
  const partition = house.controller.image.partition('t', 1)!
  assert.deepEqual(
    [partition.replicas, partition.isr, partition.leader, partition.leaderEpoch, partition.directories],
    [[1], [1], 1, 0, [directory(1)]],
  )
  const [answer] = create(house, [topic('u', { numPartitions: -1, replicationFactor: -1, configs })])
  assert.deepEqual([answer!.numPartitions, answer!.replicationFactor, answer!.configs.length], [3, 1, 1])
  assert.equal(answer!.topicId, house.controller.image.topic('u')!.id)
})

test('what may not be created gets the code that Kafka gives', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('a.b')])
  for (const name of ['', '.', '..', 'a b', 'a/b', 'café', 'x'.repeat(250), 'a_b'])
    assert.equal(one(house, {}, name), 'INVALID_TOPIC_EXCEPTION', name)
  assert.equal(one(house, {}, 'x'.repeat(249)), 'NONE')
  assert.equal(one(house, {}, 'a.b'), 'TOPIC_ALREADY_EXISTS')
  assert.equal(one(house, {}, '__cluster_metadata'), 'INVALID_REQUEST')
  for (const numPartitions of [0, -2]) assert.equal(one(house, { numPartitions }), 'INVALID_PARTITIONS')
  for (const replicationFactor of [0, -2, 2]) assert.equal(one(house, { replicationFactor }), 'INVALID_REPLICATION_FACTOR')
  for (const value of [null, 'bad'])
    assert.equal(one(house, { configs: [{ name: 'retention.ms', value }] }), value === null ? 'INVALID_CONFIG' : 'INVALID_CONFIG')
  assert.equal(one(house, { configs: [{ name: 'nope', value: '1' }] }), 'INVALID_CONFIG')
  assert.equal(house.controller.image.topic('t'), undefined)
})

test('replicas that a request names are taken as they are, or refused', () => {
  const house = TestController.withBrokers(1, 2)
  const manual = (assignments: NewTopic['assignments'], fields: Partial<NewTopic> = {}) =>
    one(house, { numPartitions: -1, replicationFactor: -1, assignments, ...fields })
  assert.equal(manual([{ partitionIndex: 0, brokerIds: [1] }], { replicationFactor: 1 }), 'INVALID_REQUEST')
  assert.equal(manual([{ partitionIndex: 0, brokerIds: [1] }], { numPartitions: 1 }), 'INVALID_REQUEST')
  const illegal = [[[9]], [[1, 1]], [[]], [[1], [1, 2]]].map((lists) =>
    lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  )
  const misnumbered = [[0, 2], [0, 0], [-1]].map((numbers) =>
    numbers.map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
  )
  for (const assignments of [...illegal, ...misnumbered])
    assert.equal(manual(assignments), 'INVALID_REPLICA_ASSIGNMENT', JSON.stringify(assignments))
  const swapped = [
    { partitionIndex: 1, brokerIds: [1, 2] },
    { partitionIndex: 0, brokerIds: [2, 1] },
  ]
  assert.equal(manual(swapped), 'NONE')
  assert.deepEqual(
    house.controller.image.topic('t')!.partitions.map(({ replicas, leader }) => [replicas, leader]),
    [
      [[2, 1], 2],
      [[1, 2], 1],
    ],
  )
})

test('one bad topic leaves the others alone, a name that stands twice is refused once, and names of one request do not collide', () => {
  const house = TestController.withBrokers(1)
  const answers = create(house, [topic('good'), topic('twice'), topic('bad name'), topic('twice'), topic('x.y'), topic('x_y')])
  assert.deepEqual(errorsOf(answers), [
    ['good', 'NONE'],
    ['bad name', 'INVALID_TOPIC_EXCEPTION'],
    ['x.y', 'NONE'],
    ['x_y', 'NONE'],
    ['twice', 'INVALID_REQUEST'],
  ])
})

test('what is only validated is answered in full and leaves nothing', () => {
  const house = TestController.withBrokers(1)
  const [answer] = create(house, [topic('t', { numPartitions: 4 })], true)
  assert.deepEqual([answer!.errorCode, answer!.numPartitions], [0, 4])
  assert.equal(house.controller.image.topics.size, 0)
})

test('an excessive number of partitions is refused before anything is placed', () => {
  const house = TestController.withBrokers(1)
  const refusal = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'POLICY_VIOLATION'
  assert.throws(() => create(house, [topic('t', { numPartitions: 2 ** 31 - 1 })]), refusal)
})

test('replicas are spread over racks and brokers, and led by brokers that serve', () => {
  const house = TestController.withBrokers()
  for (const [id, rack] of [
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
    [4, 'b'],
  ] as const)
    house.start(id, -1, rack)
  house.register(5)
  create(house, [topic('t', { numPartitions: 40, replicationFactor: 2 })])
  const leaders = new Map<number, number>()
  for (const { replicas, leader } of house.controller.image.topic('t')!.partitions) {
    const racks = replicas.map((id) => house.controller.image.brokers.get(id)!.rack)
    assert.equal(new Set(racks).size, 2)
    leaders.set(leader, (leaders.get(leader) ?? 0) + 1)
  }
  assert.deepEqual([...leaders].sort(), [
    [1, 10],
    [2, 10],
    [3, 10],
    [4, 10],
  ])
})

test('topics are deleted by name and by id; what is unknown, doubled or ambiguous is refused', () => {
  const house = TestController.withBrokers(1)
  const [a, b, c] = create(house, [topic('a'), topic('b'), topic('c')])
  const byName = (name: string) => ({ name, topicId: ZERO_UUID })
  const byId = (topicId: string) => ({ name: null, topicId })
  const unknown = Buffer.alloc(16, 99).toString('base64url')
  const asked = [
    byName('a'),
    byId(b!.topicId),
    byName('c'),
    byId(c!.topicId),
    byName('nope'),
    byId(unknown),
    { name: 'a', topicId: a!.topicId },
    byId(ZERO_UUID),
  ]
  const { responses } = house.run((controller) => deleteTopics(controller, { topics: asked, topicNames: [] }))
  assert.deepEqual(errorsOf(responses), [
    ['a', 'NONE'],
    ['b', 'NONE'],
    ['c', 'INVALID_REQUEST'],
    ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [null, 'UNKNOWN_TOPIC_ID'],
    ['a', 'INVALID_REQUEST'],
    [null, 'INVALID_REQUEST'],
  ])
  assert.deepEqual([...house.controller.image.topics.keys()], ['c'])
  create(house, [topic('x.y')])
  assert.equal(one(house, {}, 'x_y'), 'INVALID_TOPIC_EXCEPTION')
  house.run((controller) => deleteTopics(controller, { topics: [byName('x.y')], topicNames: [] }))
  assert.equal(one(house, {}, 'x_y'), 'NONE', 'a name is free again once what it collided with is gone')
  house.run((controller) => deleteTopics(controller, { topics: [byName('x_y')], topicNames: [] }))
  const old = house.run((controller) => deleteTopics(controller, { topics: [], topicNames: ['c', 'c'] }))
  assert.deepEqual(errorsOf(old.responses), [['c', 'INVALID_REQUEST']])
})

test('a topic grows and does not shrink', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('t', { numPartitions: 2 })])
  const grow = (name: string, count: number, assignments: { brokerIds: number[] }[] | null = null, validateOnly = false) =>
    errorName(
      house.run((controller) => createPartitions(controller, { topics: [{ name, count, assignments }], validateOnly }))
        .results[0]!.errorCode,
    )
  for (const count of [-1, 0, 1, 2]) assert.equal(grow('t', count), 'INVALID_PARTITIONS')
  assert.equal(grow('nope', 3), 'UNKNOWN_TOPIC_OR_PARTITION')
  for (const assignments of [[], [{ brokerIds: [9] }], [{ brokerIds: [1, 1] }], [{ brokerIds: [1] }, { brokerIds: [1] }]]) {
    assert.equal(grow('t', 3, assignments), 'INVALID_REPLICA_ASSIGNMENT')
  }
  assert.equal(grow('t', 5, null, true), 'NONE')
  assert.equal(grow('t', 3), 'NONE')
  assert.equal(grow('t', 4, [{ brokerIds: [1] }]), 'NONE')
  assert.equal(house.controller.image.topic('t')!.partitions.length, 4)
})

test('the new partitions of all topics of a request count together', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('t'), topic('u')])
  const grow = (...topics: [name: string, count: number][]) =>
    house.run((controller) =>
      createPartitions(controller, {
        topics: topics.map(([name, count]) => ({ name, count, assignments: null })),
        validateOnly: true,
      }),
    ).results
  const refusal = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'POLICY_VIOLATION'
  assert.throws(() => grow(['t', 6001], ['u', 4002]), refusal)
  assert.deepEqual(errorsOf(grow(['t', 6001], ['u', 4001], ['nope', 9000])), [
    ['t', 'NONE'],
    ['u', 'NONE'],
    ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ])
})

const TOPIC = 2
const BROKER = 4

type Op = [name: string, operation: number, value: string | null]
const change = (house: TestController, ops: Op[], resourceName = 't', resourceType = TOPIC) =>
  house
    .run((controller) =>
      incrementalAlterConfigs(controller, {
        resources: [
          {
            resourceType,
            resourceName,
            configs: ops.map(([name, configOperation, value]) => ({ name, configOperation, value })),
          },
        ],
        validateOnly: false,
      }),
    )
    .responses.map(({ errorCode }) => errorName(errorCode))[0]

test('configurations are set, removed, added to and taken from', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('t')])
  const value = (name: string) => house.controller.image.configsOf({ type: 'topic', name: 't' }).get(name)
  assert.equal(
    change(house, [
      ['retention.ms', 0, '5'],
      ['cleanup.policy', 2, 'compact'],
    ]),
    'NONE',
  )
  assert.deepEqual([value('retention.ms'), value('cleanup.policy')], ['5', 'delete,compact'])
  assert.equal(
    change(house, [
      ['retention.ms', 1, null],
      ['cleanup.policy', 3, 'delete'],
    ]),
    'NONE',
  )
  assert.deepEqual([value('retention.ms'), value('cleanup.policy')], [undefined, 'compact'])
  const before = house.written.length
  assert.equal(
    change(house, [
      ['cleanup.policy', 2, 'compact'],
      ['retention.ms', 1, null],
    ]),
    'NONE',
  )
  assert.equal(house.written.length, before, 'nothing is written for what stays')
})

test('changes of configurations that Kafka refuses are refused with its codes', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('t')])
  assert.equal(change(house, [['retention.ms', 2, '5']]), 'INVALID_CONFIG')
  assert.equal(change(house, [['nope', 0, '5']]), 'INVALID_CONFIG')
  assert.equal(change(house, [['retention.ms', 0, null]]), 'INVALID_REQUEST')
  assert.equal(
    change(house, [
      ['retention.ms', 0, '1'],
      ['retention.ms', 0, '2'],
    ]),
    'INVALID_REQUEST',
  )
  assert.equal(change(house, [['retention.ms', 9, '1']]), 'INVALID_REQUEST')
  assert.equal(change(house, [], 'nope'), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.equal(change(house, [], 'a b'), 'INVALID_TOPIC_EXCEPTION')
  for (const type of [TOPIC, 16, 32]) assert.equal(change(house, [], '', type), 'INVALID_REQUEST')
  for (const type of [0, 8, 99]) assert.equal(change(house, [], 'x', type), 'INVALID_REQUEST')
  assert.equal(change(house, [], 'abc', BROKER), 'INVALID_REQUEST')
  assert.equal(change(house, [['min.insync.replicas', 0, '2']], '1', BROKER), 'INVALID_CONFIG')
  assert.equal(change(house, [['min.insync.replicas', 1, null]], '', BROKER), 'INVALID_CONFIG')
  assert.equal(change(house, [['min.insync.replicas', 0, '2']], '', BROKER), 'NONE')
})

test('the old way replaces the whole set, and a resource that stands twice is refused twice', () => {
  const house = TestController.withBrokers(1)
  create(house, [topic('t', { configs: [{ name: 'cleanup.policy', value: 'compact' }] })])
  const resource = { resourceType: TOPIC, resourceName: 't', configs: [{ name: 'retention.ms', value: '7' }] }
  const alter = (resources: (typeof resource)[]) =>
    house.run((controller) => alterConfigs(controller, { resources, validateOnly: false })).responses
  assert.deepEqual(
    alter([resource, resource]).map(({ errorCode }) => errorName(errorCode)),
    ['INVALID_REQUEST', 'INVALID_REQUEST'],
  )
  assert.equal(alter([resource])[0]!.errorCode, 0)
  assert.deepEqual([...house.controller.image.configsOf({ type: 'topic', name: 't' })], [['retention.ms', '7']])
})
