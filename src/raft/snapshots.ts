// The snapshots beside the metadata log: which of them a start can believe, and which are old enough to go with the log below them.

import type { Log } from '../log/log.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { readControl } from '../protocol/records/control.ts'
import { DamagedSnapshot, listSnapshots, readSnapshot, removeUnfinished, type SnapshotId, snapshotName } from './snapshot.ts'

/** What a snapshot that cannot be believed is called from then on: nobody reads it, and nobody removes it. */
const DAMAGED = '.damaged'

export interface SnapshotFile extends SnapshotId {
  readonly sizeInBytes: number
}

export interface SnapshotRooms {
  readonly platform: { readonly clock: Clock; readonly disk: Disk; readonly logger: Logger }
  readonly log: Log
}

/** When what no start needs may go: both as Kafka has them, asked each time, negative for never. */
export interface MetadataRetention {
  /** metadata.max.retention.bytes: of log and snapshots together. */
  readonly bytes: () => number
  /** metadata.max.retention.ms: since the last record that a snapshot holds was written. */
  readonly ms: () => number
}

export class Snapshots {
  readonly #rooms: SnapshotRooms
  /** Oldest first. */
  #all: readonly SnapshotFile[]

  /**
   * Finds what a crash left and looks through the newest snapshot; should it be damaged, the one before it takes its place where the log still has what
   * follows that one. Throws, with the file and the way out, where it has not.
   */
  static async open(rooms: SnapshotRooms): Promise<Snapshots> {
    const { platform, log } = rooms
    await removeUnfinished(platform.disk, log.dir)
    const found = await listSnapshots(platform.disk, log.dir)
    const damaged: { readonly file: SnapshotFile; readonly why: DamagedSnapshot }[] = []
    while (found.length > 0) {
      const file = found.at(-1)!
      const why = await damageOf(rooms, file)
      if (!why) break
      damaged.push({ file, why })
      found.pop()
    }
    const [newest] = damaged
    if (newest) {
      requireWithout(rooms, newest, found.at(-1) ?? null)
      for (const { file, why } of damaged) await setAside(rooms, file, why)
    }
    return new Snapshots(rooms, found)
  }

  private constructor(rooms: SnapshotRooms, found: readonly SnapshotFile[]) {
    this.#rooms = rooms
    this.#all = found
  }

  /** Oldest first. */
  get all(): readonly SnapshotFile[] {
    return this.#all
  }

  get newest(): SnapshotFile | null {
    return this.#all.at(-1) ?? null
  }

  /** A new one was written, or some are gone. */
  async look(): Promise<void> {
    const { platform, log } = this.#rooms
    this.#all = await listSnapshots(platform.disk, log.dir)
  }

  /** Removes the oldest snapshots, and the log below the next one of each, while the rules say so. The newest one always stays. */
  async clean({ bytes, ms }: MetadataRetention): Promise<void> {
    const { platform, log } = this.#rooms
    for (;;) {
      const [oldest, next] = this.#all
      if (!oldest || !next) return
      const isTooLarge = bytes() >= 0 && this.#sizeInBytes > bytes()
      if (!isTooLarge && !(ms() >= 0 && (await this.#ageOfOldest()) > ms())) return
      await log.deleteBefore(next.endOffset)
      await log.applyRetention(platform.clock.now())
      await platform.disk.remove(`${log.dir}/${snapshotName(oldest)}`)
      this.#all = this.#all.slice(1)
    }
  }

  get #sizeInBytes(): number {
    return this.#all.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, this.#rooms.log.sizeInBytes)
  }

  /** One that was never needed as a fallback may be damaged: it is as old as the next one that can be read, at least. */
  async #ageOfOldest(): Promise<number> {
    for (const snapshot of this.#all) {
      const age = await this.#ageOf(snapshot)
      if (age !== null) return age
    }
    return Number.NEGATIVE_INFINITY
  }

  /** Since the last record in it was written; null where the snapshot does not say. */
  async #ageOf(snapshot: SnapshotFile): Promise<number | null> {
    const { platform, log } = this.#rooms
    try {
      for await (const batch of readSnapshot(platform.disk, `${log.dir}/${snapshotName(snapshot)}`)) {
        for (const record of batch.records()) {
          const control = readControl(record)
          if (control?.kind === 'snapshotHeader') return platform.clock.now() - control.lastContainedLogTimestamp
        }
        break
      }
    } catch (thrown) {
      if (!(thrown instanceof DamagedSnapshot)) throw thrown
      platform.logger.warn('an older snapshot of the metadata is damaged; a newer one is in use', { why: thrown.message })
    }
    return null
  }
}

async function damageOf({ platform, log }: SnapshotRooms, file: SnapshotFile): Promise<DamagedSnapshot | null> {
  try {
    const batches = readSnapshot(platform.disk, `${log.dir}/${snapshotName(file)}`)
    while (!(await batches.next()).done);
    return null
  } catch (thrown) {
    if (thrown instanceof DamagedSnapshot) return thrown
    throw thrown
  }
}

/** Log and older snapshot have to hold everything that the damaged one held. */
function requireWithout(
  { log }: SnapshotRooms,
  newest: { file: SnapshotFile; why: DamagedSnapshot },
  older: SnapshotFile | null,
): void {
  const from = older?.endOffset ?? 0
  if (log.startOffset <= from && log.endOffset >= newest.file.endOffset) return
  throw new Error(
    `${newest.why.message}. The log cannot stand in for it: it has offsets ${log.startOffset} to ${log.endOffset}, and ${from} to ${newest.file.endOffset} are needed`,
    { cause: newest.why },
  )
}

async function setAside({ platform, log }: SnapshotRooms, file: SnapshotFile, why: DamagedSnapshot): Promise<void> {
  const path = `${log.dir}/${snapshotName(file)}`
  platform.logger.error('a snapshot of the metadata is damaged and put aside; an older one and the log say the same', {
    file: `${path}${DAMAGED}`,
    why: why.message,
  })
  await platform.disk.rename(path, `${path}${DAMAGED}`)
  await platform.disk.flushDirectory(log.dir)
}
