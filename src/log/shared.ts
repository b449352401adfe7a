// What the logs of one directory share.

import type { Clock } from '../platform/clock.ts'
import type { Disk, DiskError } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { Slices } from '../platform/slices.ts'
import type { Flusher } from './flusher.ts'
import type { IndexCache } from './index-cache.ts'
import type { JoinedFlush } from './joined-flush.ts'
import type { OpenFiles } from './open-files.ts'
import type { TailBudget } from './tail.ts'

/** Where a start must begin to check, where readers may begin, how far logs are committed, and how far they are compacted. */
export type CheckpointKind = 'recoveryPoint' | 'startOffset' | 'highWatermark' | 'cleanedUpTo'

export interface Shared {
  readonly clock: Clock
  readonly disk: Disk
  readonly random: Random
  readonly logger: Logger
  readonly files: OpenFiles
  readonly indexes: IndexCache
  readonly tails: TailBudget
  readonly flusher: Flusher
  /** Of the directory's own names, those of its logs. */
  readonly entries: JoinedFlush
  readonly slices: Slices
  /** What a start finds is flushed before anybody sees it; else soon after. */
  readonly flushesFound: boolean
  readonly producerIdExpirationMs: number
  /** Why the directory is out of use; null while it serves. */
  readonly offline: DiskError | null
  /** The disk failed: the whole directory is out of use from here on. Anything but a DiskError is a defect of ours: it is told, and nothing else. */
  goOffline(why: unknown): void
  /** Runs `send` at the end of this turn of the event loop, with all others that asked. */
  sendSoon(send: () => void): void
  /** Runs `run` after `ms`, unless the directory is closed before. */
  later(ms: number, run: () => void): void
  /** Writes one of the directory's checkpoints, for all logs. */
  checkpoint(kind: CheckpointKind): Promise<void>
}

/** Work on the disk that nobody waits for: `failed` hears what stopped it. */
export function inBackground(work: Promise<unknown>, failed: (why: unknown) => void): void {
  work.catch(failed)
}

/** Writes a whole file anew and flushes it. A crash may leave half of it: only for files that are checked when they are read. */
export async function writeFile(disk: Disk, path: string, bytes: Uint8Array, flushed = true): Promise<void> {
  const file = await disk.open(path)
  try {
    if (file.size > 0) await file.truncate(0)
    if (bytes.length > 0) {
      await file.append([bytes])
      if (flushed) await file.flush()
    }
  } finally {
    await file.close()
  }
}

/** Flushes a file that was written and closed before. */
export async function flushFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'never')
  try {
    await file.flush()
  } finally {
    await file.close()
  }
}
