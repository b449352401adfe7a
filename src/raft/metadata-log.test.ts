import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailingDisk } from '../../test/support/failing-disk.ts'
import { settle } from '../../test/support/log-world.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { noTexts, staticLayers } from '../config/layers.ts'
import { topicConfig } from '../config/resolve.ts'
import { FLUSHED_OFFSET } from '../log/flushed-offset.ts'
import { LogDir } from '../log/log-dir.ts'
import type { Disk } from '../platform/disk.ts'
import { silentLogger } from '../platform/logger.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { readControl } from '../protocol/records/control.ts'
import { formatMetadata, METADATA_LOG, METADATA_TOPIC_ID } from './format.ts'
import { MetadataLog } from './metadata-log.ts'
import { listSnapshots, snapshotName } from './snapshot.ts'
import { KRAFT_VERSIONS, type Voter } from './voters.ts'

const DIR = 'data'
const config = topicConfig(staticLayers(new Map()), noTexts)
const random = { next: () => 0.5, bytes: (length: number) => Buffer.alloc(length, 7) }

/** A node's metadata log over a disk that outlives it. */
interface Started {
  readonly voters?: readonly Voter[]
  readonly retentionBytes?: number
  readonly retentionMs?: number
}

async function start(disk: Disk, { voters, retentionBytes = -1, retentionMs = -1 }: Started = {}) {
  const clock = new ManualClock()
  const platform = { clock, disk, random, logger: silentLogger }
  const dir = await LogDir.open(platform, DIR, { nodeId: 1, clusterId: null, config })
  const self = { id: 1, directoryId: dir.directoryId }
  const endpoints = [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }]
  await formatMetadata(disk, DIR, {
    voters: voters ?? [{ ...self, endpoints, kraftVersions: KRAFT_VERSIONS }],
    bootstrap: [],
    now: clock.now(),
  })
  const files = dir.logs.get(`${METADATA_LOG}-0`) ?? (await dir.createLog(METADATA_LOG, 0, METADATA_TOPIC_ID, config))
  try {
    const log = await MetadataLog.open({
      platform,
      log: files,
      self,
      retention: { bytes: () => retentionBytes, ms: () => retentionMs },
    })
    return { dir, files, log, clock }
  } catch (thrown) {
    await dir.close(null)
    throw thrown
  }
}

const words = (...texts: string[]) =>
  buildBatch({ records: texts.map((text) => ({ key: null, value: Buffer.from(text), timestamp: 5 })) })
const committed = (log: MetadataLog, offset: number) =>
  new Promise<void>((resolve) => {
    if (log.committedOffset >= offset) resolve()
    else log.onCommit((now) => now >= offset && resolve())
  })

async function contentsOf(log: MetadataLog): Promise<string[]> {
  const found: string[] = []
  for (let at = log.startOffset; at < log.endOffset; ) {
    for (const piece of await log.read(at, 1000)) {
      for (const batch of batches(piece)) {
        for (const record of batch.records())
          found.push(batch.isControl ? readControl(record)!.kind : Buffer.from(record.value!).toString())
        at = batch.nextOffset
      }
    }
  }
  return found
}

test('a fresh log begins with leader and voters; what is appended is committed once it is flushed', async () => {
  const { log, dir } = await start(memoryDisk(1 << 24))
  assert.throws(
    () => log.append(words('too early')),
    (thrown) => thrown instanceof KafkaError && thrown.error === 'NOT_CONTROLLER',
  )
  await log.start()
  assert.deepEqual([log.leaderEpoch, log.committedOffset, log.isLeader], [1, 3, true])
  const told: number[] = []
  log.onCommittedBatches((some) => told.push(...some.map(({ baseOffset }) => baseOffset)))
  assert.deepEqual(log.append(words('a', 'b')).baseOffset, 3)
  assert.equal(log.append(words('c')).baseOffset, 5)
  assert.equal(log.committedOffset, 3, 'nothing is committed in the turn that appends it')
  await committed(log, 6)
  assert.deepEqual(told, [3, 5])
  assert.deepEqual(await contentsOf(log), ['leaderChange', 'kraftVersion', 'kraftVoters', 'a', 'b', 'c'])
  await dir.close({ brokerEpoch: 1 })
})

