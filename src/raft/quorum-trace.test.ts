// Our members in the situations in which Apache Kafka 4.2.0 was recorded: the same requests, the same answers, field for field.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { elect, keyOf, QuorumMember, votersOf } from '../../test/support/quorum-states.ts'
import { describeQuorum } from './describe.ts'
import { standing } from './quorum/state.ts'
import { epochResponse, voteResponse } from './wire/asked.ts'
import { fetchResponse } from './wire/fetches.ts'
import { requestOf } from './wire/requests.ts'

interface Exchange {
  readonly name: string
  readonly request: unknown
  readonly response: unknown
}
const { exchanges } = JSON.parse(readFileSync('test/data/quorum-trace.json', 'utf8')) as { exchanges: Exchange[] }

function recorded(name: string): Exchange {
  const found = exchanges.find((one) => one.name === name)
  assert.ok(found, name)
  return found
}

/** Every field that was recorded is the same in ours; those that ours has besides belong to other versions. */
function matches(ours: unknown, theirs: unknown, path = ''): void {
  if (typeof theirs === 'object' && theirs !== null) {
    if ('bytes' in theirs) return // what the records are is not what is compared here
    if (Array.isArray(theirs)) assert.equal((ours as unknown[]).length, theirs.length, path)
    for (const [key, value] of Object.entries(theirs)) matches((ours as Record<string, unknown>)[key], value, `${path}.${key}`)
    return
  }
  assert.equal(typeof ours === 'bigint' ? Number(ours) : ours, theirs, path)
}

const asker = (id: number) => ({
  clusterId: '4L6g3nShT-eMCtK--X86sw',
  self: keyOf(id),
  listener: 'CONTROLLER',
  requestTimeoutMs: 2000,
})
const valid = { kind: 'valid' } as const
const nothing = { place: valid, records: new Uint8Array(0), logStartOffset: 0 }

test('a cold start, from the first fetch to the first high watermark', () => {
  const [one, two, three] = [1, 2, 3].map((id) => new QuorumMember(id).start()) as [QuorumMember, QuorumMember, QuorumMember]
  const fetch = recorded('fetch while nobody leads')
  matches(requestOf(one.sent('fetch'), asker(1)).request, fetch.request)
  matches(fetchResponse(one.state, { ...nothing, error: 'NOT_LEADER_OR_FOLLOWER', highWatermark: -1 }), fetch.response)

  three.timeOut()
  const preVote = recorded('pre-vote granted')
  matches(requestOf(three.sent('vote', 1), asker(3)).request, preVote.request)
  let answer = one.asked(three.sent('vote', 1))
  matches(voteResponse(answer), preVote.response)
  three.hears('vote', 1, answer)

  const vote = recorded('vote granted')
  matches(requestOf(three.sent('vote', 1), asker(3)).request, vote.request)
  answer = one.asked(three.sent('vote', 1))
  matches(voteResponse(answer), vote.response)

  two.timeOut()
  const late = recorded("a rival's late pre-vote, before the leader is known")
  matches(requestOf(two.sent('vote', 1), asker(2)).request, late.request)
  matches(voteResponse(one.asked(two.sent('vote', 1))), late.response)

  three.hears('vote', 1, answer)
  const later = recorded("a rival's late pre-vote, at the leader")
  matches(requestOf(two.sent('vote', 3), asker(2)).request, later.request)
  matches(voteResponse(three.asked(two.sent('vote', 3))), later.response)

  const begin = recorded('begin')
  matches(requestOf(three.sent('beginEpoch', 2), asker(3)).request, begin.request)
  matches(epochResponse(two.asked(three.sent('beginEpoch', 2))), begin.response)

  const first = recorded('first fetch')
  matches(requestOf(two.sent('fetch', 3), asker(2)).request, first.request)
  matches(fetchResponse(three.state, { ...nothing, error: 'NONE', highWatermark: -1 }), first.response)
  two.hears('fetch', 3, {
    ...standing(three.state),
    fetched: { highWatermark: -1, diverging: null, snapshot: null, records: new Uint8Array(1) },
  })
  two.gets(1, 1, 1)
  const second = recorded('fetch that brings the high watermark')
  matches(requestOf(two.sent('fetch', 3), asker(2)).request, second.request)
  three.gets(1, 1, 1)
  three.take({ kind: 'fetchedBy', epoch: 1, replica: keyOf(2), offset: 3 })
  const { highWatermark } = three.state
  matches(fetchResponse(three.state, { ...nothing, error: 'NONE', highWatermark }), second.response)
})

test('a leader is gone: who lost it, too, says so by its pre-vote', () => {
  const follower = (id: number) => new QuorumMember(id, { epochs: Array(107).fill(1), vote: { epoch: 1, leaderId: 3 } }).start()
  const [one, two] = [follower(1), follower(2)]
  one.timeOut()
  two.timeOut()
  const { request, response } = recorded('pre-vote after the leader is gone')
  matches(requestOf(two.sent('vote', 1), asker(2)).request, request)
  matches(voteResponse(one.asked(two.sent('vote', 1))), response)
})

