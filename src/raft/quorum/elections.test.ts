import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elect, keyOf, kindsOf, QuorumMember, votersOf } from '../../../test/support/quorum-states.ts'
import type { VoteAsk } from './events.ts'
import { standing } from './state.ts'

const FIVE = votersOf(1, 2, 3, 4, 5)

function three(): [QuorumMember, QuorumMember, QuorumMember] {
  return [1, 2, 3].map((id) => new QuorumMember(id).start()) as [QuorumMember, QuorumMember, QuorumMember]
}

const ask = (from: number, fields: Partial<VoteAsk> = {}): VoteAsk => ({
  kind: 'vote',
  epoch: 1,
  candidate: keyOf(from),
  last: { epoch: 0, endOffset: 0 },
  isPreVote: false,
  voter: null,
  ...fields,
})

test('a vote is saved before it is answered, a candidacy before it is asked for, an office before it is told', () => {
  const [one, two] = three()
  two.take({ kind: 'asked', key: 7, ask: ask(1) })
  const granted = kindsOf(two.done)
  assert.ok(granted.indexOf('saveVote') < granted.indexOf('answer'))
  one.timeOut()
  const candidacy = kindsOf(one.hears('vote', 2, { ...standing(two.state), epoch: 0, isGranted: true }))
  assert.deepEqual(candidacy, ['saveVote', 'role', 'send vote to 2', 'send vote to 3'])
  const office = kindsOf(one.hears('vote', 2, { ...standing(two.state), epoch: 1, isGranted: true }))
  assert.deepEqual(office, ['saveVote', 'write', 'role', 'send beginEpoch to 2', 'send beginEpoch to 3'])
})

test('a pre-vote changes no epoch, and saves nothing', () => {
  const [one, two] = three()
  one.timeOut()
  assert.deepEqual(two.asked(one.sent('vote', 2)).isGranted, true)
  assert.deepEqual([one.state.epoch, two.state.epoch], [0, 0])
  assert.ok(!kindsOf([...one.done, ...two.done]).includes('saveVote'))
})

test('nobody votes twice in an epoch, and the same candidate is told the same again', () => {
  const [, two] = three()
  assert.equal(two.asked(ask(1)).isGranted, true)
  assert.equal(two.asked(ask(3)).isGranted, false)
  assert.equal(two.asked(ask(1)).isGranted, true)
  assert.equal(two.asked(ask(3, { epoch: 2 })).isGranted, true)
})

test('a vote that was saved holds after a restart', () => {
  const two = new QuorumMember(2, { vote: { epoch: 4, votedFor: keyOf(1) } }).start()
  assert.equal(two.asked(ask(3, { epoch: 4 })).isGranted, false)
  assert.equal(two.asked(ask(1, { epoch: 4 })).isGranted, true)
})

test('who led an epoch votes for nobody in it, neither after a restart nor after its farewell has taken its time', () => {
  const one = new QuorumMember(1, { epochs: [4], vote: { epoch: 4, leaderId: 1 } }).start()
  assert.equal(one.state.role, 'resigned')
  const other = ask(2, { epoch: 4, last: { epoch: 3, endOffset: 9 } })
  assert.equal(one.asked(other).isGranted, false)
  one.timeOut()
  assert.equal(one.state.role, 'prospective')
  one.timeOut()
  assert.equal(one.state.role, 'unattached')
  assert.equal(one.asked(other).isGranted, false)
})

test('a log that knows less gets no vote, and no pre-vote', () => {
  const two = new QuorumMember(2, { epochs: [1, 1, 2], vote: { epoch: 2 } }).start()
  for (const isPreVote of [false, true]) {
    const granted = (epoch: number, endOffset: number) =>
      two.asked(ask(1, { epoch: two.state.epoch + 1, last: { epoch, endOffset }, isPreVote })).isGranted
    assert.equal(granted(1, 9), false)
    assert.equal(granted(2, 2), false)
    assert.equal(granted(2, 3), true)
  }
})