test('every start begins an epoch with its leader, and names the voters only once', async () => {
  const disk = memoryDisk(1 << 24)
  for (const epoch of [1, 2, 3]) {
    const { log, dir } = await start(disk)
    await log.start()
    assert.equal(log.leaderEpoch, epoch)
    log.append(words(`in ${epoch}`))
    await committed(log, log.endOffset)
    await dir.close({ brokerEpoch: 1 })
  }
  const { log } = await start(disk)
  assert.deepEqual(await contentsOf(log), [
    'leaderChange',
    'kraftVersion',
    'kraftVoters',
    'in 1',
    'leaderChange',
    'in 2',
    'leaderChange',
    'in 3',
  ])
})

test('a snapshot takes the place of what is older, and of the log below it where that is too large', async () => {
  const disk = memoryDisk(1 << 24)
  const { log, dir, files } = await start(disk, { retentionBytes: 0 })
  await log.start()
  for (const text of ['a', 'b', 'c']) log.append(words(text))
  await committed(log, 6)
  await log.writeSnapshot(4, 5, [words('a')])
  files.roll()
  await log.writeSnapshot(6, 5, [words('a', 'b', 'c')])
  assert.deepEqual(
    (await listSnapshots(disk, files.dir)).map(({ endOffset, epoch }) => [endOffset, epoch]),
    [[6, 1]],
  )
  assert.equal(log.startOffset, 6)
  await dir.close({ brokerEpoch: 1 })
  const again = await start(disk)
  await again.log.start()
  assert.deepEqual(again.log.newestSnapshot()?.endOffset, 6)
  const kept: string[] = []
  for await (const batch of again.log.readSnapshot(again.log.newestSnapshot()!))
    for (const { value } of batch.records()) kept.push(Buffer.from(value!).toString())
  assert.deepEqual(kept, ['a', 'b', 'c'])
  assert.deepEqual(await contentsOf(again.log), ['leaderChange'])
})

test('a log that lost its end goes on behind its snapshot; one that lost its snapshot is refused', async () => {
  const disk = memoryDisk(1 << 24)
  const { log, dir, files } = await start(disk, { retentionBytes: 0 })
  await log.start()
  log.append(words('a', 'b'))
  await committed(log, 5)
  files.roll()
  await log.writeSnapshot(5, 5, [words('a', 'b')])
  log.append(words('c'))
  await committed(log, 6)
  const { dir: path } = files
  await dir.close({ brokerEpoch: 1 })
  const [snapshot] = await listSnapshots(disk, path)
  const name = (await disk.list(path)).find((entry) => entry.name.endsWith('.checkpoint'))!.name
  const bytes = (await disk.readAtomic(`${path}/${name}`))!
  await disk.remove(`${path}/${name}`)
  await assert.rejects(start(disk), /restore the missing \.checkpoint/)
  await disk.replaceAtomic(`${path}/${name.replace('05-', '99-')}`, bytes)
  const again = await start(disk)
  await again.log.start()
  assert.equal(again.log.startOffset, 99)
  assert.equal(again.log.endOffset, 100)
  assert.ok(again.log.leaderEpoch > snapshot!.epoch)
})

async function damage(disk: Disk, path: string): Promise<void> {
  const bytes = Uint8Array.from((await disk.readAtomic(path))!)
  bytes[bytes.length >> 1]! ^= 1
  await disk.replaceAtomic(path, bytes)
}

const snapshotsIn = async (disk: Disk, dir: string) => (await listSnapshots(disk, dir)).map(({ endOffset }) => endOffset)
const pathOf = (dir: string, endOffset: number) => `${dir}/${snapshotName({ endOffset, epoch: endOffset === 0 ? 0 : 1 })}`

/** A log with a, b and c behind its three first records, and snapshots at 4 and 6. */
async function withSnapshots(disk: Disk, options: Started = {}) {
  const started = await start(disk, options)
  const { log, files, clock } = started
  await log.start()
  await clock.advance(2e9)
  for (const text of ['a', 'b', 'c']) log.append(words(text))
  await committed(log, 6)
  await log.writeSnapshot(4, 5, [words('a')])
  files.roll()
  await log.writeSnapshot(6, 1_700_000_000_000, [words('a', 'b', 'c')])
  return started
}

