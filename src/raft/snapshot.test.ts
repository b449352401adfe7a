import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowDisk } from '../../test/support/slow-disk.ts'
import { memoryDisk } from '../platform/memory/disk.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { formatMetadata, readBootstrap } from './format.ts'
import {
  DamagedSnapshot,
  listSnapshots,
  type NewSnapshot,
  readSnapshot,
  removeUnfinished,
  snapshotName,
  writeSnapshot,
} from './snapshot.ts'
import { SnapshotDownload } from './snapshot-bytes.ts'
import { KRAFT_VERSIONS } from './voters.ts'

const NOW = 1_795_228_692_424
const data = (count: number) =>
  buildBatch({ records: Array.from({ length: count }, (_, i) => ({ key: null, value: Buffer.from([i]), timestamp: 5 })) })
const snapshot = (fields: Partial<NewSnapshot> = {}): NewSnapshot => ({
  id: { endOffset: 7, epoch: 2 },
  lastTimestamp: 5,
  control: [],
  batches: [data(2), data(3)],
  ...fields,
})

async function written(fields: Partial<NewSnapshot> = {}) {
  const disk = memoryDisk(1 << 24)
  await disk.mkdir('d')
  await writeSnapshot(disk, 'd', snapshot(fields), NOW)
  return { disk, path: `d/${snapshotName(snapshot(fields).id)}` }
}

async function readAll(disk: ReturnType<typeof memoryDisk>, path: string): Promise<[number, number, boolean][]> {
  const found: [number, number, boolean][] = []
  for await (const batch of readSnapshot(disk, path)) found.push([batch.baseOffset, batch.partitionLeaderEpoch, batch.isControl])
  return found
}

test('a snapshot is a header, its batches in a row, and a footer', async () => {
  const { disk, path } = await written()
  assert.equal(path, 'd/00000000000000000007-0000000002.checkpoint')
  assert.deepEqual(await readAll(disk, path), [
    [0, 2, true],
    [1, 2, false],
    [3, 2, false],
    [6, 2, true],
  ])
})

test('batches larger than one read are read whole', async () => {
  const large = buildBatch({ records: [{ key: null, value: Buffer.alloc(3 << 20, 1), timestamp: 5 }] })
  const { disk, path } = await written({ batches: [data(1), large, data(1)] })
  assert.equal((await readAll(disk, path)).length, 5)
})

test('a snapshot with any byte turned or cut is refused', async () => {
  const { disk, path } = await written()
  const whole = (await disk.readAtomic(path))!
  for (let at = 0; at < whole.length; at++) {
    const damaged = Uint8Array.from(whole)
    damaged[at]! ^= 1 << (at % 8)
    // Offset and leader epoch lie outside the checksum, and nobody reads them here.
    const batchAt = [...batchStarts(whole)].filter((start) => start <= at).at(-1)!
    const unchecked = at - batchAt < 8 || (at - batchAt >= 12 && at - batchAt < 16)
    await disk.replaceAtomic(path, damaged)
    if (!unchecked) await assert.rejects(readAll(disk, path), `byte ${at}`)
    await disk.replaceAtomic(path, whole.subarray(0, at))
    await assert.rejects(readAll(disk, path), DamagedSnapshot, `cut at ${at}`)
  }
})

function* batchStarts(bytes: Uint8Array): Generator<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += 12 + view.getInt32(at + 8)) yield at
}

test('the newest is found by offset, what a crash left is removed, other files are left alone', async () => {
  const { disk } = await written()
  await writeSnapshot(disk, 'd', snapshot({ id: { endOffset: 100, epoch: 2 } }), NOW)
  for (const name of ['00000000000000000200-0000000002.checkpoint.part', '00000000000000000000.log'])
    await disk.replaceAtomic(`d/${name}`, Buffer.from('x'))
  assert.deepEqual(
    (await listSnapshots(disk, 'd')).map(({ endOffset, epoch }) => [endOffset, epoch]),
    [
      [7, 2],
      [100, 2],
    ],
  )
  await removeUnfinished(disk, 'd')
  assert.deepEqual(
    (await disk.list('d')).map(({ name }) => name).filter((name) => !name.endsWith('.checkpoint')),
    ['00000000000000000000.log'],
  )
})

test('formatting writes the empty checkpoint of kafka-storage, byte for byte but for the times, and only once', async () => {
  const disk = memoryDisk(1 << 20)
  const voters = [
    {
      id: 1,
      directoryId: 'Cc8TzkB4SVm3p3mJZcX0Kg',
      endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 20592 }],
      kraftVersions: KRAFT_VERSIONS,
    },
  ]
  assert.ok(await formatMetadata(disk, 'data', { voters, bootstrap: [data(6)], now: NOW }))
  const path = 'data/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint'
  const hex = Buffer.from((await disk.readAtomic(path))!).toString('hex')
  assert.equal(hex.length / 2, 241)
  // The last times of the log differ by some milliseconds in Apache's file, and with them the checksum.
  const kraft =
    '00001e00000208000000050a000000010000820100000408000000066e0000020000000109cf13ce40784959b7a7798965c5f42a020b434f4e54524f4c4c45520a3132372e302e302e315070000000000100000000'
  assert.ok(hex.includes(kraft))
  assert.equal((await readBootstrap(disk, 'data'))!.length, 1)
  assert.equal(await formatMetadata(disk, 'data', { voters, bootstrap: [], now: NOW + 1 }), false)
  assert.equal(Buffer.from((await disk.readAtomic(path))!).toString('hex'), hex)
})

test('a directory with a log but without checkpoints is not formatted', async () => {
  const disk = memoryDisk(1 << 20)
  await disk.mkdir('data/__cluster_metadata-0')
  await disk.replaceAtomic('data/__cluster_metadata-0/00000000000000000000.log', Buffer.from('x'))
  assert.equal(await formatMetadata(disk, 'data', { voters: [], bootstrap: [], now: NOW }), false)
  assert.equal(await readBootstrap(disk, 'data'), null)
})

test('a download that is given up holds no file open', async () => {
  const { disk, open } = slowDisk()
  await disk.mkdir('d')
  const download = new SnapshotDownload(disk, 'd')
  const piece = { id: { endOffset: 7, epoch: 2 }, position: 0, sizeInBytes: 100, bytes: new Uint8Array(60) }
  const adding = download.add(piece)
  await download.end()
  assert.equal(await adding, false)
  assert.deepEqual(open, [])
})
