// Who votes changes while the quorum lives (KIP-853): one member after the other by hand, step by step.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  elect,
  endpointsOf,
  keyOf,
  kindsOf,
  type MemberOptions,
  QuorumMember,
  votersOf,
} from '../../../test/support/quorum-states.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import { RecordBatch } from '../../protocol/records/batch.ts'
import { readControl } from '../../protocol/records/control.ts'
import { KRAFT_VERSIONS, type Voter, voterOf } from '../voters.ts'
import type { Answer, ChangeAsk, QuorumEffect } from './events.ts'

const add = (id: number, ackWhenCommitted = true): ChangeAsk => ({ kind: 'addVoter', voter: votersOf(id)[0]!, ackWhenCommitted })
const remove = (id: number): ChangeAsk => ({ kind: 'removeVoter', voter: keyOf(id) })
const update = (voter: Voter, epoch = 1): ChangeAsk => ({ kind: 'updateVoter', epoch, voter })
const SPEAKS: Answer = { error: 'NONE', epoch: -1, leaderId: null, leaderAddress: null, versions: KRAFT_VERSIONS, canVote: true }

/** Node 1 leads epoch 1 with the others; what it did on the way is forgotten. */
function leaderOf(voters: readonly Voter[], options: MemberOptions = {}): QuorumMember {
  const leader = new QuorumMember(1, { ...options, voters }).start()
  if (voters.length > 1) elect(leader, new QuorumMember(2, { voters }).start())
  else leader.gets(1)
  fetches(leader, 2)
  leader.done = []
  return leader
}

/** A replica has everything that the leader has. */
function fetches(leader: QuorumMember, id: number, offset = leader.log.endOffset): QuorumEffect[] {
  return leader.take({ kind: 'fetchedBy', epoch: leader.state.epoch, replica: keyOf(id), offset })
}

let keys = 100
/** Asks for a change; what was written is in the log at once, as a driver would do it. */
function change(leader: QuorumMember, ask: ChangeAsk): QuorumEffect[] {
  return written(leader, leader.take({ kind: 'changeAsked', key: keys++, ask }))
}

function written(leader: QuorumMember, effects: QuorumEffect[]): QuorumEffect[] {
  for (const effect of effects) {
    if (effect.kind !== 'write') continue
    leader.log.votersOffset = leader.log.endOffset
    for (const record of new RecordBatch(effect.batch).records()) {
      const control = readControl(record)
      leader.log.append(effect.epoch)
      if (control?.kind === 'kraftVersion') leader.log.kraftVersion = control.kRaftVersion
      if (control?.kind === 'kraftVoters') leader.log.voters = control.voters.map(voterOf)
    }
  }
  return effects
}

function errorOf(effects: QuorumEffect[]): string {
  const answer = effects.find((effect) => effect.kind === 'answer')
  return answer?.kind === 'answer' ? answer.answer.error : 'no answer'
}

const idsOf = (member: QuorumMember): number[] => member.log.voters.map(({ id }) => id)

test('a new voter is asked what it can do, counts from its record on, and is told of when that is committed', () => {
  const leader = leaderOf(votersOf(1))
  fetches(leader, 4)
  assert.deepEqual(kindsOf(change(leader, add(4))), ['send versions to 4'])
  assert.deepEqual(kindsOf(written(leader, leader.hears('versions', 4, SPEAKS))), ['write'])
  assert.deepEqual(idsOf(leader), [1, 4])
  leader.log.flush()
  assert.deepEqual(kindsOf(leader.take({ kind: 'log' })), [], 'its own disk is no majority any more')
  assert.deepEqual(kindsOf(fetches(leader, 4)), ['commit', 'answer'])
  assert.equal(leader.done.findLast(({ kind }) => kind === 'answer') !== undefined, true)
})

test('where nobody waits for the commit the answer comes with the record, and the next change has to wait for it', () => {
  const leader = leaderOf(votersOf(1))
  fetches(leader, 4)
  change(leader, add(4, false))
  assert.deepEqual(kindsOf(written(leader, leader.hears('versions', 4, SPEAKS))), ['write', 'answer'])
  assert.equal(errorOf(change(leader, remove(4))), 'REQUEST_TIMED_OUT')
  leader.log.flush()
  fetches(leader, 4)
  assert.deepEqual(kindsOf(change(leader, remove(4))), ['write'])
})

