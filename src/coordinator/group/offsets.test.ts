import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupWorld } from '../../../test/support/group-world.ts'
import { deleteGroup } from './commands/delete-group.ts'
import { deleteOffsets, forgetTopics } from './commands/delete-offsets.ts'
import { listGroups } from './commands/describe.ts'

const DAY = 24 * 3_600_000

/** A consumer's metadata: version 1, the topics, no user data. */
function subscription(...topics: readonly string[]): string {
  const sized = topics.map((topic) => `\0${String.fromCharCode(topic.length)}${topic}`)
  return `\0\x01\0\0\0${String.fromCharCode(topics.length)}${sized.join('')}\xff\xff\xff\xff`
}

/** One consumer that reads `topic`, settled. */
function consumerOf(world: GroupWorld, topic: string): string {
  const { id } = world.joinFresh({ metadata: subscription(topic), session: 1_800_000 })
  world.sync(id, 1, { [id]: 'x' })
  return id
}

test('offsets of all 64 bits come back as they were committed', () => {
  const world = new GroupWorld()
  world.commit('t', 2n ** 63n - 1n)
  assert.equal(world.committed('t').committedOffset, 2n ** 63n - 1n)
})

test('offsets of a group without members go when its retention has passed since each commit, and the group with them', () => {
  const world = new GroupWorld()
  world.commit('old', 1n)
  world.advance(6 * DAY)
  world.commit('young', 2n)
  world.advance(1 * DAY + 600_000)
  assert.equal(world.committed('old').committedOffset, -1n)
  assert.equal(world.committed('young').committedOffset, 2n)
  world.advance(6 * DAY)
  assert.equal(world.machine.groups.size, 0)
  assert.deepEqual(world.log.at(-1)!.record, { kind: 'groupDelete', groupId: 'g' })
})

test('the retention of a group that had members begins when the last one is gone', () => {
  const world = new GroupWorld()
  const id = consumerOf(world, 't')
  world.commit('t', 5n, { id, generation: 1 })
  for (let days = 0; days < 10 * DAY; days += 1_700_000) {
    world.advance(1_700_000)
    assert.equal(world.heartbeat(id, 1), 'NONE')
  }
  assert.equal(world.committed('t').committedOffset, 5n, 'it is read, however old the commit')
  world.leave(id)
  world.advance(7 * DAY - 1)
  assert.equal(world.committed('t').committedOffset, 5n)
  world.advance(600_001)
  assert.equal(world.committed('t').committedOffset, -1n)
})

test('a restart does not begin the retention anew', () => {
  const world = new GroupWorld()
  const id = consumerOf(world, 't')
  world.commit('t', 5n, { id, generation: 1 })
  world.leave(id)
  world.advance(6 * DAY)
  world.restart()
  world.advance(1 * DAY + 600_000)
  assert.equal(world.machine.groups.size, 0)
})

test('what a settled group of consumers does not read any more goes by its commit', () => {
  const world = new GroupWorld({ offsetsRetentionMs: 1_200_000 })
  const id = consumerOf(world, 't')
  world.commit('t', 5n, { id, generation: 1 })
  world.commit('unread', 6n, { id, generation: 1 })
  world.advance(1_799_999)
  assert.equal(world.committed('unread').committedOffset, -1n)
  assert.equal(world.committed('t').committedOffset, 5n)
})

test('a point of expiry given by an old client counts instead of the retention', () => {
  const world = new GroupWorld()
  world.commit('short', 1n, { retention: 1000 })
  world.commit('long', 1n, { retention: 30 * DAY })
  world.advance(600_000)
  assert.equal(world.committed('short').committedOffset, -1n)
  world.advance(20 * DAY)
  assert.equal(world.committed('long').committedOffset, 1n)
})

test('retention goes through many groups in slices, and through all of them', () => {
  const world = new GroupWorld({ retentionCheckMs: DAY })
  for (let i = 0; i < 12_000; i++) world.commit('t', 1n, { group: `group-${i}` })
  const before = world.log.length
  world.advance(8 * DAY)
  assert.equal(world.machine.groups.size, 0)
  assert.equal(world.log.length, before + 2 * 12_000, 'an offset and a group each, once')
})