test('older snapshots stay as long as metadata.max.retention.bytes and metadata.max.retention.ms allow, with the log behind them', async () => {
  for (const [options, kept, startOffset] of [
    [{}, [0, 4, 6], 0],
    [{ retentionBytes: 1 << 20, retentionMs: 1e15 }, [0, 4, 6], 0],
    [{ retentionMs: 1e9 }, [6], 6],
    [{ retentionBytes: 0 }, [6], 6],
  ] as const) {
    const disk = memoryDisk(1 << 24)
    const { log, dir, files } = await withSnapshots(disk, options)
    assert.deepEqual([await snapshotsIn(disk, files.dir), log.startOffset], [kept, startOffset])
    await dir.close({ brokerEpoch: 1 })
  }
})

test('a damaged snapshot is put aside, and the one before it and the log take its place', async () => {
  for (const damaged of [[6], [6, 4], [6, 4, 0]]) {
    const disk = memoryDisk(1 << 24)
    const { dir, files } = await withSnapshots(disk)
    await dir.close({ brokerEpoch: 1 })
    for (const endOffset of damaged) await damage(disk, pathOf(files.dir, endOffset))
    const again = await start(disk)
    await again.log.start()
    assert.equal(again.log.newestSnapshot()?.endOffset, damaged.length > 1 ? undefined : 4)
    assert.deepEqual((await contentsOf(again.log)).slice(3), ['a', 'b', 'c', 'leaderChange'])
    for (const endOffset of damaged) assert.ok(await disk.exists(`${pathOf(files.dir, endOffset)}.damaged`))
    await again.log.writeSnapshot(7, 5, [words('a', 'b', 'c')])
    await again.dir.close({ brokerEpoch: 1 })
    const third = await start(disk)
    assert.equal(third.log.newestSnapshot()?.endOffset, 7)
    await third.dir.close({ brokerEpoch: 1 })
  }
})

test('a damaged snapshot is refused, by its name and with the way out, where the log no longer has what it holds', async () => {
  const disk = memoryDisk(1 << 24)
  const { dir, files } = await withSnapshots(disk, { retentionBytes: 0 })
  await dir.close({ brokerEpoch: 1 })
  await damage(disk, pathOf(files.dir, 6))
  await assert.rejects(start(disk), /00000000000000000006-0000000001\.checkpoint is damaged.*restore it from a backup/)
  assert.ok(await disk.exists(pathOf(files.dir, 6)), 'it stays where it is')
})

test('a vote that cannot be read is refused with the way out: the only voter goes on without the file, in a later epoch', async () => {
  const disk = memoryDisk(1 << 24)
  const { dir, files } = await withSnapshots(disk)
  await dir.close({ brokerEpoch: 1 })
  for (let i = 0; i < 3; i++) {
    const again = await start(disk)
    await again.log.start()
    await again.dir.close({ brokerEpoch: 1 })
  }
  const path = `${files.dir}/quorum-state`
  await disk.replaceAtomic(path, Buffer.from('{"leaderId":'))
  await assert.rejects(start(disk), /quorum-state cannot be read.*single voter.*move the file away/)
  await disk.remove(path)
  const last = await start(disk)
  await last.log.start()
  assert.equal(last.log.leaderEpoch, 5)
})

test('a log of other voters, or of another directory of this node, is refused', async () => {
  const endpoints: Voter['endpoints'] = []
  const other = Buffer.alloc(16, 9).toString('base64url')
  for (const voters of [
    [{ id: 2, directoryId: other, endpoints, kraftVersions: KRAFT_VERSIONS }],
    [{ id: 1, directoryId: other, endpoints, kraftVersions: KRAFT_VERSIONS }],
    [1, 2, 3].map((id) => ({ id, directoryId: other, endpoints, kraftVersions: KRAFT_VERSIONS })),
  ]) {
    await assert.rejects(start(memoryDisk(1 << 24), { voters }), /voters|directory/)
  }
})

test('a directory of kraft.version 0 is led by who voted last, and stays at kraft.version 0', async () => {
  const disk = memoryDisk(1 << 24)
  const text =
    '{"clusterId":"","leaderId":1,"leaderEpoch":3,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}'
  await disk.mkdir(`${DIR}/${METADATA_LOG}-0`)
  await disk.replaceAtomic(`${DIR}/${METADATA_LOG}-0/quorum-state`, Buffer.from(text))
  const { log, files } = await start(disk)
  await log.start()
  assert.deepEqual([log.leaderEpoch, log.kraftVersion], [4, 0])
  assert.deepEqual(await contentsOf(log), ['leaderChange'])
  assert.match(
    Buffer.from((await disk.readAtomic(`${files.dir}/quorum-state`))!).toString(),
    /"leaderEpoch":4,.*"data_version":0/,
  )
})