test('one change at a time, and none before the leader has committed in its epoch', () => {
  const voters = votersOf(1, 2, 3)
  const fresh = new QuorumMember(1, { voters }).start()
  elect(fresh, new QuorumMember(2, { voters }).start())
  assert.equal(errorOf(change(fresh, remove(3))), 'REQUEST_TIMED_OUT')
  assert.equal(errorOf(change(fresh, add(4))), 'REQUEST_TIMED_OUT')
  const leader = leaderOf(voters)
  assert.deepEqual(kindsOf(change(leader, remove(3))), ['write'])
  assert.equal(errorOf(change(leader, remove(2))), 'REQUEST_TIMED_OUT')
  assert.equal(errorOf(change(leader, update({ ...voters[1]!, endpoints: endpointsOf(5) }))), 'REQUEST_TIMED_OUT')
})

test('what cannot be is refused as by Kafka', () => {
  const voters = votersOf(1, 2, 3)
  const leader = leaderOf(voters)
  assert.equal(errorOf(change(leader, add(2))), 'DUPLICATE_VOTER')
  assert.equal(
    errorOf(change(leader, { kind: 'addVoter', voter: { ...votersOf(4)[0]!, endpoints: [] }, ackWhenCommitted: true })),
    'INVALID_REQUEST',
  )
  const [moved] = endpointsOf(2)
  for (const endpoint of [
    { ...moved!, host: 'h'.repeat(256) },
    { ...moved!, name: 'n'.repeat(256) },
  ])
    assert.equal(errorOf(change(leader, update({ ...voters[1]!, endpoints: [moved!, endpoint] }))), 'INVALID_REQUEST')
  assert.equal(errorOf(change(leader, remove(4))), 'VOTER_NOT_FOUND')
  assert.equal(
    errorOf(change(leader, { kind: 'removeVoter', voter: { id: 2, directoryId: keyOf(3).directoryId } })),
    'VOTER_NOT_FOUND',
  )
  assert.equal(errorOf(change(leader, { kind: 'removeVoter', voter: { id: 2, directoryId: ZERO_UUID } })), 'INVALID_REQUEST')
  assert.equal(errorOf(change(leader, update(votersOf(4)[0]!))), 'VOTER_NOT_FOUND')
  assert.equal(errorOf(change(leader, update(voters[1]!, 0))), 'FENCED_LEADER_EPOCH')
  assert.equal(errorOf(change(leader, update(voters[1]!, 2))), 'UNKNOWN_LEADER_EPOCH')
  assert.equal(errorOf(change(leader, update({ ...voters[1]!, kraftVersions: { min: 0, max: 0 } }))), 'INVALID_REQUEST')
  assert.equal(errorOf(change(leaderOf(votersOf(1)), remove(1))), 'INVALID_REQUEST', 'the only voter stays')
  assert.equal(errorOf(change(new QuorumMember(2).start(), remove(3))), 'NOT_LEADER_OR_FOLLOWER')
  leader.log.kraftVersion = 0
  assert.equal(errorOf(change(leader, add(4))), 'UNSUPPORTED_VERSION')
  assert.equal(errorOf(change(leader, remove(2))), 'UNSUPPORTED_VERSION')
  assert.deepEqual(
    leader.done.filter(({ kind }) => kind === 'write'),
    [],
  )
})

test('who lags behind, does not answer, or cannot do it is not added', () => {
  const answers = (said: Answer | null, prepare: (leader: QuorumMember) => void = (it) => void fetches(it, 4)) => {
    const leader = leaderOf(votersOf(1))
    prepare(leader)
    change(leader, add(4))
    const error = errorOf(leader.hears('versions', 4, said))
    assert.deepEqual(idsOf(leader), [1])
    // The way is free for the next one.
    assert.deepEqual(kindsOf(change(leader, add(5))), ['send versions to 5'])
    return error
  }
  assert.equal(
    answers(SPEAKS, () => {}),
    'REQUEST_TIMED_OUT',
    'it never fetched',
  )
  assert.equal(
    answers(SPEAKS, (leader) => void fetches(leader, 4, 0)),
    'REQUEST_TIMED_OUT',
    'it never was at the end',
  )
  assert.equal(answers(null), 'REQUEST_TIMED_OUT')
  assert.equal(answers({ ...SPEAKS, error: 'UNSUPPORTED_VERSION' }), 'REQUEST_TIMED_OUT')
  assert.equal(answers({ ...SPEAKS, versions: { min: 0, max: 0 } }), 'INVALID_REQUEST')
  assert.equal(answers({ ...SPEAKS, versions: null }), 'INVALID_REQUEST')
  assert.equal(answers({ ...SPEAKS, canVote: false }), 'INVALID_REQUEST', 'a broker answers, too')
})

