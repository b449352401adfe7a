import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elect, keyOf, kindsOf, QuorumMember, votersOf } from '../../../test/support/quorum-states.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import { nextTick } from '../quorum.ts'
import { rivalOf } from './progress.ts'

/** Member 1 leads epoch 1 of these voters, and has one record. */
function leader(...ids: number[]): QuorumMember {
  const voters = votersOf(...ids)
  const [one, two, three] = [1, 2, 3].map((id) => new QuorumMember(id, { voters }).start())
  if (ids.length > 3) {
    for (let round = 0; round < 2; round++) {
      if (round === 0) one!.timeOut()
      const answers = [two!, three!].map((member) => member.asked(one!.sent('vote', member.id)))
      for (const [i, answer] of answers.entries()) one!.hears('vote', [2, 3][i]!, answer)
    }
    one!.gets(1)
  } else elect(one!, two!)
  one!.done = []
  return one!
}

const fetched = (member: QuorumMember, by: number, offset: number | null) =>
  member.take({ kind: 'fetchedBy', epoch: member.state.epoch, replica: keyOf(by), offset })

test('committed is what a majority has on its devices, and nothing before a record of the own epoch is', () => {
  const one = leader(1, 2, 3)
  assert.deepEqual(fetched(one, 2, 0), [])
  assert.deepEqual(fetched(one, 2, 1), [{ kind: 'commit', offset: 1 }])
  one.log.append(1, 1)
  assert.deepEqual(fetched(one, 2, 3), [], 'the leader has not flushed it itself')
  one.log.flush()
  assert.deepEqual(one.take({ kind: 'log' }), [{ kind: 'commit', offset: 3 }])
})

test('in a quorum of five two followers have to have it', () => {
  const one = leader(1, 2, 3, 4, 5)
  assert.deepEqual(fetched(one, 2, 1), [])
  assert.deepEqual(fetched(one, 2, 1), [])
  assert.deepEqual(fetched(one, 4, 1), [{ kind: 'commit', offset: 1 }])
})

test('records of older epochs are committed only with one of the own epoch', () => {
  const one = new QuorumMember(1, { epochs: [1, 1, 2], vote: { epoch: 2 } }).start()
  const two = new QuorumMember(2, { epochs: [1], vote: { epoch: 2 } }).start()
  elect(one, two)
  assert.deepEqual(fetched(one, 2, 3), [])
  assert.deepEqual(fetched(one, 2, 4), [{ kind: 'commit', offset: 4 }])
})

test('observers, a voter under another directory, and words of an older epoch commit nothing', () => {
  const one = leader(1, 2, 3)
  assert.deepEqual(fetched(one, 4, 1), [])
  const stranger = { id: 2, directoryId: keyOf(3).directoryId }
  assert.deepEqual(one.take({ kind: 'fetchedBy', epoch: 1, replica: stranger, offset: 1 }), [])
  assert.deepEqual(one.take({ kind: 'fetchedBy', epoch: 0, replica: keyOf(2), offset: 1 }), [])
  assert.deepEqual(fetched(one, 1, 1), [])
})

test('of two processes with one id, where ids are all that is known, the one that was there first counts; another one does once it is silent', () => {
  const voters = votersOf(1, 2, 3).map((voter) => ({ ...voter, directoryId: ZERO_UUID }))
  const [one, two] = [1, 2].map((id) => new QuorumMember(id, { voters }).start())
  elect(one!, two!)
  const { epoch } = one!.state
  const second = { id: 2, directoryId: keyOf(4).directoryId }
  const fetchedBySecond = (offset: number) => one!.take({ kind: 'fetchedBy', epoch, replica: second, offset })
  assert.deepEqual(fetched(one!, 2, 0), [])
  assert.deepEqual(fetchedBySecond(1), [], 'it has what the first one has not')
  assert.equal(rivalOf(one!.state, second, one!.now)?.directoryId, keyOf(2).directoryId)
  assert.equal(rivalOf(one!.state, keyOf(2), one!.now), null)
  assert.equal(rivalOf(one!.state, { id: 1, directoryId: second.directoryId }, one!.now)?.id, 1, 'the leader is one itself')
  one!.now += one!.state.settings.timeouts.fetchTimeoutMs
  assert.equal(rivalOf(one!.state, second, one!.now), null)
  assert.deepEqual(fetchedBySecond(1), [{ kind: 'commit', offset: 1 }], 'the disk was replaced')
  assert.equal(rivalOf(one!.state, keyOf(2), one!.now)?.directoryId, second.directoryId)
})

