// One replica on its way from one log directory of this broker into another (KIP-113): a copy that catches up with the log, and then takes its place.

import { deferred } from '../base/deferred.ts'
import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import { copied } from '../log/log-read.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import type { Partition } from './partition.ts'
import type { ReplicationQuota } from './replication-quota.ts'
import { truncationOffset } from './truncation.ts'

export interface LogMoveOptions {
  readonly partition: Partition
  readonly from: LogDir
  readonly to: LogDir
  /** The copy, in `to`. */
  readonly future: Log
  readonly clock: Clock
  readonly logger: Logger
  /** Of all that are moved on this broker. */
  readonly quota: ReplicationQuota
  readonly rooms: MoveRooms
}

/** What a move needs of the rest of the broker. */
export interface MoveRooms {
  /** `replica.alter.log.dirs.io.max.bytes.per.second`, of all moves together. */
  readonly bytesPerSecond: () => number
  /** Resolves when the controller counts the replica to that directory (KIP-858). */
  readonly place: (partition: Partition, dir: LogDir) => Promise<void>
  /** It stays where it was after all: the controller may have to be told so. */
  readonly stays: (partition: Partition) => void
  /** Takes room on the directory's disk; throws KAFKA_STORAGE_ERROR where too little is left. */
  readonly takeRoom: (dir: LogDir, bytes: number) => void
}

/** What became of it: the copy took the log's place, or it is left as it is: to be taken up again, or removed, by whoever stopped it. */
export type MoveEnd = 'moved' | 'left'

const PIECE_BYTES = 1 << 20
const THROTTLED_MS = 100
const BUSY_MS = 20
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 10_000

export class LogMove {
  readonly #options: LogMoveOptions
  #isOver = false
  /** The controller counts the replica to where it goes, or was asked to. */
  isPlaced = false
  readonly #stopped = deferred<void>()
  readonly ended: Promise<MoveEnd>

  constructor(options: LogMoveOptions) {
    this.#options = options
    options.partition.onRetired(() => void this.stop())
    this.ended = this.#run()
  }

  get to(): LogDir {
    return this.#options.to
  }

  get future(): Log {
    return this.#options.future
  }

  /** Goes no further than what is under way; resolves when that is over. */
  stop(): Promise<MoveEnd> {
    this.#isOver = true
    this.#stopped.resolve()
    return this.ended
  }

  async #run(): Promise<MoveEnd> {
    const { partition, to, logger } = this.#options
    let retryMs = FIRST_RETRY_MS
    while (!this.#isOver && !to.offline) {
      try {
        const outcome = await this.#step()
        if (outcome === 'moved') return 'moved'
        if (typeof outcome === 'number') await this.#pause(outcome)
        retryMs = FIRST_RETRY_MS
      } catch (thrown) {
        if (this.#isOver) break
        logger.warn('a replica could not be moved on; it is tried again', {
          partition: partition.name,
          to: to.path,
          error: thrown,
        })
        await this.#pause(retryMs)
        retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)
      }
    }
    return 'left'
  }

  /** A number: that long there is nothing to do. */
  async #step(): Promise<'moved' | 'on' | number> {
    const { partition, quota, future, rooms, to } = this.#options
    if (partition.busy || partition.isOver) return BUSY_MS
    const { log } = partition
    future.updateConfig(log.config)
    await this.#keepWith(log)
    const { endOffset } = log
    if (future.endOffset < endOffset) {
      if (quota.mustWait(partition, false)) return THROTTLED_MS
      await this.#copy(log)
    }
    // What came while the last piece was copied follows when nothing more can come.
    if (future.endOffset < endOffset) return 'on'
    if (!this.isPlaced) {
      this.isPlaced = true
      await Promise.race([rooms.place(partition, to), this.#stopped.promise]) // a controller may be long in coming
      return 'on'
    }
    if (partition.busy || partition.isOver || this.#isOver) return BUSY_MS
    return this.#exchange()
  }

  /** What was cut off the log, or deleted from it, goes from the copy as well. */
  async #keepWith(log: Log): Promise<void> {
    const { future } = this.#options
    if (future.lastEpoch >= 0) {
      const parting = log.endOffsetForEpoch(future.lastEpoch)
      if (parting.epoch < future.lastEpoch || parting.endOffset < future.endOffset)
        await future.truncate(parting.epoch < 0 ? log.startOffset : truncationOffset(future, parting))
    }
    if (future.endOffset < log.startOffset || future.endOffset > log.endOffset) await future.truncateFully(log.startOffset)
    else if (future.startOffset < log.startOffset) await future.deleteBefore(log.startOffset)
    if (log.highWatermark > future.highWatermark) future.highWatermark = Math.min(log.highWatermark, future.endOffset)
  }

  /** One piece, kept on the device of the other directory; gives its size. */
  async #copy(log: Log): Promise<number> {
    const { future, partition, quota, rooms, to } = this.#options
    const bytes = await copied(log.read(future.endOffset, PIECE_BYTES, log.endOffset, true))
    if (bytes.length === 0) return 0
    rooms.takeRoom(to, bytes.length)
    const [first] = batches(bytes)
    // The log starts inside of a batch, which is taken whole.
    if (first && first.baseOffset < future.endOffset) await future.truncateFully(first.baseOffset)
    const before = future.endOffset
    future.appendAsFollower(bytes)
    if (future.endOffset === before)
      throw new KafkaError('CORRUPT_MESSAGE', `no whole batch could be read of ${partition.name} at ${before}`)
    quota.count(partition, bytes.length, false)
    await future.flushed()
    return bytes.length
  }

  async #exchange(): Promise<'moved'> {
    const { partition, from, to, future, logger } = this.#options
    await partition.exchange(async (log) => {
      await this.#keepWith(log)
      while (future.endOffset < log.endOffset) if ((await this.#copy(log)) === 0) break
      if (future.endOffset !== log.endOffset) throw new KafkaError('UNKNOWN_SERVER_ERROR', `the copy ends at ${future.endOffset}`)
      await this.#keepWith(log)
      await future.flushed()
      const aside = await from.setAside(log)
      try {
        const moved = await to.promote(future)
        from.removeAside(log, aside)
        return moved
      } catch (thrown) {
        logger.error('a replica stays where it was', { partition: partition.name, from: from.path, to: to.path, error: thrown })
        this.#isOver = true
        return this.#back(log, aside)
      }
    })
    if (this.#isOver && partition.log !== to.logs.get(partition.name))
      throw new KafkaError('KAFKA_STORAGE_ERROR', 'it was not moved')
    logger.info('a replica was moved', {
      partition: partition.name,
      from: from.path,
      to: to.path,
      endOffset: partition.endOffset,
    })
    return 'moved'
  }

  async #back(log: Log, aside: string): Promise<Log> {
    const { from, partition } = this.#options
    try {
      return await from.takeBack(log, aside)
    } catch (thrown) {
      // Both disks failed at once. The next start finds one of the two again.
      partition.retire(KafkaError.of(thrown))
      return log
    }
  }

  async #pause(ms: number): Promise<void> {
    const over = deferred<void>()
    const timer = this.#options.clock.after(ms, () => over.resolve())
    await Promise.race([over.promise, this.#stopped.promise])
    timer.cancel()
  }
}