test('a voter that nobody reaches does not stand where there are others', () => {
  for (const [voters, kinds] of [
    [votersOf(1, 2), 'unattached'],
    [votersOf(2), 'leader'],
  ] as const) {
    const member = new QuorumMember(2, { voters, address: null }).start()
    if (voters.length > 1) member.timeOut()
    assert.equal(member.state.role, kinds)
  }
})

test('a change that takes too long is told of, and stays in the log', () => {
  const leader = leaderOf(votersOf(1, 2, 3))
  change(leader, remove(3))
  leader.now += 2000
  fetches(leader, 2, 1) // it is there, and does not get on
  assert.equal(errorOf(leader.take({ kind: 'tick' })), 'REQUEST_TIMED_OUT')
  assert.deepEqual(idsOf(leader), [1, 2])
})

test('a leader that is removed counts the others alone, and goes when they have it', () => {
  const leader = leaderOf(votersOf(1, 2, 3))
  change(leader, remove(1))
  leader.log.flush()
  leader.take({ kind: 'log' })
  fetches(leader, 2)
  assert.equal(leader.state.role, 'leader', 'one of two others has it')
  const effects = fetches(leader, 3)
  assert.deepEqual(kindsOf(effects), ['commit', 'answer', 'role', 'send endEpoch to 2', 'send endEpoch to 3'])
  assert.equal(errorOf(effects), 'NONE')
  leader.timeOut()
  assert.deepEqual([leader.state.role, leader.state.votedFor], ['unattached', null], 'it does not stand again')
})

test('who leads no longer says so to who waits for a change', () => {
  const leader = leaderOf(votersOf(1, 2, 3))
  change(leader, remove(3))
  const effects = leader.take({
    kind: 'asked',
    key: 1,
    ask: { kind: 'beginEpoch', epoch: 2, leaderId: 2, leaderAddress: null, voter: null },
  })
  const errors = effects.flatMap((effect) => (effect.kind === 'answer' ? [effect.answer.error] : []))
  assert.deepEqual(errors, ['NONE', 'NOT_LEADER_OR_FOLLOWER'])
})

test('a voter whose addresses changed tells its leader, and a leader writes its own ones', () => {
  const endpoints = endpointsOf(5)
  const voters = votersOf(1, 2, 3)
  const moved = new QuorumMember(2, { voters, epochs: [1], vote: { epoch: 1, leaderId: 1 }, endpoints }).start()
  moved.hears('fetch', 1, {
    error: 'NONE',
    epoch: 1,
    leaderId: 1,
    leaderAddress: null,
    fetched: { highWatermark: 1, diverging: null, snapshot: null, records: new Uint8Array(0) },
  })
  moved.now += 1999
  assert.deepEqual(kindsOf(moved.take({ kind: 'tick' })), [])
  moved.now += 1
  moved.take({ kind: 'asked', key: 1, ask: { kind: 'beginEpoch', epoch: 1, leaderId: 1, leaderAddress: null, voter: null } })
  assert.deepEqual(kindsOf(moved.take({ kind: 'tick' })), ['send updateVoter to 1'])
  const leader = leaderOf(voters)
  assert.deepEqual(kindsOf(change(leader, moved.sent('updateVoter'))), ['write', 'answer'])
  assert.deepEqual(leader.log.voters[1]!.endpoints, endpoints)

  const [write] = firstWrites(voters, endpoints)
  assert.ok(write?.kind === 'write')
  const kinds = [...new RecordBatch(write.batch).records()].map((record) => readControl(record)!)
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['leaderChange', 'kraftVersion', 'kraftVoters'],
  )
  assert.ok(kinds[2]?.kind === 'kraftVoters')
  assert.deepEqual(kinds[2].voters[0]!.endpoints, endpoints)
})