test('what is committed never goes back, though a follower does', () => {
  const one = leader(1, 2, 3)
  fetched(one, 2, 1)
  one.gets(1, 1)
  fetched(one, 2, 3)
  assert.deepEqual(fetched(one, 2, 0), [])
  assert.equal(one.state.highWatermark, 3)
  one.gets(1)
  assert.deepEqual(fetched(one, 3, 2), [])
  assert.deepEqual(fetched(one, 3, 4), [{ kind: 'commit', offset: 4 }])
})

test('a leader that a majority does not fetch from for one and a half fetch timeouts resigns', () => {
  const one = leader(1, 2, 3)
  const began = one.now
  one.now = began + 2999
  assert.ok(!kindsOf(one.take({ kind: 'tick' })).includes('role'))
  fetched(one, 3, null)
  one.now = began + 2999 + 2999
  assert.ok(!kindsOf(one.take({ kind: 'tick' })).includes('role'))
  one.now++
  assert.equal(nextTick(one.state, one.now), one.now)
  assert.deepEqual(kindsOf(one.take({ kind: 'tick' })), ['role', 'send endEpoch to 2', 'send endEpoch to 3'])
  assert.equal(one.state.role, 'resigned')
})

test('of five voters two others are needed to go on leading', () => {
  const one = leader(1, 2, 3, 4, 5)
  const began = one.now
  one.now = began + 2000
  fetched(one, 2, 1)
  one.now = began + 3000
  one.take({ kind: 'tick' })
  assert.equal(one.state.role, 'resigned')
})

test('voters that do not fetch are told again who leads; the others are not', () => {
  const one = leader(1, 2, 3)
  const began = one.now
  one.now = began + 999
  fetched(one, 2, 1)
  assert.deepEqual(one.take({ kind: 'tick' }), [])
  one.now = began + 1000
  assert.deepEqual(kindsOf(one.take({ kind: 'tick' })), ['send beginEpoch to 3'])
  assert.deepEqual(one.take({ kind: 'tick' }), [])
})

test('a leader hears of a later epoch, and leads no longer before anything else', () => {
  const one = leader(1, 2, 3)
  const effects = one.take({
    kind: 'answered',
    ask: { kind: 'beginEpoch', epoch: 1, leaderId: 1, leaderAddress: null, voter: null },
    to: { id: 3, host: '', port: 1 },
    attempt: 0,
    answer: { error: 'FENCED_LEADER_EPOCH', epoch: 4, leaderId: null, leaderAddress: null },
  })
  assert.deepEqual(kindsOf(effects).slice(0, 2), ['saveVote', 'role'])
  assert.deepEqual([one.state.role, one.state.epoch, one.state.leading], ['unattached', 4, null])
})

test('only the leader of that epoch resigns, and prefers those who have most', () => {
  const one = leader(1, 2, 3)
  fetched(one, 3, 1)
  fetched(one, 2, 0)
  assert.deepEqual(one.take({ kind: 'resign', epoch: 7 }), [])
  one.take({ kind: 'resign', epoch: 1 })
  assert.deepEqual(
    one.sent('endEpoch', 2).preferred.map(({ id }) => id),
    [3, 2],
  )
  assert.deepEqual(one.take({ kind: 'resign', epoch: 1 }), [])
})

test('of those that say they are replicas no more are remembered than a quorum can have, and voters always', () => {
  const one = leader(1, 2, 3)
  fetched(one, 2, 1)
  const stranger = (id: number) =>
    one.take({ kind: 'fetchedBy', epoch: 1, replica: { id, directoryId: keyOf(4).directoryId }, offset: 1 })
  stranger(-1)
  assert.equal(one.state.leading!.replicas.size, 1, 'a consumer is none')
  for (let i = 0; i < 1500; i++) {
    one.now++
    stranger(100 + i)
  }
  const known = () => [...one.state.leading!.replicas.values()].map(({ replica }) => replica.id)
  assert.deepEqual([known().length, known()[0], known().at(-1)], [1000, 2, 1599])
  one.now += 300_000
  stranger(7)
  assert.deepEqual(known(), [2, 7], 'who was silent for long is forgotten')
})
