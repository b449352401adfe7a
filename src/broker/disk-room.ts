// Records are refused before a disk is full: what is left then serves the metadata, the offsets of groups and deletions, and readers go on.
// A write that the disk itself refuses would take the whole directory offline.

import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'

const MEASURE_EVERY_MS = 1000
/** While records are refused, room is looked for more often. */
const LOOK_EVERY_MS = 100
const RESERVE_MAX = 64 * 1024 * 1024
const RESERVE_PART = 1 / 20

/** What is asked of a LogDir. */
export interface Dir {
  readonly path: string
  /** Appended bytes that the disk does not know of yet. */
  readonly unwrittenBytes: number
}

/** The room in one log directory: measured now and then, and counted down with every batch in between. */
export class DiskRoom {
  readonly #dir: Dir
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  /** Unknown until it was measured. */
  #usable = Number.POSITIVE_INFINITY
  #reserve = 0
  #measuredAt = Number.NEGATIVE_INFINITY
  #takenSince = 0
  #isMeasuring = false
  #isFull = false

  constructor(dir: Dir, disk: Disk, clock: Clock, logger: Logger) {
    this.#dir = dir
    this.#disk = disk
    this.#clock = clock
    this.#logger = logger
    void this.#measure()
  }

  /** Takes room for `bytes` of records; throws KAFKA_STORAGE_ERROR, which clients try again, where too little is left. */
  take(bytes: number): void {
    const age = this.#clock.monotonic() - this.#measuredAt
    // Others write as well, compaction above all: what they take between two looks must stay below the reserve.
    const isMuchTaken = this.#reserve > 0 && this.#takenSince >= this.#reserve / 4
    if (isMuchTaken || age >= (this.#isFull ? LOOK_EVERY_MS : MEASURE_EVERY_MS)) void this.#measure()
    if (bytes > this.#usable - this.#reserve) throw this.#refusal(bytes)
    this.#usable -= bytes
    this.#takenSince += bytes
  }

  #refusal(bytes: number): KafkaError {
    const why = `${this.#dir.path} is full: ${Math.max(0, this.#usable)} bytes are left, of which ${this.#reserve} are kept for the broker itself`
    if (!this.#isFull) {
      this.#isFull = true
      this.#logger.error('the disk is full: records are refused and reads go on until there is room', {
        dir: this.#dir.path,
        usableBytes: Math.max(0, this.#usable),
        reservedBytes: this.#reserve,
        whatToDo: 'free some space, delete topics, or lower retention.bytes or retention.ms of topics; no restart is needed',
      })
    }
    return new KafkaError('KAFKA_STORAGE_ERROR', `${why}; a batch of ${bytes} bytes is refused`)
  }

  async #measure(): Promise<void> {
    if (this.#isMeasuring) return
    this.#isMeasuring = true
    this.#takenSince = 0
    const { path, unwrittenBytes } = this.#dir
    try {
      const { total, usable } = await this.#disk.space(path)
      this.#reserve = Math.min(RESERVE_MAX, Math.floor(total * RESERVE_PART))
      this.#usable = usable - unwrittenBytes - this.#takenSince
      if (this.#isFull && this.#usable > 2 * this.#reserve) {
        this.#isFull = false
        this.#logger.info('the disk has room again: records are taken', { dir: path, usableBytes: this.#usable })
      }
    } catch (thrown) {
      // Not knowing is no reason to refuse: if the disk is broken, the next write says so.
      this.#logger.debug('the room on a disk could not be measured', { dir: path, error: thrown })
    } finally {
      this.#measuredAt = this.#clock.monotonic()
      this.#isMeasuring = false
    }
  }
}
