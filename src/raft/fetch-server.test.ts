// What a leader answers to those who fetch its log and its snapshots; one who stays away from the quorum asks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClusterOptions, QuorumCluster, type QuorumNode } from '../../test/support/quorum-cluster.ts'
import { errorName } from '../protocol/errors.ts'
import type { FetchResponse } from '../protocol/messages/fetch.ts'
import { batches } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { METADATA_LOG } from './format.ts'
import { readSnapshotBytes } from './snapshot-bytes.ts'
import { requestOf } from './wire/requests.ts'

const STRANGER = { id: 9, directoryId: 'KNKCzyu_u2kBNWTzIwidXA' }

interface Quiet {
  readonly cluster: QuorumCluster
  readonly leader: QuorumNode
  readonly end: number
  readonly epoch: number
}

/** Three voters whose leader writes only what a test writes. */
async function quiet(options: Partial<ClusterOptions> = {}): Promise<Quiet> {
  const cluster = await QuorumCluster.start({ seed: 5, voters: 3, writeMs: 0, ...options })
  const isSettled = () => cluster.nodes.every(({ log }) => log !== null && log.committedOffset === 3)
  assert.ok(await cluster.run(5_000, isSettled))
  const leader = cluster.leader!
  return { cluster, leader, end: leader.log!.endOffset, epoch: leader.log!.epoch }
}

interface Asked {
  readonly offset: number
  readonly epoch: number
  readonly lastEpoch?: number
  readonly highWatermark?: number | bigint
  readonly maxWaitMs?: number
  readonly clusterId?: string
  readonly replicaState?: { readonly replicaId: number; readonly replicaEpoch: number }
  readonly gone?: AbortSignal
}

function fetch({ log }: QuorumNode, { offset, epoch, lastEpoch = epoch, highWatermark = -1, gone, ...fields }: Asked) {
  const ask = { kind: 'fetch' as const, epoch, offset, lastEpoch, highWatermark: Number(highWatermark) }
  const built = requestOf(ask, { clusterId: null, self: STRANGER, listener: '', requestTimeoutMs: 2000 })
  assert.ok(built.api === 'Fetch')
  const [topic] = built.request.topics
  const partitions = topic!.partitions.map((one) => ({ ...one, highWatermark: BigInt(highWatermark) }))
  return log!.service.fetch({ ...built.request, ...fields, topics: [{ ...topic!, partitions }] }, gone)
}

const partitionOf = ({ responses }: FetchResponse) => responses[0]!.partitions[0]!
const offsetsOf = (response: FetchResponse) => [...batches(partitionOf(response).records!)].map(({ baseOffset }) => baseOffset)
const errorOf = (response: FetchResponse) => errorName(partitionOf(response).errorCode)
const batch = () => buildBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 5 }] })

/** How long it took, and what it was. */
async function timed<T>(cluster: QuorumCluster, work: Promise<T>): Promise<[number, T]> {
  const began = cluster.world.events.now
  const value = await cluster.do(work)
  return [cluster.world.events.now - began, value]
}

test('a fetch at the end waits, and records release it', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  const waiting = fetch(leader, { offset: end, epoch, highWatermark: end })
  cluster.world.events.after(100, 'a record', () => leader.log!.append(batch()))
  const [ms, response] = await timed(cluster, waiting)
  assert.ok(ms >= 100 && ms < 110, String(ms))
  assert.deepEqual(offsetsOf(response), [end])
  assert.equal(partitionOf(response).highWatermark, end, 'nobody has it yet')
})

test('a high watermark that the asker does not know releases it; one who does not say what it knows waits for records', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  const [ms, known] = await timed(cluster, fetch(leader, { offset: end, epoch, highWatermark: end - 1 }))
  assert.deepEqual([ms, partitionOf(known).highWatermark, offsetsOf(known)], [0, end, []])
  const [later] = await timed(cluster, fetch(leader, { offset: end, epoch, highWatermark: 2n ** 63n - 1n }))
  assert.equal(later, 500)
  const [first] = await timed(cluster, fetch(leader, { offset: end, epoch, highWatermark: end, maxWaitMs: 0 }))
  assert.equal(first, 0)
  // The record releases once, what becomes of it once more.
  leader.log!.append(batch())
  await cluster.do(fetch(leader, { offset: end, epoch, highWatermark: end }))
  const [soon, committed] = await timed(cluster, fetch(leader, { offset: end + 1, epoch, highWatermark: end }))
  assert.ok(soon < 100)
  assert.equal(partitionOf(committed).highWatermark, end + 1)
})

