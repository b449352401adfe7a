import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../test/support/log-world.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { keyOf, votersOf } from '../../test/support/quorum-states.ts'
import { noTexts, staticLayers } from '../config/layers.ts'
import { topicConfig } from '../config/resolve.ts'
import { FLUSHED_OFFSET, FlushedOffset, readFlushedOffset } from '../log/flushed-offset.ts'
import { LogDir } from '../log/log-dir.ts'
import { silentLogger } from '../platform/logger.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { controlRecord } from '../protocol/records/control.ts'
import { METADATA_LOG, METADATA_TOPIC_ID } from './format.ts'
import { openLog } from './open-log.ts'
import type { ReplicaLog } from './replica-log.ts'
import { writeSnapshot } from './snapshot.ts'
import { type Voter, voterRecord } from './voters.ts'

const DIR = 'data'
const config = topicConfig(staticLayers(new Map()), noTexts)
const random = { next: () => 0.5, bytes: (length: number) => Buffer.alloc(length, 7) }

/** The replica of a follower, on a disk that outlives it. */
async function open(disk = memoryDisk(1 << 24), voters: readonly Voter[] = votersOf(1, 2, 3)) {
  const platform = { clock: new ManualClock(), disk, random, logger: silentLogger }
  const dir = await LogDir.open(platform, DIR, { nodeId: 2, clusterId: null, config })
  const files = dir.logs.get(`${METADATA_LOG}-0`) ?? (await dir.createLog(METADATA_LOG, 0, METADATA_TOPIC_ID, config))
  try {
    const { log } = await openLog({ platform, log: files, self: keyOf(2), voters, hasPeers: true })
    return { log, disk, files, dir }
  } catch (thrown) {
    await dir.close(null)
    throw thrown
  }
}

/** As a leader wrote it. */
function batchAt(
  offset: number,
  epoch: number,
  bytes = buildBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 5 }] }),
) {
  new RecordBatch(bytes).assign(offset, epoch)
  return bytes
}

function votersAt(offset: number, epoch: number, voters: readonly Voter[]): Uint8Array {
  const records = [
    { ...controlRecord({ kind: 'kraftVersion', kRaftVersion: 1 }), timestamp: 5 },
    { ...controlRecord({ kind: 'kraftVoters', voters: voters.map(voterRecord) }), timestamp: 5 },
  ]
  return batchAt(offset, epoch, buildBatch({ records, isControl: true }))
}

async function flushed(log: ReplicaLog): Promise<void> {
  for (let i = 0; i < 100 && log.flushedOffset < log.endOffset; i++) await settle()
  await settle(20)
}

test('what cannot follow in this epoch is refused, and nothing of it is kept', async () => {
  const { log, dir } = await open()
  log.follow(Buffer.concat([batchAt(0, 1), batchAt(1, 3)]), 3)
  for (const [bytes, why] of [
    [batchAt(3, 3), /batch at 3 of epoch 3 cannot follow offset 2/],
    [batchAt(1, 3), /batch at 1/],
    [batchAt(2, 2), /of epoch 2 cannot follow offset 2 of epoch 3/],
    [batchAt(2, 4), /of epoch 4 .* in epoch 3/],
    [Buffer.concat([batchAt(2, 3), batchAt(4, 3)]), /batch at 4/],
    [batchAt(2, 3).subarray(0, 40), /no whole batch/],
    [Buffer.from('not a batch at all, but long enough to be looked at as if it were one, and then some more of it'), /./],
  ] as const) {
    assert.throws(() => log.follow(bytes, 3), why)
    assert.deepEqual([log.endOffset, log.lastEpoch], [2, 3])
  }
  const spoiled = batchAt(2, 3)
  spoiled[65]! ^= 1
  assert.throws(() => log.follow(spoiled, 3), /damaged/)
  assert.equal(log.follow(Buffer.concat([batchAt(2, 3), batchAt(3, 3).subarray(0, 30)]), 3).length, 1)
  await dir.close(null)
})

test('who votes is what the log said last, and what it said before where that is cut off', async () => {
  const { log, dir } = await open()
  const ids = () => log.voters.map(({ id }) => id)
  assert.deepEqual([ids(), log.kraftVersion, log.votersInLog], [[1, 2, 3], 0, false])
  log.follow(votersAt(0, 1, votersOf(1, 2, 3, 4)), 1)
  assert.deepEqual([ids(), log.kraftVersion, log.votersInLog], [[1, 2, 3, 4], 1, true])
  log.follow(votersAt(2, 1, votersOf(1, 2)), 1)
  assert.deepEqual(ids(), [1, 2])
  await log.truncate(2)
  assert.deepEqual(ids(), [1, 2, 3, 4])
  await log.truncate(0)
  assert.deepEqual([ids(), log.kraftVersion], [[1, 2, 3], 0])
  await dir.close(null)
})

