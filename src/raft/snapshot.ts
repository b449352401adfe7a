// Checkpoints of a replicated log: `<endOffset>-<epoch>.checkpoint` holds everything that the log said below endOffset, as record batches
// between a header and a footer (KIP-630). What the batches mean is the business of those who write and read them.

import { MalformedBytes } from '../base/bytes.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk, File } from '../platform/disk.ts'
import { RecordBatch as Batch, batches, type RecordBatch } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { type ControlRecord, controlRecord, readControl } from '../protocol/records/control.ts'
import { type Voter, voterRecord } from './voters.ts'

/** What a snapshot stands for: all records below `endOffset`, the last of which was written in `epoch`. */
export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

const SUFFIX = '.checkpoint'
const UNFINISHED = `${SUFFIX}.part`
const NAME = /^(\d{20})-(\d{10})\.checkpoint$/
const READ_BYTES = 1 << 20

export function snapshotName({ endOffset, epoch }: SnapshotId): string {
  return `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}${SUFFIX}`
}

/** The finished snapshots in `dir`, oldest first; with how many bytes each has. */
export async function listSnapshots(disk: Disk, dir: string): Promise<(SnapshotId & { readonly sizeInBytes: number })[]> {
  const found = (await disk.list(dir)).flatMap(({ name, sizeInBytes }) => {
    const match = NAME.exec(name)
    return match ? [{ endOffset: Number(match[1]), epoch: Number(match[2]), sizeInBytes }] : []
  })
  return found.sort((one, other) => one.endOffset - other.endOffset || one.epoch - other.epoch)
}

/** Removes what a crash left of unfinished snapshots. */
export async function removeUnfinished(disk: Disk, dir: string): Promise<void> {
  for (const { name } of await disk.list(dir)) if (name.endsWith(UNFINISHED)) await disk.remove(`${dir}/${name}`)
}

/** Says that a snapshot cannot be believed, and which file it is. */
export class DamagedSnapshot extends Error {
  override readonly name = 'DamagedSnapshot'
}

/**
 * The batches of a snapshot in order, header and footer included; each is valid until the next one is asked for.
 * Throws DamagedSnapshot where a checksum fails, or where the footer is missing.
 */
export async function* readSnapshot(disk: Disk, path: string): AsyncGenerator<RecordBatch, void, undefined> {
  try {
    yield* batchesOf(disk, path)
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) throw damaged(path, thrown.message, thrown)
    throw thrown
  }
}

function damaged(path: string, what: string, cause?: unknown): DamagedSnapshot {
  return new DamagedSnapshot(`${path} is damaged: ${what}; restore it from a backup`, { cause })
}

async function* batchesOf(disk: Disk, path: string): AsyncGenerator<RecordBatch, void, undefined> {
  const file = await disk.open(path, 'never')
  try {
    let at = 0
    let length = READ_BYTES
    let last: RecordBatch | null = null
    while (at < file.size) {
      const bytes = await readAt(file, at, length)
      const before = at
      for (const batch of batches(bytes)) {
        if (batch.magic !== 2 || !batch.checksumMatches())
          throw damaged(path, `the checksum of the batch at byte ${at} does not match`)
        last = batch
        at += batch.sizeInBytes
        yield batch
      }
      if (at > before) length = READ_BYTES
      else if (length >= file.size) break
      else length *= 2
    }
    if (at !== file.size || !last || !isFooter(last)) throw damaged(path, `it ends at byte ${at} without a footer`)
  } finally {
    await file.close()
  }
}

async function readAt(file: File, at: number, length: number): Promise<Uint8Array> {
  const read = await file.read(at, length)
  const bytes = Buffer.concat(read.views)
  read.release()
  return bytes
}

function isFooter(batch: RecordBatch): boolean {
  if (!batch.isControl) return false
  for (const record of batch.records()) if (readControl(record)?.kind === 'snapshotFooter') return true
  return false
}

export interface NewSnapshot {
  readonly id: SnapshotId
  /** The timestamp of the last record that the snapshot stands for. */
  readonly lastTimestamp: number
  /** What follows the header in the first batch: the quorum's own version and voters. */
  readonly control: readonly ControlRecord[]
  /** Data batches as built; they get their offsets here. */
  readonly batches: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** Writes a snapshot beside its final place, flushes it, renames it; a crash leaves either all of it or only a `.part` file. */
export async function writeSnapshot(disk: Disk, dir: string, snapshot: NewSnapshot, now: number): Promise<void> {
  const path = `${dir}/${snapshotName(snapshot.id)}`
  await writeCheckpoint(disk, path, snapshot, now)
  await disk.flushDirectory(dir)
}

/** The same for a checkpoint of any name (`bootstrap.checkpoint`); the caller flushes the directory. */
export async function writeCheckpoint(disk: Disk, path: string, snapshot: NewSnapshot, now: number): Promise<void> {
  const part = `${path}.part`
  await disk.remove(part)
  const file = await disk.open(part, 'exclusive')
  try {
    await writeAll(file, snapshot, now)
    await file.flush()
  } finally {
    await file.close()
  }
  await disk.rename(part, path)
}

async function writeAll(file: File, { id, lastTimestamp, control, batches: data }: NewSnapshot, now: number): Promise<void> {
  let offset = 0
  const append = async (bytes: Uint8Array) => {
    const batch = new Batch(bytes)
    batch.assign(offset, id.epoch)
    offset = batch.nextOffset
    await file.append([bytes])
  }
  await append(controlBatch([{ kind: 'snapshotHeader', lastContainedLogTimestamp: lastTimestamp }, ...control], now))
  for await (const bytes of data) await append(bytes)
  await append(controlBatch([{ kind: 'snapshotFooter' }], now))
}

function controlBatch(records: readonly ControlRecord[], now: number): Uint8Array {
  return buildBatch({ records: records.map((record) => ({ ...controlRecord(record), timestamp: now })), isControl: true })
}

/** Where a snapshot is kept, and by which version and voters the quorum lived at its end. */
interface Keeper {
  readonly dir: string
  readonly kraftVersion: number
  readonly voters: readonly Voter[]
}

/** Writes a snapshot of a log, with what the log says of its quorum. */
export async function keepSnapshot(
  { disk, clock }: { readonly disk: Disk; readonly clock: Clock },
  { dir, kraftVersion, voters }: Keeper,
  snapshot: Omit<NewSnapshot, 'control'>,
): Promise<void> {
  const control: ControlRecord[] = [
    { kind: 'kraftVersion', kRaftVersion: kraftVersion },
    { kind: 'kraftVoters', voters: voters.map(voterRecord) },
  ]
  await writeSnapshot(disk, dir, { ...snapshot, control: kraftVersion > 0 ? control : [] }, clock.now())
}
