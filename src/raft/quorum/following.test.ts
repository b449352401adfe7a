import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PretendLog } from '../../../test/support/pretend-log.ts'
import { keyOf, kindsOf, QuorumMember, votersOf } from '../../../test/support/quorum-states.ts'
import { type LogPosition, placeOf, truncationOffset } from '../log-view.ts'
import { nextTick } from '../quorum.ts'
import type { Fetched, QuorumEffect, SnapshotPiece } from './events.ts'

const ID = { endOffset: 10, epoch: 2 }
const EMPTY: Fetched = { highWatermark: -1, diverging: null, snapshot: null, records: new Uint8Array(0) }

/** Member 2 follows member 1 in epoch 3. */
function follower(epochs: readonly number[] = [1, 1, 1, 1], id = 2): QuorumMember {
  const member = new QuorumMember(id, { epochs, vote: { epoch: 3, leaderId: 1 } }).start()
  member.done = member.done.slice(-1)
  return member
}

/** Members 2 and 3, which both have heard from the leader. */
function bothFollowers(): [QuorumMember, QuorumMember] {
  const both: [QuorumMember, QuorumMember] = [follower(), follower([1, 1, 1, 1], 3)]
  for (const member of both) hears(member, {})
  return both
}

const answer = { error: 'NONE', epoch: 3, leaderId: 1, leaderAddress: null } as const
const hears = (member: QuorumMember, fetched: Partial<Fetched>) =>
  member.hears('fetch', 1, { ...answer, fetched: { ...EMPTY, ...fetched } })
const hearsPiece = (member: QuorumMember, piece: Partial<SnapshotPiece>) =>
  member.hears('fetchSnapshot', 1, {
    ...answer,
    piece: { id: ID, position: 0, sizeInBytes: 100, bytes: new Uint8Array(60), ...piece },
  })

test('a voter asks for what follows only once its device has what came before', () => {
  const two = follower()
  assert.deepEqual(kindsOf(hears(two, { records: new Uint8Array(9), highWatermark: 2 })), ['follow'])
  two.log.append(3, 3)
  assert.deepEqual(two.take({ kind: 'log' }), [{ kind: 'commit', offset: 2 }])
  two.log.flush()
  assert.deepEqual(kindsOf(two.take({ kind: 'log' })), ['send fetch to 1'])
  const { offset, lastEpoch, epoch, highWatermark } = two.sent('fetch')
  assert.deepEqual([offset, lastEpoch, epoch, highWatermark], [6, 3, 3, 2])
})

test('a follower knows of no more that is committed than it has, and never of less than before', () => {
  const two = follower()
  assert.deepEqual(hears(two, { highWatermark: 9 })[0], { kind: 'commit', offset: 4 })
  assert.deepEqual(kindsOf(hears(two, { highWatermark: 3 })), ['send fetch to 1'])
  assert.equal(two.state.highWatermark, 4)
  assert.deepEqual(two.gets(3, 3)[0], { kind: 'commit', offset: 6 })
})

test('the first word of what is committed is told, also where it is no more than a snapshot said', () => {
  const two = follower()
  two.log.restore(ID)
  assert.deepEqual(two.take({ kind: 'log' })[0], { kind: 'commit', offset: 10 })
  assert.deepEqual(hears(two, { highWatermark: 10 })[0], { kind: 'commit', offset: 10 })
  assert.deepEqual(kindsOf(hears(two, { highWatermark: 10 })), ['send fetch to 1'])
})

test('where histories part the log is cut, and nothing of the answer counts as committed', () => {
  const two = follower([1, 1, 2, 2])
  const effects = hears(two, { diverging: { epoch: 1, endOffset: 3 }, highWatermark: 9 })
  assert.deepEqual(effects, [{ kind: 'truncate', offset: 2 }])
  two.log.truncate(2)
  assert.deepEqual(kindsOf(two.take({ kind: 'log' })), ['send fetch to 1'])
  assert.equal(two.sent('fetch').offset, 2)
})