test('of what the log said below a snapshot only the last word is kept', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([votersAt(0, 1, votersOf(1)), votersAt(2, 1, votersOf(1, 2)), votersAt(4, 1, votersOf(2))]), 1)
  await flushed(log)
  const votersBefore = (endOffset: number) => log.membershipAt(endOffset).voters.map(({ id }) => id)
  assert.deepEqual([votersBefore(2), votersBefore(4), votersBefore(6)], [[1], [1, 2], [2]])
  await writeSnapshot(disk, files.dir, { id: { endOffset: 4, epoch: 1 }, lastTimestamp: 5, control: [], batches: [] }, 5)
  await log.snapshotWritten({ bytes: () => -1, ms: () => -1 })
  assert.deepEqual([votersBefore(2), votersBefore(4), votersBefore(6)], [[1, 2], [1, 2], [2]])
  await dir.close(null)
})

test('what is cut off for a leader is not missed by the next start', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([0, 1, 2, 3, 4].map((offset) => batchAt(offset, 1))), 1)
  await flushed(log)
  assert.equal(await readFlushedOffset(disk, files.dir), 5)
  await log.truncate(2)
  assert.equal(await readFlushedOffset(disk, files.dir), 2)
  log.follow(batchAt(2, 2), 2)
  await flushed(log)
  assert.equal(await readFlushedOffset(disk, files.dir), 3)
  await dir.close(null)
  const again = await open(disk)
  assert.deepEqual([again.log.endOffset, again.log.lastEpoch, again.log.isWhole], [3, 2, true])
  await again.dir.close(null)
})

test('nor is what was on its way to the device when it was cut off', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([0, 1, 2, 3, 4].map((offset) => batchAt(offset, 1))), 1)
  await log.truncate(2)
  await settle(20)
  assert.ok((await readFlushedOffset(disk, files.dir)) <= 2)
  log.follow(Buffer.concat([2, 3, 4].map((offset) => batchAt(offset, 2))), 2)
  const id = { endOffset: 3, epoch: 3 }
  await writeSnapshot(disk, files.dir, { id, lastTimestamp: 5, control: [], batches: [] }, 5)
  await log.restore(id)
  await settle(20)
  assert.equal(await readFlushedOffset(disk, files.dir), 3)
  await dir.close(null)
})

test('a log that ends before what it once had is not whole until it has as much again', async () => {
  const { log, disk, dir, files } = await open()
  log.follow(Buffer.concat([0, 1, 2].map((offset) => batchAt(offset, 1))), 1)
  await flushed(log)
  await dir.close(null)
  const path = `${files.dir}/00000000000000000000.log`
  await disk.replaceAtomic(path, (await disk.readAtomic(path))!.subarray(0, 20))
  for (let i = 0; i < 2; i++) {
    const again = await open(disk)
    assert.deepEqual([again.log.endOffset, again.log.isWhole], [0, false])
    if (i === 1) {
      again.log.follow(batchAt(0, 2), 2)
      await flushed(again.log)
      assert.equal(again.log.isWhole, false)
      again.log.follow(Buffer.concat([batchAt(1, 2), batchAt(2, 2)]), 2)
      await flushed(again.log)
      assert.equal(again.log.isWhole, true)
    }
    await again.dir.close(null)
  }
})

test('who was alone at first, and is not by what is left of its log, goes on where its end is lost', async () => {
  for (const [voters, isRefused] of [
    [votersOf(2, 3), false],
    [votersOf(2), true],
  ] as const) {
    const { log, disk, dir, files } = await open(undefined, votersOf(2))
    log.follow(Buffer.concat([votersAt(0, 1, voters), batchAt(2, 1), batchAt(3, 1)]), 1)
    await flushed(log)
    await dir.close(null)
    const path = `${files.dir}/00000000000000000000.log`
    await disk.replaceAtomic(path, (await disk.readAtomic(path))!.subarray(0, -batchAt(3, 1).length))
    const again = open(disk, votersOf(2))
    if (isRefused) {
      await assert.rejects(
        again,
        /lost committed.*where other controllers have .* only where there never was another one, .*flushed-offset away/,
      )
      continue
    }
    assert.equal((await again).log.isWhole, false)
    await (await again).dir.close(null)
  }
})

