// All replicas of this broker that are on their way from one log directory into another, and where those shall go that are not here yet.

import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { LogMove, type MoveRooms } from './log-move.ts'
import type { Partition } from './partition.ts'
import { type QuotaWindows, ReplicationQuota } from './replication-quota.ts'

export interface LogMovesOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly localId: number
  /** Missing: nothing is throttled, and nobody has to be told. */
  readonly rooms?: MoveRooms
  readonly windows?: QuotaWindows
  /** The log lies there from now on. */
  readonly onMoved: (partition: Partition, to: LogDir) => void
}

const ALONE: MoveRooms = {
  bytesPerSecond: () => Number.POSITIVE_INFINITY,
  place: () => Promise.resolve(),
  stays() {},
  takeRoom() {},
}
/** Wishes for replicas that may never come. */
const MOST_WISHES = 10_000

interface UnderWay {
  readonly move: LogMove
  /** It is over, and everybody knows. */
  readonly done: Promise<void>
}

export class LogMoves {
  readonly #options: LogMovesOptions
  readonly #quota: ReplicationQuota
  readonly #underWay = new Map<Partition, UnderWay>()
  readonly #wishes = new Map<string, LogDir>()
  #isStopped = false

  constructor(options: LogMovesOptions) {
    this.#options = options
    const { rooms = ALONE, localId, clock, windows } = options
    const rules = { throttledReplicas: () => ['*'], bytesPerSecond: rooms.bytesPerSecond }
    this.#quota = new ReplicationQuota(rules, localId, clock, windows)
  }

  /** Begins, or takes up again. */
  begin(partition: Partition, from: LogDir, to: LogDir, future: Log): void {
    if (this.#isStopped) return
    const { clock, logger, rooms = ALONE, onMoved } = this.#options
    const move = new LogMove({ partition, from, to, future, clock, logger, quota: this.#quota, rooms })
    const done = move.ended.then((end) => {
      this.#underWay.delete(partition)
      if (end === 'moved') onMoved(partition, to)
      else if (move.isPlaced) rooms.stays(partition)
    })
    this.#underWay.set(partition, { move, done })
  }

  of(partition: Partition): LogMove | undefined {
    return this.#underWay.get(partition)?.move
  }

  /** The replica goes nowhere any more, and what was copied is removed; resolves when it stands still. It may have arrived by then. */
  async abandon(partition: Partition): Promise<void> {
    const underWay = this.#underWay.get(partition)
    if (!underWay) return
    const { move, done } = underWay
    const end = await move.stop()
    await done
    const { to, future } = move
    if (end === 'moved' || to.offline || to.futures.get(partition.name) !== future) return
    try {
      await to.deleteLog(future)
    } catch (thrown) {
      this.#options.logger.error('the copy of a log could not be removed', { log: future.dir, error: thrown })
    }
  }

  /** Nothing is moved any further; resolves when all stands still. The next start takes it up again. */
  async stop(): Promise<void> {
    this.#isStopped = true
    const all = [...this.#underWay.values()]
    await Promise.all(all.map(({ move }) => move.stop()))
    await Promise.all(all.map(({ done }) => done))
  }

  // ---- those that are not here yet

  /** Where the replica shall be made if it ever comes. */
  wish(name: string, dir: LogDir): void {
    this.#wishes.delete(name)
    this.#wishes.set(name, dir)
    const [oldest] = this.#wishes.keys()
    if (this.#wishes.size > MOST_WISHES && oldest !== undefined) this.#wishes.delete(oldest)
  }

  /** Null where nobody said it. It is said once. */
  takeWish(name: string): LogDir | null {
    const dir = this.#wishes.get(name) ?? null
    this.#wishes.delete(name)
    return dir
  }
}
