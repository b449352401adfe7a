// A log directory on a disk in memory: opened, crashed and opened again within one test.

import type { Log } from '../../src/log/log.ts'
import type { LogConfig } from '../../src/log/log-config.ts'
import { LogDir, type LogDirOptions } from '../../src/log/log-dir.ts'
import type { Disk } from '../../src/platform/disk.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { memoryDisk } from '../../src/platform/memory/disk.ts'
import type { Random } from '../../src/platform/random.ts'
import { batches, RecordBatch } from '../../src/protocol/records/batch.ts'
import { buildBatch, type NewBatch } from '../../src/protocol/records/builder.ts'
import { controlRecord } from '../../src/protocol/records/control.ts'
import { ManualClock } from './manual-clock.ts'

export const TOPIC_ID = 'k6ScLyXeQBGm2DaBTOPICw'
const MAX_LONG = 2 ** 63

export function logConfig(changes: Partial<LogConfig> = {}): LogConfig {
  return {
    'cleanup.policy': ['delete'],
    'compression.gzip.level': -1,
    'compression.lz4.level': 9,
    'compression.type': 'producer',
    'compression.zstd.level': 3,
    'delete.retention.ms': 86_400_000,
    'file.delete.delay.ms': 60_000,
    'flush.messages': MAX_LONG,
    'flush.ms': MAX_LONG,
    'index.interval.bytes': 4096,
    'internal.segment.bytes': null,
    'max.compaction.lag.ms': MAX_LONG,
    'max.message.bytes': 1_048_588,
    'message.timestamp.after.max.ms': 3_600_000,
    'message.timestamp.before.max.ms': MAX_LONG,
    'message.timestamp.type': 'CreateTime',
    'min.cleanable.dirty.ratio': 0.5,
    'min.compaction.lag.ms': 0,
    'min.insync.replicas': 1,
    'retention.bytes': -1,
    'retention.ms': 604_800_000,
    'segment.bytes': 1_073_741_824,
    'segment.index.bytes': 10_485_760,
    'segment.jitter.ms': 0,
    'segment.ms': 604_800_000,
    ...changes,
  }
}

/** The same numbers for the same seed. */
export function seededRandom(seed = 1): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  return { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) }
}

export class LogWorld {
  readonly clock = new ManualClock()
  readonly random = seededRandom()
  readonly logger = silentLogger
  readonly path = '/data'
  disk: Disk
  config: LogConfig

  constructor(config: LogConfig = logConfig(), disk: Disk = memoryDisk(256 * 1024 * 1024)) {
    this.config = config
    this.disk = disk
  }

  open(options: Partial<LogDirOptions> = {}): Promise<LogDir> {
    return LogDir.open(this, this.path, { nodeId: 1, clusterId: null, config: this.config, ...options })
  }

  /** The process is gone: what the disk has by now is all there is. */
  async crash(): Promise<void> {
    this.disk = await copyOfDisk(this.disk, this.path)
  }
}

/** A disk with the same files, and no locks. */
export async function copyOfDisk(disk: Disk, dir: string, to: Disk = memoryDisk(256 * 1024 * 1024)): Promise<Disk> {
  await to.mkdir(dir)
  for (const { name, isDirectory } of await disk.list(dir)) {
    const path = `${dir}/${name}`
    if (isDirectory) await copyOfDisk(disk, path, to)
    else {
      const file = await to.open(path, 'exclusive')
      const bytes = (await disk.readAtomic(path))!
      if (bytes.length > 0) await file.append([bytes])
      await file.close()
    }
  }
  return to
}

/** A batch whose records have the given values, with keys where told. */
export function batchOf(
  values: readonly (string | null)[],
  fields: Omit<NewBatch, 'records'> & { timestamp?: number; key?: string } = {},
): RecordBatch {
  const { timestamp = 1000, key, ...rest } = fields
  const records = values.map((value) => ({
    key: key === undefined ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp,
  }))
  return new RecordBatch(buildBatch({ records, ...rest }))
}

export function marker(
  producerId: number,
  producerEpoch: number,
  committed: boolean,
  coordinatorEpoch = 0,
  timestamp = 1000,
): RecordBatch {
  const records = [{ ...controlRecord({ kind: committed ? 'commit' : 'abort', coordinatorEpoch }), timestamp }]
  return new RecordBatch(buildBatch({ records, producerId, producerEpoch, isTransactional: true, isControl: true }))
}

export interface SeenRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** Every record from `from` on, read as a consumer does: whole batches, read after read. */
export async function readAll(log: Log, from = log.startOffset, maxBytes = 1 << 20): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = []
  for (let next = from; next < log.endOffset; ) {
    const read = await log.read(next, maxBytes, log.endOffset)
    const before = next
    const bytes = Buffer.concat(read.views)
    read.release()
    for (const batch of batches(bytes)) {
      next = batch.nextOffset
      if (batch.isControl) continue
      for (const { offset, key, value } of batch.records()) {
        if (offset >= from)
          seen.push({ offset, key: key && Buffer.from(key).toString(), value: value && Buffer.from(value).toString() })
      }
    }
    if (next === before) break // compaction left nothing behind this offset
  }
  return seen
}

export function valuesOf(records: readonly SeenRecord[]): (string | null)[] {
  return records.map(({ value }) => value)
}

/** Lets everything that is ready now run. */
export async function settle(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise(setImmediate)
}