test('a commit inside a transaction shows when the transaction is committed, and never when it is aborted', () => {
  const world = new GroupWorld()
  world.commit('t', 1n)
  world.commit('t', 2n, { producerId: 7 })
  assert.equal(world.committed('t').committedOffset, 1n)
  assert.equal(world.committed('t', 'g', true).error, 'UNSTABLE_OFFSET_COMMIT')
  assert.deepEqual(world.replayed().hardState(), world.machine.hardState())
  world.machine.endTransaction(7, 0, false)
  assert.deepEqual([world.committed('t').committedOffset, world.committed('t', 'g', true).error], [1n, 'NONE'])
  world.commit('t', 3n, { producerId: 8 })
  world.machine.endTransaction(8, 0, true)
  assert.equal(world.committed('t', 'g', true).committedOffset, 3n)
})

test('a plain commit after a transactional one stands when the transaction ends', () => {
  const world = new GroupWorld()
  world.commit('t', 1n, { producerId: 7 })
  world.commit('t', 2n)
  world.machine.endTransaction(7, 0, true)
  assert.equal(world.committed('t').committedOffset, 2n)
})

test('a group that only an open transaction knows is neither expired nor forgotten', () => {
  const world = new GroupWorld()
  world.commit('t', 1n, { producerId: 7 })
  world.advance(20 * DAY)
  assert.equal(world.machine.groups.size, 1)
  world.machine.endTransaction(7, 0, false)
  assert.equal(world.machine.groups.size, 0)
})

test('metadata beyond offset.metadata.max.bytes is refused for its partition alone', () => {
  const world = new GroupWorld({ offsetMetadataMax: -1 })
  const { error, topics } = world.commit('t', 1n)
  assert.deepEqual([error, topics], ['NONE', [['OFFSET_METADATA_TOO_LARGE']]])
})

test('a commit keeps its member alive', () => {
  const world = new GroupWorld()
  const [id] = world.settled(1)
  world.advance(9000)
  assert.equal(world.commit('t', 1n, { id: id!, generation: 1 }).error, 'NONE')
  world.advance(9000)
  assert.equal(world.heartbeat(id!, 1), 'NONE')
})

test('offsets of a topic that a consumer reads are not deleted, others are; another kind of group has to be empty', () => {
  const world = new GroupWorld()
  const id = consumerOf(world, 't')
  world.commit('t', 1n, { id, generation: 1 })
  world.commit('unread', 2n, { id, generation: 1 })
  const request = { groupId: 'g', topics: ['t', 'unread', 'never'].map((name) => ({ name, partitions: [0] })) }
  const answer = world.run((machine) => deleteOffsets(machine, request)).value
  assert.deepEqual(answer.topics, ['GROUP_SUBSCRIBED_TO_TOPIC', 'NONE', 'NONE'])
  assert.deepEqual([world.committed('t').committedOffset, world.committed('unread').committedOffset], [1n, -1n])

  world.join({ group: 'c', version: 3, type: 'connect' })
  assert.equal(world.run((machine) => deleteOffsets(machine, { groupId: 'c', topics: [] })).value.error, 'NON_EMPTY_GROUP')
})

test('deleted topics are forgotten by all groups, and by groups that have nothing else', () => {
  const world = new GroupWorld()
  world.commit('gone', 1n)
  world.commit('stays', 1n)
  world.commit('gone', 1n, { group: 'other' })
  world.run((machine) => forgetTopics(machine, new Set(['gone']), world.machine.groups.keys()))
  assert.deepEqual([...world.machine.groups.keys()], ['g'])
  assert.equal(world.committed('stays').committedOffset, 1n)
})

test('a deleted group is gone with its offsets, and ids handed out for it are void', () => {
  const world = new GroupWorld()
  world.commit('t', 1n)
  const { memberId } = world.join().value
  assert.equal(world.run((machine) => deleteGroup(machine, 'g')).value, 'NONE')
  assert.equal(world.machine.groups.size, 0)
  assert.equal(world.machine.pendingMembers, 0)
  assert.equal(world.join({ id: memberId }).value.error, 'UNKNOWN_MEMBER_ID')
  assert.equal(world.run((machine) => deleteGroup(machine, 'g')).value, 'GROUP_ID_NOT_FOUND')
})

test('groups are listed by state and type, in any case of letters', () => {
  const world = new GroupWorld()
  world.settled(1)
  world.commit('t', 1n, { group: 'simple' })
  const list = (...statesFilter: string[]) =>
    listGroups(world.machine, { statesFilter, typesFilter: ['CLASSIC'] }).map(({ groupId }) => groupId)
  assert.deepEqual([list(), list('stable'), list('EMPTY'), list('Dead')], [['g', 'simple'], ['g'], ['simple'], []])
  assert.deepEqual(listGroups(world.machine, { statesFilter: [], typesFilter: ['consumer'] }), [])
})