test('who waits at a leader that goes is told so at once, and who is gone waits no longer', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  const gone = new AbortController()
  const left = fetch(leader, { offset: end, epoch, highWatermark: end, gone: gone.signal })
  const waiting = fetch(leader, { offset: end, epoch, highWatermark: end })
  gone.abort()
  assert.equal((await timed(cluster, left))[0], 0)
  void leader.log!.resign(epoch)
  const [ms, response] = await timed(cluster, waiting)
  assert.ok(ms < 5)
  assert.equal(errorOf(response), 'NOT_LEADER_OR_FOLLOWER')
  assert.deepEqual(partitionOf(response).currentLeader, { leaderId: leader.id, leaderEpoch: epoch })
})

test('an older or newer epoch, a follower, another cluster and another topic are refused', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  const ask = async (node: QuorumNode, asked: Partial<Asked>) => cluster.do(fetch(node, { offset: end, epoch, ...asked }))
  assert.equal(errorOf(await ask(leader, { epoch: epoch - 1 })), 'FENCED_LEADER_EPOCH')
  assert.equal(errorOf(await ask(leader, { epoch: epoch + 1 })), 'UNKNOWN_LEADER_EPOCH')
  const follower = await ask(cluster.nodes.find((node) => node !== leader)!, {})
  assert.equal(errorOf(follower), 'NOT_LEADER_OR_FOLLOWER')
  assert.deepEqual(
    follower.nodeEndpoints.map(({ nodeId, port }) => [nodeId, port]),
    [[leader.id, 9093]],
  )
  assert.equal(errorName((await ask(leader, { clusterId: 'another' })).errorCode), 'INCONSISTENT_CLUSTER_ID')
  const second = { replicaId: leader.id, replicaEpoch: -1 }
  assert.equal(
    errorName((await ask(leader, { replicaState: second })).errorCode),
    'DUPLICATE_VOTER',
    'the id of the leader itself',
  )
  const nothing = { clusterId: null, voterId: -1, topics: [{ topicName: 'other', partitions: [] }], leaderEndpoints: [] }
  const { service } = leader.log!
  for (const answer of [service.vote(nothing), service.beginQuorumEpoch(nothing), service.endQuorumEpoch(nothing)])
    assert.equal(errorName((await cluster.do(answer)).errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('a follower that claims more than there is, or another history, is told where they part, and counts for nothing', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  const parted = partitionOf(await cluster.do(fetch(leader, { offset: end + 5, epoch })))
  assert.deepEqual(parted.divergingEpoch, { epoch, endOffset: end })
  assert.equal(parted.records!.length, 0)
  const { topics } = leader.log!.service.describeQuorum({
    topics: [{ topicName: METADATA_LOG, partitions: [{ partitionIndex: 0 }] }],
  })
  assert.deepEqual(
    topics[0]!.partitions[0]!.observers.map(({ replicaId, logEndOffset }) => [replicaId, logEndOffset]),
    [[STRANGER.id, -1]],
  )
})

test('a snapshot is given out in pieces; one that is not there, or a place behind its end, is refused', async () => {
  const { cluster, leader, end, epoch } = await quiet()
  await cluster.do(leader.log!.writeSnapshot(end, 5, [batch(), batch()]))
  const { endOffset, epoch: snapshotEpoch } = leader.log!.newestSnapshot()!
  const id = { endOffset, epoch: snapshotEpoch }
  assert.deepEqual(partitionOf(await cluster.do(fetch(leader, { offset: 0, epoch, lastEpoch: 0 }))).snapshotId, id)
  const piece = async (position: number, maxBytes: number, endOffset = id.endOffset) => {
    const ask = { kind: 'fetchSnapshot' as const, epoch, id: { ...id, endOffset }, position }
    const built = requestOf(ask, { clusterId: null, self: STRANGER, listener: '', requestTimeoutMs: 2000 })
    assert.ok(built.api === 'FetchSnapshot')
    const { topics } = await cluster.do(leader.log!.service.fetchSnapshot({ ...built.request, maxBytes }))
    return topics[0]!.partitions[0]!
  }
  const { disk } = leader.process.platform
  const whole = (await cluster.do(readSnapshotBytes(disk, leader.dir!.logs.get(`${METADATA_LOG}-0`)!.dir, id, 0, 1e6)))!.bytes
  const found: Uint8Array[] = []
  for (let at = 0; at < whole.length; at += found.at(-1)!.length) {
    const { errorCode, size, position, unalignedRecords } = await piece(at, 100)
    assert.deepEqual([errorCode, size, position], [0, whole.length, at])
    found.push(unalignedRecords!)
  }
  assert.ok(found.length > 2)
  assert.deepEqual(Buffer.concat(found), Buffer.from(whole))
  assert.equal(errorName((await piece(whole.length, 100)).errorCode), 'POSITION_OUT_OF_RANGE')
  assert.equal(errorName((await piece(0, 100, end + 1)).errorCode), 'SNAPSHOT_NOT_FOUND')
})
