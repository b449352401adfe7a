// Looks through all that lies on disk, little by little, for what the disk has spoiled: log.scrub.bytes.per.second and log.scrub.interval.ms.

import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import type { LogScrub } from '../log/scrub.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { Chore } from './chores.ts'
import { Troubles } from './troubles.ts'

export interface ScrubRooms {
  readonly dirs: readonly LogDir[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Asked at each turn, since configurations change. 0: nothing is looked at. */
  readonly bytesPerSecond: () => number
  /** From the beginning of one pass to that of the next, at least. */
  readonly intervalMs: () => number
}

/** Between two turns of a pass: each takes its share of a second's bytes. */
const TURN_MS = 250
/** Between two passes, and while it is turned off: how often the configuration is asked. */
const LOOK_MS = 10_000

interface Under {
  readonly dir: LogDir
  readonly log: Log
  readonly scrub: LogScrub
}

class Scrubber {
  readonly #rooms: ScrubRooms
  readonly #troubles: Troubles<Log>
  #passBeganAt = Number.NEGATIVE_INFINITY
  #turnAt = 0
  /** Logs that the pass has not come to; null between two passes. */
  #ahead: Generator<Under, void, undefined> | null = null
  #under: Under | null = null
  /** How many bytes may be looked at; below zero after a batch that was larger than what was left. */
  #credit = 0

  constructor(rooms: ScrubRooms) {
    this.#rooms = rooms
    this.#troubles = new Troubles(rooms.logger, 'looking for damage')
  }

  everyMs(): number {
    return this.#ahead && this.#rooms.bytesPerSecond() > 0 ? TURN_MS : LOOK_MS
  }

  async run(mustStop: () => boolean): Promise<void> {
    const { clock, bytesPerSecond, intervalMs } = this.#rooms
    const now = clock.monotonic()
    const rate = bytesPerSecond()
    this.#credit = Math.min(this.#credit + (rate * Math.min(now - this.#turnAt, 1000)) / 1000, rate)
    this.#turnAt = now
    if (!this.#ahead && now - this.#passBeganAt >= intervalMs() && rate > 0) {
      this.#passBeganAt = now
      this.#ahead = this.#all()
    }
    while (this.#ahead && this.#credit > 0 && rate > 0 && !mustStop()) await this.#step()
  }

  async #step(): Promise<void> {
    this.#under ??= this.#ahead?.next().value ?? null
    const under = this.#under
    if (!under) {
      this.#ahead = null
      return
    }
    const { dir, log, scrub } = under
    let bytes = 0
    // A topic may be deleted, or a disk fail, while we are at it.
    const matters = () => !dir.offline && dir.logs.get(`${log.topic}-${log.partition}`) === log
    if (matters())
      await this.#troubles.guard(log, { name: log.dir, matters }, async () => {
        bytes = await scrub.step()
      })
    this.#credit -= bytes
    if (bytes === 0) this.#under = null
  }

  // From any of them on: where every start begins at the same one, a broker that starts often never comes to the last.
  *#all(): Generator<Under, void, undefined> {
    const { dirs, random } = this.#rooms
    const all = dirs.flatMap((dir) => [...dir.logs.values()].map((log) => ({ dir, log })))
    const first = Math.floor(random.next() * all.length)
    for (let i = 0; i < all.length; i++) {
      const { dir, log } = all[(first + i) % all.length]!
      yield { dir, log, scrub: log.scrub() }
    }
  }
}

export function scrubChore(rooms: ScrubRooms): Chore {
  const scrubber = new Scrubber(rooms)
  return {
    name: 'the look for damage on disk',
    everyMs: () => scrubber.everyMs(),
    run: (_now, mustStop) => scrubber.run(mustStop),
  }
}