test('who hears from a leader grants no pre-vote; who does not, or heard its farewell, does', () => {
  const [one, two, other] = three()
  elect(one, two)
  const preVote = ask(3, { isPreVote: true, last: { epoch: 1, endOffset: 1 } })
  other.asked(one.sent('beginEpoch', 3))
  two.asked(one.sent('beginEpoch', 2))
  assert.equal(two.asked(preVote).isGranted, true, 'it has not heard anything yet')
  const fetched = { highWatermark: -1, diverging: null, snapshot: null, records: new Uint8Array(0) }
  two.hears('fetch', 1, { ...standing(one.state), fetched })
  assert.equal(two.asked(preVote).isGranted, false)
  assert.equal(one.asked(preVote).isGranted, false, 'a leader neither')
  one.take({ kind: 'resign', epoch: 1 })
  assert.equal(one.asked(preVote).isGranted, true)
  two.asked(one.sent('endEpoch', 2))
  assert.equal(two.asked(preVote).isGranted, true)
})

test('an ask of an older epoch, for another voter, or one that contradicts itself is refused', () => {
  const two = new QuorumMember(2, { vote: { epoch: 3, leaderId: 1 } }).start()
  const answer = two.asked(ask(3, { epoch: 2 }))
  assert.deepEqual(
    [answer.error, answer.epoch, answer.leaderId, answer.leaderAddress?.port],
    ['FENCED_LEADER_EPOCH', 3, 1, 31_041],
  )
  assert.equal(two.asked(ask(3, { epoch: 4, voter: keyOf(1) })).error, 'INVALID_VOTER_KEY')
  assert.equal(two.asked(ask(3, { epoch: 4, voter: { id: 2, directoryId: keyOf(1).directoryId } })).error, 'INVALID_VOTER_KEY')
  assert.equal(two.asked(ask(3, { epoch: 4, last: { epoch: 4, endOffset: 1 } })).error, 'INVALID_REQUEST')
  assert.equal(two.asked(ask(3, { epoch: 4, last: { epoch: 0, endOffset: -1 } })).error, 'INVALID_REQUEST')
  assert.equal(
    two.asked({ kind: 'beginEpoch', epoch: 4, leaderId: -1, leaderAddress: null, voter: null }).error,
    'INVALID_REQUEST',
  )
})

test('a majority of five is three; two refusals leave hope, three do not', () => {
  const one = new QuorumMember(1, { voters: FIVE }).start()
  one.timeOut()
  const says = (from: number, isGranted: boolean) =>
    one.hears('vote', from, { error: 'NONE', epoch: one.state.epoch, leaderId: null, leaderAddress: null, isGranted })
  says(2, true)
  says(2, true)
  assert.equal(one.state.role, 'prospective')
  says(3, true)
  assert.equal(one.state.role, 'candidate')
  says(2, false)
  says(3, false)
  assert.equal(one.state.role, 'candidate')
  says(4, false)
  assert.deepEqual([one.state.role, one.state.epoch], ['unattached', 1])
  assert.ok(one.state.deadline <= one.now + 1000)
})

test('grants of an earlier pre-vote do not make a candidate a leader', () => {
  const [one, two] = three()
  one.timeOut()
  const preVote = one.sent('vote', 2)
  const answer = two.asked(preVote)
  one.hears('vote', 2, answer)
  assert.equal(one.state.role, 'candidate')
  one.take({ kind: 'answered', ask: preVote, to: { id: 3, host: '', port: 1 }, attempt: 0, answer: { ...answer, epoch: 1 } })
  assert.equal(one.state.role, 'candidate')
})

