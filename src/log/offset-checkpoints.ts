// The checkpoints of a log directory: one small file per kind, with a line for every partition.

import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import type { Slices } from '../platform/slices.ts'
import { partitionDir } from './file-names.ts'
import type { Log } from './log.ts'
import type { Checkpointed } from './recovery.ts'
import type { CheckpointKind } from './shared.ts'
import { checkpointText, DamagedFile, offsetLine, parseOffsetCheckpoint, readText } from './text-files.ts'

export const checkpointFiles = {
  recoveryPoint: 'recovery-point-offset-checkpoint',
  startOffset: 'log-start-offset-checkpoint',
  highWatermark: 'replication-offset-checkpoint',
  cleanedUpTo: 'cleaner-offset-checkpoint',
} as const satisfies { [kind in CheckpointKind]: string }

/** Apache Kafka looks after this log by other means and checks all of it at every start; it is in none of the checkpoints. */
export const METADATA_TOPIC = '__cluster_metadata'
/** Among so many logs one looks at the clock. */
const LOOK_AT_CLOCK = 64

const offsetOf: { readonly [kind in CheckpointKind]: (log: Log) => number | null } = {
  recoveryPoint: (log) => log.recoveryPoint,
  // As Apache does: a start that the first segment's name tells as well is left out.
  startOffset: (log) => (log.comingStartOffset > 0 ? log.comingStartOffset : null),
  // All below the start is committed; so a start that lies behind this, on the device, is a wrong number.
  highWatermark: (log) => Math.max(log.highWatermark, log.comingStartOffset),
  cleanedUpTo: (log) => log.cleanedUpTo,
}

/** What the four files say, by the name of the partition's directory. A damaged one says nothing: its logs are checked from the start. */
export class OffsetCheckpoints {
  readonly #disk: Disk
  readonly #dir: string
  readonly #logger: Logger
  readonly #known = new Map<CheckpointKind, Map<string, number>>()
  readonly #written = new Map<CheckpointKind, string>()
  #highWatermarks: Promise<void> = Promise.resolve()

  constructor(disk: Disk, dir: string, logger: Logger) {
    this.#disk = disk
    this.#dir = dir
    this.#logger = logger
  }

  #pathOf(kind: CheckpointKind): string {
    return `${this.#dir}/${checkpointFiles[kind]}`
  }

  async load(): Promise<void> {
    for (const kind of Object.keys(checkpointFiles) as CheckpointKind[]) this.#known.set(kind, await this.#read(kind))
  }

  async #read(kind: CheckpointKind): Promise<Map<string, number>> {
    const path = this.#pathOf(kind)
    try {
      const text = await readText(this.#disk, path)
      const offsets = text === null ? [] : parseOffsetCheckpoint(path, text)
      return new Map(offsets.map(({ topic, partition, offset }) => [partitionDir(topic, partition), offset]))
    } catch (thrown) {
      if (!(thrown instanceof DamagedFile)) throw thrown
      this.#logger.warn('a checkpoint is left out; the logs are checked from their start instead', { why: thrown.message })
      return new Map()
    }
  }

  of(name: string): Checkpointed {
    const offset = (kind: CheckpointKind) => this.#known.get(kind)?.get(name)
    return {
      recoveryPoint: offset('recoveryPoint') ?? 0,
      startOffset: offset('startOffset') ?? 0,
      highWatermark: offset('highWatermark') ?? 0,
      cleanedUpTo: offset('cleanedUpTo') ?? null,
      isListed: offset('recoveryPoint') !== undefined,
    }
  }

  /** Writes one file anew, flushed, unless it would say what it says already. In time slices: there may be ten thousand logs. */
  write(kind: CheckpointKind, logs: Iterable<Log>, slices: Slices): Promise<void> {
    if (kind !== 'highWatermark') return this.#write(kind, logs, slices)
    // The other two ask for this one, too: one after the other, else an older text could take the place of a newer one.
    const writing = this.#highWatermarks.then(() => this.#write(kind, logs, slices))
    this.#highWatermarks = writing.catch(() => {}) // whoever asked for that one hears of it
    return writing
  }

  async #write(kind: CheckpointKind, logs: Iterable<Log>, slices: Slices): Promise<void> {
    const lines: string[] = []
    const all = [...logs]
    let count = 0
    for (const log of all) {
      const offset = isCheckpointed(log) ? offsetOf[kind](log) : null
      if (offset !== null) lines.push(offsetLine(log.topic, log.partition, offset))
      if (++count % LOOK_AT_CLOCK === 0) await slices.rest()
    }
    const text = checkpointText(lines)
    if (this.#written.get(kind) === text) return
    if (kind === 'recoveryPoint') await this.#writeWhatItNeeds(all, slices)
    if (kind === 'startOffset') await this.write('highWatermark', all, slices)
    await this.#disk.replaceAtomic(this.#pathOf(kind), Buffer.from(text))
    this.#written.set(kind, text)
  }

  // A start looks for epochs behind the recovery point alone, and takes for flushed and committed what the high watermark vouches for, too.
  async #writeWhatItNeeds(logs: readonly Log[], slices: Slices): Promise<void> {
    await saveEpochs(logs, slices)
    await this.write('highWatermark', logs, slices)
  }
}

async function saveEpochs(logs: readonly Log[], slices: Slices): Promise<void> {
  for (const log of logs) {
    await slices.rest()
    await log.saveEpochs()
  }
}

function isCheckpointed({ topic }: Log): boolean {
  return topic !== METADATA_TOPIC
}
