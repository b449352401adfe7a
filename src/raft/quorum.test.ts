import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PretendLog } from '../../test/support/pretend-log.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { DEFAULT_TIMEOUTS } from './quorum/state.ts'
import { initialState, nextTick, type QuorumEffect, type QuorumState, step, type Vote } from './quorum.ts'
import { readVote, saveVote } from './quorum-state.ts'
import { KRAFT_VERSIONS, type Voter } from './voters.ts'

// The one voter of a node of Apache Kafka 4.2 whose bytes were kept.
const voter: Voter = {
  id: 1,
  directoryId: 'Cc8TzkB4SVm3p3mJZcX0Kg',
  endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 20592 }],
  kraftVersions: KRAFT_VERSIONS,
}
const settings = {
  self: voter,
  address: null,
  listener: 'CONTROLLER',
  servers: [],
  endpoints: [],
  autoJoin: false,
  timeouts: DEFAULT_TIMEOUTS,
}
const at = (timestamp: number) => ({ now: 0, timestamp, chance: () => 0 })

function stateOf({
  vote = { epoch: 0, leaderId: null, votedFor: null } as Vote,
  votersInLog = false,
  kraftVersion = 1,
  epochs = [] as number[],
} = {}): { state: QuorumState; log: PretendLog } {
  const log = new PretendLog([voter], epochs)
  log.votersInLog = votersInLog
  log.kraftVersion = kraftVersion
  return { state: initialState(settings, vote, log), log }
}

const kindsOf = (effects: readonly QuorumEffect[]) => effects.map(({ kind }) => kind)
const writeOf = (effects: readonly QuorumEffect[]) =>
  effects.find(({ kind }) => kind === 'write') as Extract<QuorumEffect, { kind: 'write' }>

test('a lone voter saves its office, writes, and leads, all in one step', () => {
  const { state } = stateOf({ vote: { epoch: 4, leaderId: 1, votedFor: null } })
  const effects = step(state, { kind: 'start' }, at(1))
  assert.deepEqual(kindsOf(effects), ['saveVote', 'role', 'write', 'role'])
  assert.deepEqual(effects[0], { kind: 'saveVote', vote: { epoch: 5, leaderId: 1, votedFor: null } })
  assert.deepEqual([state.role, state.epoch, state.leaderId], ['leader', 5, 1])
  assert.equal(nextTick(state, 0), Number.POSITIVE_INFINITY, 'it waits for nothing')
})

test('the first batch of a log is, byte for byte, what Apache Kafka writes', () => {
  const { batch } = writeOf(step(stateOf().state, { kind: 'start' }, at(1_795_228_695_051)))
  new RecordBatch(batch).assign(0, 1)
  assert.equal(
    Buffer.from(batch).toString('hex'),
    '0000000000000000000000a200000001029af8266d002000000002000001a1fbf7fa0b000001a1fbf7fa0bffffffffffffffffffffffffffff000000033a00000008000000022600000000000102000000010002000000010000001e00000208000000050a000000010000820100000408000000066e0000020000000109cf13ce40784959b7a7798965c5f42a020b434f4e54524f4c4c45520a3132372e302e302e315070000000000100000000',
  )
})

test('later epochs, and logs of kraft.version 0, begin with the leader alone', () => {
  for (const { state } of [stateOf({ votersInLog: true, epochs: [1, 1] }), stateOf({ kraftVersion: 0 })]) {
    assert.equal(new RecordBatch(writeOf(step(state, { kind: 'start' }, at(1))).batch).recordCount, 1)
  }
})

test('nothing is committed before the first record of the epoch is flushed, and nothing twice', () => {
  const { state, log } = stateOf({ votersInLog: true, epochs: [1, 1, 1] })
  step(state, { kind: 'start' }, at(1))
  assert.deepEqual(step(state, { kind: 'log' }, at(1)), [])
  log.append(2)
  assert.deepEqual(step(state, { kind: 'log' }, at(1)), [])
  log.flush()
  assert.deepEqual(step(state, { kind: 'log' }, at(1)), [{ kind: 'commit', offset: 4 }])
  assert.deepEqual(step(state, { kind: 'log' }, at(1)), [])
})

test('a log whose epoch is ahead of the saved vote is not overruled', () => {
  const { state } = stateOf({ vote: { epoch: 2, leaderId: 1, votedFor: null }, epochs: [7] })
  step(state, { kind: 'start' }, at(1))
  assert.equal(state.epoch, 8)
})

test('who resigned commits nothing more', () => {
  const { state, log } = stateOf()
  step(state, { kind: 'start' }, at(1))
  step(state, { kind: 'resign', epoch: 1 }, at(1))
  log.append(1, 1, 1)
  log.flush()
  assert.deepEqual(step(state, { kind: 'log' }, at(1)), [])
})

const VOTES: [string, Vote][] = [
  [
    '{"leaderId":1,"leaderEpoch":3,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
    { epoch: 3, leaderId: 1, votedFor: null },
  ],
  [
    '{"leaderId":-1,"leaderEpoch":1,"votedId":3,"votedDirectoryId":"s3s3s3s3s3s3s3s3s3s3Mw","data_version":1}',
    { epoch: 1, leaderId: null, votedFor: { id: 3, directoryId: 's3s3s3s3s3s3s3s3s3s3Mw' } },
  ],
]

test('votes are written as Apache Kafka writes them under kraft.version 1, and read back', async () => {
  for (const [text, vote] of VOTES) {
    const disk = memoryDisk(1 << 20)
    await disk.mkdir('d')
    await saveVote(disk, 'd', vote, 1, [1])
    assert.equal(Buffer.from((await disk.readAtomic('d/quorum-state'))!).toString(), text)
    assert.deepEqual(await readVote(disk, 'd'), { vote, voterIds: [] })
  }
})

test('votes of kraft.version 0 keep their shape', async () => {
  const disk = memoryDisk(1 << 20)
  await disk.mkdir('d')
  const text =
    '{"clusterId":"","leaderId":1,"leaderEpoch":3,"votedId":1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}'
  await disk.replaceAtomic('d/quorum-state', Buffer.from(text))
  const { vote, voterIds } = (await readVote(disk, 'd'))!
  assert.deepEqual([vote, voterIds], [{ epoch: 3, leaderId: 1, votedFor: { id: 1, directoryId: ZERO_UUID } }, [1]])
  await saveVote(disk, 'd', vote, 0, [1])
  assert.equal(Buffer.from((await disk.readAtomic('d/quorum-state'))!).toString(), text)
})

test('a vote that cannot be read is never guessed', async () => {
  const disk = memoryDisk(1 << 20)
  await disk.mkdir('d')
  assert.equal(await readVote(disk, 'd'), null)
  for (const text of [
    '',
    '{',
    '{}',
    '{"leaderId":1,"leaderEpoch":-3,"votedId":1,"data_version":1}',
    '{"leaderId":1,"leaderEpoch":3,"votedId":1,"data_version":9}',
    'null',
    '[]',
  ]) {
    await disk.replaceAtomic('d/quorum-state', Buffer.from(text))
    await assert.rejects(readVote(disk, 'd'), /quorum-state/, text)
  }
})
