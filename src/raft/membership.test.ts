import assert from 'node:assert/strict'
import { test } from 'node:test'
import { votersOf } from '../../test/support/quorum-states.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { type ControlRecord, controlRecord } from '../protocol/records/control.ts'
import { Membership } from './membership.ts'
import { requireSameVoters } from './same-voters.ts'
import { isSameEntry, type Voter, voterRecord } from './voters.ts'

function wordAt(offset: number, voters: readonly Voter[], kraftVersion?: number): RecordBatch {
  const records: ControlRecord[] = kraftVersion === undefined ? [] : [{ kind: 'kraftVersion', kRaftVersion: kraftVersion }]
  records.push({ kind: 'kraftVoters', voters: voters.map(voterRecord) })
  const bytes = buildBatch({ records: records.map((record) => ({ ...controlRecord(record), timestamp: 1 })), isControl: true })
  const batch = new RecordBatch(bytes)
  batch.assign(offset, 1)
  return batch
}

const idsOf = (voters: readonly Voter[]) => voters.map(({ id }) => id)

test('the newest word counts, what is cut off is taken back, and a snapshot gets what was said below its end', () => {
  const membership = new Membership()
  membership.noteSnapshot(wordAt(0, votersOf(1), 1), true)
  membership.note(wordAt(10, votersOf(1, 2)))
  membership.note(wordAt(20, votersOf(1, 2, 3)))
  assert.deepEqual([idsOf(membership.voters), membership.offset, membership.kraftVersion], [[1, 2, 3], 20, 1])
  assert.deepEqual(
    [5, 10, 11, 20, 21].map((end) => idsOf(membership.at(end).voters)),
    [[1], [1], [1, 2], [1, 2], [1, 2, 3]],
  )
  membership.truncate(20)
  assert.deepEqual([idsOf(membership.voters), membership.offset], [[1, 2], 10])
  membership.truncate(0)
  assert.deepEqual([idsOf(membership.voters), membership.offset], [[1], -1])
})

test('what a voter supports goes from record to record, and the order of its endpoints says nothing', () => {
  const [voter] = votersOf(1) as [Voter]
  const other = { name: 'OTHER', host: 'elsewhere', port: 1 }
  const apart = { ...voter, endpoints: [...voter.endpoints, other], kraftVersions: { min: 0, max: 2 } }
  const membership = new Membership()
  membership.note(wordAt(0, [apart]))
  assert.deepEqual(membership.voters, [apart])
  assert.equal(isSameEntry(apart, { ...apart, endpoints: apart.endpoints.toReversed() }), true)
  assert.equal(isSameEntry(apart, { ...apart, kraftVersions: { min: 0, max: 1 } }), false)
  assert.equal(isSameEntry(apart, { ...apart, endpoints: voter.endpoints }), false)
})

test('voters of the configuration are compared with what leaders count, until the log says who votes', () => {
  const counted = (leaderId: number, ...ids: number[]) => {
    const voters = votersOf(...ids).map(({ id, directoryId }) => ({ voterId: id, voterDirectoryId: directoryId }))
    const control = { kind: 'leaderChange' as const, version: 0, leaderId, voters, grantingVoters: [] }
    const bytes = buildBatch({ records: [{ ...controlRecord(control), timestamp: 1 }], isControl: true })
    new RecordBatch(bytes).assign(0, 3)
    return bytes
  }
  const change = wordAt(0, votersOf(1, 2), 1)
  change.assign(0, 3)
  assert.throws(
    () => requireSameVoters(counted(1, 1, 2), 3, votersOf(1, 2, 3)),
    /counts the voters 1, 2, and this node the voters 1, 2, 3/,
  )
  requireSameVoters(counted(1, 1, 2), 4, votersOf(1, 2, 3))
  requireSameVoters(Buffer.concat([Buffer.from(change.slice()), counted(1, 1, 2)]), 3, votersOf(1, 2, 3))
  change.assign(0, 2) // by a leader before this one
  requireSameVoters(Buffer.concat([Buffer.from(change.slice()), counted(1, 1, 2)]), 3, votersOf(1, 2, 3))
})

test('voters of the configuration count again where the first word of the log is cut off after a start', () => {
  const membership = new Membership()
  membership.note(wordAt(10, votersOf(1, 2), 1))
  membership.assume(votersOf(1, 2, 3))
  assert.deepEqual(
    [idsOf(membership.voters), idsOf(membership.at(10).voters)],
    [
      [1, 2],
      [1, 2, 3],
    ],
  )
  membership.truncate(10)
  const { voters, kraftVersion, votersInLog } = membership
  assert.deepEqual([idsOf(voters), kraftVersion, votersInLog], [[1, 2, 3], 0, false])
})

test('what a snapshot holds leaves one word of it, which stays when the log is cut', () => {
  const membership = new Membership()
  membership.assume(votersOf(1))
  for (const offset of [10, 20, 30]) membership.note(wordAt(offset, votersOf(1, offset / 10), 1))
  membership.settle(21)
  assert.deepEqual([membership.offset, idsOf(membership.at(21).voters), idsOf(membership.at(11).voters)], [30, [1, 2], [1, 2]])
  membership.truncate(30)
  assert.deepEqual([membership.offset, idsOf(membership.voters), membership.votersInLog], [-1, [1, 2], true])
  membership.settle(0)
  assert.deepEqual(idsOf(membership.voters), [1, 2])
})

test('a snapshot that names no voters leaves them to the configuration', () => {
  const membership = new Membership()
  membership.assume(votersOf(1, 2, 3))
  const control = controlRecord({ kind: 'kraftVersion', kRaftVersion: 0 })
  const batch = new RecordBatch(buildBatch({ records: [{ ...control, timestamp: 1 }], isControl: true }))
  membership.noteSnapshot(batch, true)
  assert.deepEqual([idsOf(membership.voters), membership.votersInLog], [[1, 2, 3], false])
  membership.noteSnapshot(wordAt(0, votersOf(1, 2), 1), true)
  assert.deepEqual([idsOf(membership.voters), membership.votersInLog], [[1, 2], true])
})