test('a leader that wants committed records cut is not believed: the node stops', () => {
  const two = follower()
  hears(two, { highWatermark: 4 })
  const [stop] = hears(two, { diverging: { epoch: 1, endOffset: 3 } })
  assert.ok(stop?.kind === 'stop' && /cut at 3.*up to 4 are committed/.test(stop.why))
  const three = follower(Array(20).fill(1))
  hears(three, { highWatermark: 20 })
  const [other] = hears(three, { snapshot: ID })
  assert.ok(other?.kind === 'stop' && /00010-0000000002\.checkpoint.*up to 20 are committed/.test(other.why))
})

test('after a start, too, nothing is cut that a snapshot holds', () => {
  const two = follower(Array(20).fill(1))
  two.log.snapshots = [{ endOffset: 10, epoch: 1 }]
  const [stop] = hears(two, { diverging: { epoch: 1, endOffset: 9 } })
  assert.ok(stop?.kind === 'stop' && /cut at 9.*up to 10 are committed/.test(stop.why))
  const three = follower(Array(20).fill(1))
  three.log.snapshots = [{ endOffset: 10, epoch: 1 }]
  assert.deepEqual(hears(three, { diverging: { epoch: 1, endOffset: 10 } }), [{ kind: 'truncate', offset: 10 }])
})

test('a leader that wants a cut where nothing is to be cut is asked again only after a while', () => {
  const two = follower([])
  assert.deepEqual(hears(two, { diverging: { epoch: 1, endOffset: 3 } }), [])
  assert.equal(two.state.fetching.notBefore, two.now + 20)
})

test('a snapshot comes piece by piece, and the log goes on behind it', () => {
  const two = follower()
  assert.deepEqual(kindsOf(hears(two, { snapshot: ID })), ['send fetchSnapshot to 1'])
  assert.deepEqual(kindsOf(hearsPiece(two, {})), ['storePiece'])
  assert.deepEqual(kindsOf(two.take({ kind: 'log' })), ['send fetchSnapshot to 1'])
  assert.equal(two.sent('fetchSnapshot').position, 60)
  assert.deepEqual(kindsOf(hearsPiece(two, { position: 60, bytes: new Uint8Array(40) })), ['storePiece'])
  two.log.restore(ID)
  assert.deepEqual(kindsOf(two.take({ kind: 'log' })), ['commit', 'send fetch to 1'])
  const { offset, lastEpoch, highWatermark } = two.sent('fetch')
  assert.deepEqual([offset, lastEpoch, highWatermark], [10, 2, 10])
})

test('a snapshot that is gone, or a piece that does not fit, is given up, and the next fetch says what there is', () => {
  for (const spoil of [
    (two: QuorumMember) => two.hears('fetchSnapshot', 1, { ...answer, error: 'SNAPSHOT_NOT_FOUND' }),
    (two: QuorumMember) => two.hears('fetchSnapshot', 1, null),
    (two: QuorumMember) => hearsPiece(two, { position: 5 }),
    (two: QuorumMember) => hearsPiece(two, { bytes: new Uint8Array(0) }),
    (two: QuorumMember) => hearsPiece(two, { bytes: new Uint8Array(101) }),
    (two: QuorumMember) => hearsPiece(two, { id: { endOffset: 11, epoch: 2 } }),
  ]) {
    const two = follower()
    hears(two, { snapshot: ID })
    assert.deepEqual(spoil(two), [])
    two.now = nextTick(two.state, two.now)
    two.take({ kind: 'tick' })
    assert.match(kindsOf(two.done).at(-1)!, /^send fetch to/)
  }
})

test('a snapshot that is here already is not fetched again', () => {
  const two = follower()
  two.log.snapshots.push(ID)
  assert.deepEqual(hears(two, { snapshot: ID }), [{ kind: 'restore', id: ID }])
})

test('a follower that hears nothing for the fetch timeout asks for votes, and follows again where it gets none', () => {
  const two = follower()
  hears(two, {})
  const began = two.now
  assert.equal(two.state.deadline, began + 2000)
  two.timeOut()
  assert.equal(two.state.role, 'prospective')
  for (const from of [1, 3]) two.hears('vote', from, { ...answer, isGranted: false })
  assert.deepEqual([two.state.role, two.state.leaderId, two.state.epoch], ['follower', 1, 3])
})