test('who could not be asked is asked again, until the election is over', () => {
  const [one] = three()
  one.timeOut()
  one.done = []
  one.take({
    kind: 'answered',
    ask: ask(1, { epoch: 0, isPreVote: true }),
    to: { id: 3, host: '', port: 1 },
    attempt: 0,
    answer: null,
  })
  assert.deepEqual(one.done, [])
  one.now += 20
  assert.deepEqual(kindsOf(one.take({ kind: 'tick' })), ['send vote to 3'])
  assert.deepEqual(kindsOf(one.take({ kind: 'tick' })), [])
})

test('a log that lost records helps to elect nobody, until it has them again', () => {
  const two = new QuorumMember(2, { epochs: [1, 1], vote: { epoch: 1 } })
  two.log.isWhole = false
  two.start()
  two.timeOut()
  assert.equal(two.state.role, 'unattached')
  const last = { epoch: 1, endOffset: 9 }
  assert.equal(two.asked(ask(1, { epoch: 1, isPreVote: true, last })).isGranted, false)
  assert.equal(two.asked(ask(1, { epoch: 2, last })).isGranted, false)
  two.log.isWhole = true
  assert.equal(two.asked(ask(1, { epoch: 2, last })).isGranted, true)
})

test('a candidate follows whoever won its epoch, and anybody the leader of a later one', () => {
  const [one, two] = three()
  one.timeOut()
  one.hears('vote', 2, two.asked(one.sent('vote', 2)))
  assert.equal(one.state.role, 'candidate')
  one.asked({ kind: 'beginEpoch', epoch: 1, leaderId: 3, leaderAddress: { host: 'three', port: 9 }, voter: null })
  assert.deepEqual([one.state.role, one.state.leaderId], ['follower', 3])
  assert.deepEqual(
    one.done.findLast(({ kind }) => kind === 'send'),
    {
      kind: 'send',
      to: { id: 3, host: 'three', port: 9 },
      ask: one.sent('fetch'),
      attempt: one.state.fetching.attempt,
    },
  )
  one.asked({ kind: 'beginEpoch', epoch: 5, leaderId: 2, leaderAddress: null, voter: null })
  assert.deepEqual([one.state.role, one.state.epoch, one.state.leaderId], ['follower', 5, 2])
})

test('two leaders in one epoch, or others who know of an epoch that this node led and forgot, stop the node', () => {
  for (const [epoch, leaderId, pattern] of [
    [3, 2, /nodes 1 and 2 both lead epoch 3/],
    [7, 3, /node 3 led epoch 7.*old copy/],
  ] as const) {
    const member = new QuorumMember(3, { vote: { epoch: 3, leaderId: 1 } }).start()
    member.done = []
    member.asked({ kind: 'beginEpoch', epoch, leaderId, leaderAddress: null, voter: null })
    const [stop] = member.done
    assert.ok(stop?.kind === 'stop' && pattern.test(stop.why))
  }
})

test('the first of those whom a leader prefers stands at once, the next ones after a while each', () => {
  for (const [preferred, pause] of [
    [[2, 3], 0],
    [[3, 2], 1000],
    [[3, 1, 2, 4], 500],
    [[1, 3], 500],
  ] as const) {
    const two = new QuorumMember(2, { voters: FIVE, vote: { epoch: 1, leaderId: 5 } }).start()
    two.asked({ kind: 'endEpoch', epoch: 1, leaderId: 5, preferred: preferred.map(keyOf) })
    assert.equal(two.state.deadline - two.now, pause)
  }
})

test('an observer never stands: it asks others for a leader', () => {
  const four = new QuorumMember(4, { vote: { epoch: 1, leaderId: 1 } }).start()
  assert.equal(four.sent('fetch', 1).epoch, 1)
  four.timeOut()
  assert.equal(four.state.role, 'follower')
  four.hears('fetch', 1, null)
  four.now += 20
  assert.deepEqual(kindsOf(four.take({ kind: 'tick' })), ['send fetch to 2'])
  assert.ok(!kindsOf(four.done).some((kind) => kind.startsWith('send vote')))
})