test('a log goes on behind a snapshot, with the epoch and the voters that it has', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([0, 1, 2].map((offset) => batchAt(offset, 1))), 1)
  await flushed(log)
  const id = { endOffset: 40, epoch: 6 }
  const control = [
    { kind: 'kraftVersion' as const, kRaftVersion: 1 },
    { kind: 'kraftVoters' as const, voters: votersOf(3, 4, 5).map(voterRecord) },
  ]
  await writeSnapshot(disk, files.dir, { id, lastTimestamp: 5, control, batches: [] }, 5)
  await log.restore(id)
  assert.deepEqual([log.startOffset, log.endOffset, log.lastEpoch], [40, 40, 6])
  assert.deepEqual(log.endOffsetForEpoch(6), { epoch: 6, endOffset: 40 })
  assert.deepEqual(
    log.voters.map(({ id: voter }) => voter),
    [3, 4, 5],
  )
  assert.equal(await readFlushedOffset(disk, files.dir), 40)
  log.follow(batchAt(40, 7), 7)
  await flushed(log)
  await dir.close(null)
  const again = await open(disk)
  assert.deepEqual([again.log.startOffset, again.log.endOffset, again.log.lastEpoch, again.log.isWhole], [40, 41, 7, true])
  await again.dir.close(null)
})

test('a log whose end was torn off below its snapshot goes on behind that, without a gap', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([0, 1, 2, 3, 4].map((offset) => batchAt(offset, 1))), 1)
  await flushed(log)
  await writeSnapshot(disk, files.dir, { id: { endOffset: 5, epoch: 1 }, lastTimestamp: 5, control: [], batches: [] }, 5)
  await dir.close(null)
  const path = `${files.dir}/00000000000000000000.log`
  await disk.replaceAtomic(path, (await disk.readAtomic(path))!.subarray(0, -10))
  for (const file of [`${DIR}/.kafka_cleanshutdown`, `${files.dir}/${FLUSHED_OFFSET}`]) await disk.remove(file)
  const again = await open(disk)
  assert.deepEqual([again.log.startOffset, again.log.endOffset, again.log.isWhole], [5, 5, true])
  assert.equal(again.files.damage, null)
  again.log.follow(batchAt(5, 1), 1)
  await flushed(again.log)
  await again.dir.close(null)
})

test('a log torn off below its snapshot, whose records behind that are lost, goes on behind it; alone it is left as it is', async () => {
  for (const voters of [votersOf(1, 2, 3), votersOf(2)]) {
    const { log, disk, files, dir } = await open(undefined, voters)
    log.follow(Buffer.concat([0, 1, 2, 3, 4].map((offset) => batchAt(offset, 1))), 1)
    await flushed(log)
    await writeSnapshot(disk, files.dir, { id: { endOffset: 5, epoch: 1 }, lastTimestamp: 5, control: [], batches: [] }, 5)
    await dir.close(null)
    const path = `${files.dir}/00000000000000000000.log`
    const torn = (await disk.readAtomic(path))!.subarray(0, -10)
    await disk.replaceAtomic(path, torn)
    for (const file of [`${DIR}/.kafka_cleanshutdown`, `${files.dir}/${FLUSHED_OFFSET}`]) await disk.remove(file)
    await FlushedOffset.begin(disk, files.dir, 8, () => assert.fail())
    if (voters.length === 1) {
      await assert.rejects(open(disk, voters), /lost committed records: offsets 4 to 7/)
      assert.deepEqual(await disk.readAtomic(path), torn)
      continue
    }
    const again = await open(disk, voters)
    assert.deepEqual([again.log.startOffset, again.log.endOffset, again.log.isWhole, again.files.damage], [5, 5, false, null])
    assert.ok((await disk.list(files.dir)).some(({ name }) => name.endsWith('.log.5.cut')))
    await again.dir.close(null)
  }
})

test('a snapshot that came, and whose log was not cut any more, counts at the next start', async () => {
  const { log, disk, files, dir } = await open()
  log.follow(Buffer.concat([0, 1, 2, 3, 4].map((offset) => batchAt(offset, 1))), 1)
  await flushed(log)
  await writeSnapshot(disk, files.dir, { id: { endOffset: 3, epoch: 2 }, lastTimestamp: 5, control: [], batches: [] }, 5)
  await dir.close(null)
  const again = await open(disk)
  // Whether what was behind it was never committed, or is damaged, cannot be told any more.
  assert.deepEqual([again.log.startOffset, again.log.endOffset, again.log.lastEpoch, again.log.isWhole], [3, 3, 2, false])
  await again.dir.close(null)
})