test('where nobody listens at the leader’s address any more, its voters stand in turn, long before its time is up', () => {
  const [two, three] = bothFollowers()
  for (const member of [two, three]) member.isRefused('fetch', 1)
  assert.deepEqual([two.state.deadline - two.now, three.state.deadline - three.now], [40, 160])
  two.timeOut()
  assert.equal(two.state.role, 'prospective')
  assert.equal(three.asked(two.sent('vote', 3)).isGranted, true)
  two.hears('vote', 3, three.asked(two.sent('vote', 3)))
  assert.deepEqual([two.state.role, two.state.epoch], ['candidate', 4])
})

test('who notices later than the first one stands that the leader is gone is asked again, and grants its pre-vote then', () => {
  const [two, three] = bothFollowers()
  two.isRefused('fetch', 1)
  two.timeOut()
  two.hears('vote', 3, three.asked(two.sent('vote', 3)))
  assert.equal(two.state.role, 'prospective')
  three.isRefused('fetch', 1)
  two.now += 100
  assert.deepEqual(kindsOf(two.take({ kind: 'tick' })), ['send vote to 3'])
  two.hears('vote', 3, three.asked(two.sent('vote', 3)))
  assert.deepEqual([two.state.role, two.state.epoch], ['candidate', 4])
})

test('a leader that one follower alone is refused by goes on leading: the others refuse that one their pre-votes', () => {
  const [two, three] = bothFollowers()
  two.isRefused('fetch', 1)
  two.timeOut()
  assert.equal(three.asked(two.sent('vote', 3)).isGranted, false)
  for (const from of [1, 3]) two.hears('vote', from, { ...answer, isGranted: false })
  assert.deepEqual([two.state.role, two.state.leaderId, two.state.epoch], ['follower', 1, 3])
})

test('an address at which the leader never answered says nothing of it', () => {
  const two = follower()
  const { deadline } = two.state
  two.isRefused('fetch', 1)
  assert.equal(two.state.deadline, deadline)
})

test('a follower whose ask is overdue goes on asking, however often its leader tells it meanwhile that it lives', () => {
  const two = follower()
  two.hears('fetch', 1, null)
  two.now += 1000 // a busy machine: what comes in is looked at before the timer is
  for (let i = 0; i < 3; i++) {
    two.asked({ kind: 'beginEpoch', epoch: 3, leaderId: 1, leaderAddress: null, voter: null })
    assert.equal(nextTick(two.state, two.now), two.now)
  }
  assert.deepEqual(kindsOf(two.take({ kind: 'tick' })), ['send fetch to 3'])
})

test('a leader that answers again is heard again', () => {
  const three = follower([1, 1, 1, 1], 3)
  hears(three, {})
  three.isRefused('fetch', 1)
  for (const from of [2, 1]) {
    three.now = nextTick(three.state, three.now)
    three.take({ kind: 'tick' })
    if (from === 2) three.hears('fetch', 2, null)
    else hears(three, {})
  }
  assert.equal(three.state.deadline, three.now + 2000)
  const last = { epoch: 3, endOffset: 99 }
  const pre = { kind: 'vote', epoch: 3, candidate: keyOf(2), last, isPreVote: true, voter: null } as const
  assert.equal(three.asked(pre).isGranted, false)
})

test('while the leader does not answer the others are asked in between, and a new one is followed at once', () => {
  const two = follower()
  for (const pause of [20, 40, 80]) {
    const { ask, to, attempt } = lastSend(two)
    two.take({ kind: 'answered', ask, to, attempt, answer: null })
    two.now += pause - 1
    assert.deepEqual(two.take({ kind: 'tick' }), [])
    two.now++
    two.take({ kind: 'tick' })
  }
  const asked = two.done.flatMap((effect) => (effect.kind === 'send' ? [effect.to.id] : []))
  assert.deepEqual(asked, [1, 3, 1, 3])
  two.hears('fetch', 3, { error: 'FENCED_LEADER_EPOCH', epoch: 4, leaderId: 3, leaderAddress: null })
  assert.deepEqual([two.state.role, two.state.epoch, two.state.leaderId], ['follower', 4, 3])
  assert.equal(two.sent('fetch', 3).epoch, 4)
})