test('a log that is retired takes and commits nothing more, and tells those who follow it once, the late ones too', async () => {
  const { log, dir } = await start(memoryDisk(1 << 24))
  await log.start()
  const told: string[] = []
  log.onRetired((why) => told.push(why.error))
  const before = log.committedOffset
  log.append(words('under way'))
  log.retire(new KafkaError('KAFKA_STORAGE_ERROR'))
  log.retire(new KafkaError('NOT_CONTROLLER'))
  log.onRetired((why) => told.push(`late ${why.error}`))
  assert.deepEqual(told, ['KAFKA_STORAGE_ERROR', 'late KAFKA_STORAGE_ERROR'])
  assert.throws(
    () => log.append(words('too late')),
    (thrown) => thrown instanceof KafkaError && thrown.error === 'KAFKA_STORAGE_ERROR',
  )
  await dir.close(null)
  assert.equal(log.committedOffset, before)
})

test('a start ends when its disk does', async () => {
  const disk = new FailingDisk(memoryDisk(1 << 24))
  const { log, dir } = await start(disk)
  dir.onOffline((why) => log.retire(new KafkaError('KAFKA_STORAGE_ERROR', why.message)))
  disk.failWhere((operation, path) => operation === 'flush' && path.endsWith('.log'))
  await assert.rejects(log.start(), /i\/o error/)
  await dir.close(null)
})

test('batches are read whole wherever the disk cuts its bytes', async () => {
  const disk = memoryDisk(1 << 24)
  const { log, dir } = await start(disk)
  await log.start()
  const texts = Array.from({ length: 100 }, (_, i) => `${i} `.repeat(1000))
  for (const text of texts) log.append(words(text))
  await committed(log, log.endOffset)
  await dir.close({ brokerEpoch: 1 })
  const again = await start(disk)
  assert.deepEqual((await contentsOf(again.log)).slice(3), texts)
  const pieces = await again.log.read(0, 1 << 20)
  assert.equal(pieces.flatMap((piece) => [...batches(piece)]).length, texts.length + 1)
  await again.dir.close(null)
})

/** A log of one segment with records at 3 to 22, a snapshot at 13 where told, and a stop without warning. The bytes of its file, and where each batch begins. */
async function stopped(snapshotAt: number | null) {
  const disk = memoryDisk(1 << 24)
  const { log, files, dir } = await start(disk)
  await log.start()
  for (let i = 3; i < 23; i++) {
    log.append(words(`record ${i}`))
    await committed(log, i + 1)
    if (i + 1 === snapshotAt) await log.writeSnapshot(snapshotAt, 5, [words('all of them')])
  }
  await settle(20)
  await dir.close(null)
  const path = `${files.dir}/00000000000000000000.log`
  const bytes = Buffer.from((await disk.readAtomic(path))!)
  const positions = new Map([...batches(bytes)].map(({ baseOffset, at }) => [baseOffset, at]))
  return { disk, dir: files.dir, path, bytes, positionOf: (offset: number) => positions.get(offset)! }
}

const forget = (disk: Disk, dir: string) => disk.remove(`${dir}/${FLUSHED_OFFSET}`)

test('a committed record that is damaged stops the start, with file and way out, and nothing of the log is touched', async () => {
  for (const snapshotAt of [null, 13]) {
    for (const edit of [(at: Buffer) => (at[70]! ^= 1), (at: Buffer) => at.writeInt32BE(3, 8), (at: Buffer) => at.fill(0)]) {
      const { disk, dir, path, bytes, positionOf } = await stopped(snapshotAt)
      const damaged = Buffer.from(bytes)
      edit(damaged.subarray(positionOf(15)))
      await disk.replaceAtomic(path, damaged)
      for (let i = 0; i < 2; i++)
        await assert.rejects(start(disk), /lost committed records: .*0000\.log is damaged.*flushed-offset away/)
      assert.deepEqual(Buffer.from((await disk.readAtomic(path))!), damaged)
      await forget(disk, dir)
      const again = await start(disk)
      await again.log.start()
      assert.deepEqual([again.files.endOffset, again.log.committedOffset], [16, 16])
      await again.dir.close(null)
    }
  }
})