function firstWrites(voters: readonly Voter[], endpoints: Voter['endpoints']): QuorumEffect[] {
  const leader = new QuorumMember(1, { voters, endpoints }).start()
  elect(leader, new QuorumMember(2, { voters }).start())
  return leader.done.filter(({ kind }) => kind === 'write')
}

test('kraft.version goes up when every voter has told who it is', () => {
  const voters = votersOf(1, 2, 3).map((voter) => ({ ...voter, directoryId: ZERO_UUID }))
  const leader = leaderOf(voters)
  leader.log.kraftVersion = 0
  const raise: ChangeAsk = { kind: 'raiseVersion', kraftVersion: 1, isTrial: false }
  fetches(leader, 3)
  assert.equal(errorOf(change(leader, update(votersOf(2)[0]!))), 'NONE')
  assert.equal(errorOf(change(leader, raise)), 'INVALID_UPDATE_VERSION', 'node 3 has not said')
  assert.equal(errorOf(change(leader, update(votersOf(3)[0]!))), 'NONE')
  assert.equal(errorOf(change(leader, { ...raise, isTrial: true })), 'NONE')
  assert.deepEqual(kindsOf(change(leader, raise)), ['write'])
  assert.deepEqual([leader.log.kraftVersion, leader.log.voters], [1, votersOf(1, 2, 3)])
  leader.log.flush()
  assert.equal(errorOf(fetches(leader, 2)), 'NONE')
  assert.equal(errorOf(change(leader, { ...raise, kraftVersion: 0 })), 'INVALID_UPDATE_VERSION')
})

test('a controller that may joins, and puts its new directory in the place of the old one', () => {
  const news = {
    error: 'NONE' as const,
    epoch: 1,
    leaderId: 1,
    leaderAddress: null,
    fetched: { highWatermark: 1, diverging: null, snapshot: null, records: new Uint8Array(0) },
  }
  const asks = (voters: readonly Voter[], autoJoin: boolean) => {
    const spare = new QuorumMember(4, { voters, epochs: [1], vote: { epoch: 1, leaderId: 1 }, autoJoin }).start()
    spare.now += 1500
    spare.hears('fetch', 1, news)
    spare.now += 500
    return kindsOf(spare.take({ kind: 'tick' }))
  }
  assert.deepEqual(asks(votersOf(1, 2), false), [])
  assert.deepEqual(asks(votersOf(1, 2), true), ['send addVoter to 1'])
  const before = { ...votersOf(4)[0]!, directoryId: keyOf(5).directoryId }
  assert.deepEqual(asks([...votersOf(1, 2), before], true), ['send removeVoter to 1'])
})

test('a controller that is no voter by its own log keeps nobody from standing who needs its vote', () => {
  const spare = new QuorumMember(4, { voters: votersOf(1), epochs: [1], vote: { epoch: 1, leaderId: 1 } }).start()
  spare.hears('fetch', 1, {
    error: 'NONE',
    epoch: 1,
    leaderId: 1,
    leaderAddress: null,
    fetched: { highWatermark: 1, diverging: null, snapshot: null, records: new Uint8Array(0) },
  })
  // Node 1 wrote that node 4 votes, and started again before node 4 had that.
  const before = new QuorumMember(1, { voters: votersOf(1, 4), epochs: [1, 1], vote: { epoch: 1, leaderId: 1 } }).start()
  before.timeOut()
  assert.equal(spare.asked(before.sent('vote', 4)).isGranted, false, 'it heard of its leader just now')
  spare.timeOut()
  assert.equal(spare.asked(before.sent('vote', 4)).isGranted, true)
})

test('a controller that is no voter says only what it has on its device: it may be counted before it knows', () => {
  const spare = new QuorumMember(4, { voters: votersOf(1), epochs: [1], vote: { epoch: 1, leaderId: 1 } }).start()
  const sends = () => spare.done.filter(({ kind }) => kind === 'send').length
  const news = { highWatermark: 1, diverging: null, snapshot: null, records: new Uint8Array(8) }
  const before = sends()
  spare.hears('fetch', 1, { error: 'NONE', epoch: 1, leaderId: 1, leaderAddress: null, fetched: news })
  spare.log.append(1)
  spare.take({ kind: 'log' })
  assert.equal(sends(), before)
  spare.log.flush()
  spare.take({ kind: 'log' })
  assert.equal(sends(), before + 1)
})