function lastSend(member: QuorumMember): Extract<QuorumEffect, { kind: 'send' }> {
  const send = member.done.findLast((effect) => effect.kind === 'send')
  assert.ok(send?.kind === 'send')
  return send
}

test('the answer to an ask of an earlier role is nobody’s', () => {
  const two = follower()
  const { ask, to, attempt } = lastSend(two)
  two.asked({ kind: 'beginEpoch', epoch: 4, leaderId: 3, leaderAddress: null, voter: null })
  const late = { ...answer, fetched: { ...EMPTY, records: new Uint8Array(9) } }
  assert.deepEqual(two.take({ kind: 'answered', ask, to, attempt, answer: late }), [])
})

test('records that cannot be taken are asked for again after a while, and the leader is not heard for that', () => {
  const two = follower()
  hears(two, {})
  const { deadline } = two.state
  const preVote = {
    kind: 'vote',
    epoch: 3,
    candidate: keyOf(3),
    last: { epoch: 1, endOffset: 4 },
    isPreVote: true,
    voter: null,
  } as const
  assert.equal(two.asked(preVote).isGranted, false, 'it hears from a leader')
  two.now += 100
  hears(two, { records: new Uint8Array(9) })
  two.take({ kind: 'refused' })
  assert.equal(two.state.fetching.notBefore, two.now + 20)
  assert.equal(two.state.deadline, deadline)
  assert.equal(two.asked(preVote).isGranted, true)
})

// ---- two logs

const log = (epochs: readonly number[]) => new PretendLog(votersOf(1, 2, 3), epochs)

test('where a fetch stands: at the leader’s history, beside it, or before what is left of it', () => {
  const leader = log([1, 1, 3, 3, 3])
  const kind = (offset: number, epoch: number) => placeOf(leader, offset, epoch).kind
  assert.equal(kind(0, 0), 'valid')
  assert.equal(kind(2, 1), 'valid')
  assert.equal(kind(5, 3), 'valid')
  assert.deepEqual(placeOf(leader, 3, 1), { kind: 'diverging', position: { epoch: 1, endOffset: 2 } })
  assert.deepEqual(placeOf(leader, 3, 2), { kind: 'diverging', position: { epoch: 1, endOffset: 2 } })
  assert.deepEqual(placeOf(leader, 6, 3), { kind: 'diverging', position: { epoch: 3, endOffset: 5 } })
  leader.restore(ID)
  leader.append(4, 4)
  assert.equal(kind(0, 0), 'snapshot')
  assert.equal(kind(5, 3), 'snapshot')
  assert.equal(kind(10, 1), 'snapshot')
  assert.equal(kind(10, 3), 'snapshot')
  assert.equal(kind(10, 2), 'valid')
  assert.equal(kind(12, 4), 'valid')
  assert.equal(kind(13, 4), 'diverging')
})

test('two logs find the end of what they share, whatever they have been through', () => {
  // An epoch has one leader, so it begins at one offset, behind one history.
  const histories = [[], [1], [1, 1], [1, 1, 2, 2], [1, 1, 3], [1, 1, 3, 5], [1, 1, 3, 5, 5], [1, 1, 2, 2, 4, 4, 4]]
  for (const leaders of histories) {
    for (const followers of histories) {
      const [leader, two] = [log(leaders), log(followers)]
      let rounds = 0
      let place = placeOf(leader, two.endOffset, two.lastEpoch)
      for (; place.kind === 'diverging'; place = placeOf(leader, two.endOffset, two.lastEpoch)) {
        const before: LogPosition = { epoch: two.lastEpoch, endOffset: two.endOffset }
        two.truncate(truncationOffset(two, place.position))
        assert.ok(two.endOffset < before.endOffset, `${leaders} and ${followers} come to no end`)
        assert.ok(rounds++ < 8)
      }
      assert.deepEqual(two.epochs, leader.epochs.slice(0, two.epochs.length))
    }
  }
})