test('damage below the newest snapshot matters to nobody, whether what follows is read or not', async () => {
  for (const edit of [(at: Buffer) => (at[70]! ^= 1), (at: Buffer) => at.writeInt32BE(3, 8)]) {
    const { disk, path, bytes, positionOf } = await stopped(13)
    edit(bytes.subarray(positionOf(5)))
    await disk.replaceAtomic(path, bytes)
    const again = await start(disk)
    await again.log.start()
    assert.equal(again.log.committedOffset, 24)
    const read = Buffer.concat(await again.log.read(13, 1 << 20))
    assert.deepEqual(
      [...batches(read)].map(({ baseOffset }) => baseOffset),
      [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
    )
    await again.dir.close(null)
  }
})

test('a metadata log that is shorter than what was committed stops the start', async () => {
  const { disk, dir, path, bytes, positionOf } = await stopped(13)
  await disk.replaceAtomic(path, bytes.subarray(0, positionOf(20)))
  await assert.rejects(start(disk), /lost committed records.*flushed-offset away/)
  await disk.remove(path)
  await assert.rejects(start(disk), /ends at 0, and there were records up to 23/)
  await forget(disk, dir)
  const again = await start(disk)
  await again.log.start()
  assert.deepEqual([again.log.startOffset, again.log.committedOffset], [13, 14])
})

test('a damage that nobody noticed in a clean stop stops the start, too', async () => {
  const { disk, path, positionOf } = await stopped(13)
  const again = await start(disk)
  await again.log.start()
  await again.dir.close({ brokerEpoch: 1 })
  const bytes = Buffer.from((await disk.readAtomic(path))!)
  bytes[positionOf(15) + 70]! ^= 1
  await disk.replaceAtomic(path, bytes)
  await assert.rejects(start(disk), /from offset 15 on does not match/)
})

test('records that were never wholly written are cut, also where a power cut kept later ones', async () => {
  const { disk, path, bytes, dir } = await stopped(13)
  const [first] = batches(bytes)
  const more = Buffer.concat([23, 24, 25].map((offset) => placed(words(`record ${offset}`), offset, first!.partitionLeaderEpoch)))
  const size = more.length / 3
  for (const lost of [
    more.subarray(0, size - 1),
    Buffer.from(more).fill(0, 0, size),
    Buffer.from(more).fill(0, size, size + 70),
  ]) {
    await disk.replaceAtomic(path, Buffer.concat([bytes, lost]))
    const flushed = (await disk.readAtomic(`${dir}/${FLUSHED_OFFSET}`))!
    const again = await start(disk)
    await again.log.start()
    assert.equal(again.log.committedOffset, lost[11] === 0 || lost.length < size ? 24 : 25)
    await settle(20)
    await again.dir.close(null)
    await disk.replaceAtomic(`${dir}/${FLUSHED_OFFSET}`, flushed)
  }
})

/** As a leader writes it. */
function placed(batch: Uint8Array, offset: number, epoch: number): Buffer {
  const bytes = Buffer.from(batch)
  bytes.writeBigInt64BE(BigInt(offset), 0)
  bytes.writeInt32BE(epoch, 12)
  return bytes
}

test('what was flushed is known after a power cut that tore the newest word of it', async () => {
  const { disk, dir, path, bytes, positionOf } = await stopped(null)
  const again = await start(disk)
  await again.log.start()
  await settle(20)
  await again.dir.close(null)
  const file = `${dir}/${FLUSHED_OFFSET}`
  const word = Buffer.from((await disk.readAtomic(file))!)
  assert.match(word.toString(), /^0{18}23 [0-9a-f]{8}\n0{18}24 [0-9a-f]{8}\n$/)
  await disk.replaceAtomic(file, word.fill(0x31, 31, 40))
  bytes[positionOf(15) + 70]! ^= 1
  await disk.replaceAtomic(path, bytes)
  await assert.rejects(start(disk), /lost committed records/)
})

test('a damaged snapshot that is not the newest does not keep the old ones for ever', async () => {
  const disk = memoryDisk(1 << 24)
  const { dir, files } = await withSnapshots(disk)
  await dir.close({ brokerEpoch: 1 })
  await damage(disk, pathOf(files.dir, 0))
  const again = await start(disk, { retentionMs: 1e9 })
  await again.log.start()
  await again.clock.advance(2e9)
  await again.log.writeSnapshot(7, again.clock.now(), [words('a', 'b', 'c')])
  const left = await snapshotsIn(disk, files.dir)
  assert.deepEqual([left.at(-1), left.includes(0), left.includes(4)], [7, false, false])
  await again.dir.close(null)
})