test('a leader that starts again says farewell to the epoch that it led', () => {
  const three = new QuorumMember(3, { epochs: Array(107).fill(1), vote: { epoch: 1, leaderId: 3 } }).start()
  const one = new QuorumMember(1, { epochs: Array(107).fill(1), vote: { epoch: 1, leaderId: 3 } }).start()
  const two = new QuorumMember(2, { epochs: Array(107).fill(1), vote: { epoch: 1, leaderId: 3 } }).start()
  one.timeOut()
  elect(two, one)
  const { request, response } = recorded('farewell of an old leader that starts again')
  matches(requestOf(three.sent('endEpoch', 2), asker(3)).request, request)
  const answer = two.asked(three.sent('endEpoch', 2))
  matches(epochResponse(answer), response)
  three.hears('endEpoch', 2, answer)
  assert.deepEqual([three.state.role, three.state.epoch, three.state.leaderId], ['follower', 2, 2])
})

/** Node 2 leads epoch 2, and the others follow it. */
function ledByTwo(): [QuorumMember, QuorumMember, QuorumMember] {
  const members = [1, 2, 3].map(
    (id) => new QuorumMember(id, { epochs: Array(107).fill(1), vote: { epoch: 1, leaderId: 3 } }),
  ) as [QuorumMember, QuorumMember, QuorumMember]
  const [one, two, three] = members
  one.start()
  two.start()
  one.timeOut()
  elect(two, one)
  one.asked(two.sent('beginEpoch', 1))
  three.asked(two.sent('beginEpoch', 3))
  for (const { log } of members) log.restore({ endOffset: 107, epoch: 1 })
  for (const { log } of members) log.append(...Array(92).fill(2))
  for (const { log } of members) log.flush()
  for (const id of [1, 3]) two.take({ kind: 'fetchedBy', epoch: 2, replica: keyOf(id), offset: 199 })
  return members
}

test('a leader goes, and the first of those whom it prefers asks for votes at once', () => {
  const [one, two, three] = ledByTwo()
  two.take({ kind: 'resign', epoch: 2 })
  const farewell = recorded('farewell')
  matches(requestOf(two.sent('endEpoch', 3), asker(2)).request, farewell.request)
  matches(epochResponse(three.asked(two.sent('endEpoch', 3))), farewell.response)
  one.asked(two.sent('endEpoch', 1))
  assert.equal(one.state.deadline, one.now)
  one.timeOut()
  const preVote = recorded('pre-vote at the leader that resigned')
  matches(requestOf(one.sent('vote', 2), asker(1)).request, preVote.request)
  matches(voteResponse(two.asked(one.sent('vote', 2))), preVote.response)
})

test('an observer with an empty log is sent to a snapshot, and asks for it', () => {
  const four = new QuorumMember(4, { voters: votersOf(1, 2, 3), vote: { epoch: 3, leaderId: 1 } }).start()
  const { request, response } = recorded('fetch that is sent to a snapshot')
  matches(requestOf(four.sent('fetch', 1), asker(4)).request, request)
  const leader = new QuorumMember(1, { epochs: [2, 3], vote: { epoch: 3, leaderId: 1 } })
  const id = { endOffset: 160, epoch: 2 }
  const place = { kind: 'snapshot', id } as const
  matches(fetchResponse(leader.state, { ...nothing, place, error: 'NONE', highWatermark: 225 }), response)
  const fetched = { highWatermark: 225, diverging: null, snapshot: id, records: new Uint8Array(0) }
  four.hears('fetch', 1, { ...standing(leader.state), fetched })
  matches(requestOf(four.sent('fetchSnapshot', 1), asker(4)).request, recorded('snapshot').request)
})

test('a quorum is described by its leader', () => {
  const [, two] = ledByTwo()
  const { request, response } = recorded('described')
  const theirs = response as ReturnType<typeof describeQuorum>
  const ours = describeQuorum(two.state, request as never, { now: two.now, timestamp: 5 })
  const fieldsOf = (one: typeof ours) => one.topics[0]!.partitions[0]!.currentVoters.map((voter) => Object.keys(voter).sort())
  assert.deepEqual(fieldsOf(ours), fieldsOf(theirs))
  assert.deepEqual(ours.nodes, theirs.nodes)
  const [partition] = ours.topics[0]!.partitions
  assert.deepEqual(
    partition!.currentVoters.map(({ replicaId, replicaDirectoryId, logEndOffset }) => [
      replicaId,
      replicaDirectoryId,
      logEndOffset,
    ]),
    [1, 2, 3].map((id) => [id, keyOf(id).directoryId, 199]),
  )
  assert.deepEqual([partition!.leaderId, partition!.leaderEpoch, partition!.highWatermark], [2, 2, 199])
  assert.deepEqual(partition!.observers, [])
})
