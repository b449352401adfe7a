// One partition that follows a leader in one leader epoch: what it asks for next, and what becomes of each answer.

import type { Log } from '../log/log.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import type { FetchResponse } from '../protocol/messages/fetch.ts'
import { batches } from '../protocol/records/batch.ts'
import type { Item } from '../protocol/schema.ts'
import { keyOf, type Position } from './fetch-session.ts'
import type { Partition } from './partition.ts'
import { truncationOffset } from './truncation.ts'

export type PartitionData = Item<Item<FetchResponse['responses']>['partitions']>

/** Where the leader's log begins and ends. */
export interface LeaderOffsets {
  readonly startOffset: number
  readonly endOffset: number
}

/** What came of an answer: `moved` asks on at once, `wait` after a rest, `over` not at all. */
export type Taken = 'moved' | 'wait' | 'over'

/** The first rest after an error that the next metadata will mend; each one after it is twice as long, up to `replica.fetch.backoff.ms`. */
const FIRST_REST_MS = 20
/** The leader's metadata, or ours, is behind: this is over as soon as both know the same. */
const METADATA_IS_BEHIND: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INCONSISTENT_TOPIC_ID',
])

export class Follower {
  readonly partition: Partition
  readonly leaderId: number
  readonly leaderEpoch: number
  /** Its name in a session. */
  readonly key: string
  readonly #clock: Clock
  readonly #logger: Logger
  /** Until then (monotonic) it asks for nothing. */
  restsUntil = 0
  /**
   * Records that it took are on their way to the device: until they are there, it must not say by a fetch that it has them. Or its log is busy, and
   * could not take what the leader gives.
   */
  isWaiting = false
  /** What it asks for may have changed: it is looked at before the next request. */
  isRestless = false
  /** Nobody wants it to follow any more. */
  isOver = false
  #failures = 0

  constructor(partition: Partition, leaderId: number, leaderEpoch: number, clock: Clock, logger: Logger) {
    this.partition = partition
    this.leaderId = leaderId
    this.leaderEpoch = leaderEpoch
    this.key = keyOf(partition)
    this.#clock = clock
    this.#logger = logger
  }

  get isInSync(): boolean {
    const { role, localId } = this.partition
    return role.isr.includes(localId)
  }

  /** Whether it counts as having everything committed: it might be asked to lead. */
  get #mayLead(): boolean {
    const { role, localId } = this.partition
    return this.isInSync || role.elr?.includes(localId) === true
  }

  mayAsk(now: number): boolean {
    return !this.isOver && !this.isWaiting && this.restsUntil <= now
  }

  /** What it asks for next. A damaged copy asks for what it must have anew. */
  position(maxBytes: number): Position {
    const { partition, leaderEpoch } = this
    const { log, topic, topicId, index } = partition
    const damage = log.damage
    return {
      topic,
      topicId,
      index,
      fetchOffset: damage ? damage.startOffset : log.endOffset,
      currentLeaderEpoch: leaderEpoch,
      lastFetchedEpoch: damage ? -1 : log.lastEpoch,
      logStartOffset: log.startOffset,
      maxBytes,
    }
  }

  /** Rests as long as `backoffMs` says, or shorter at first where the metadata mends it. */
  rest(backoffMs: number, error = ''): 'wait' {
    const ms = METADATA_IS_BEHIND.has(error) ? Math.min(backoffMs, FIRST_REST_MS * 2 ** Math.min(this.#failures, 20)) : backoffMs
    this.#failures++
    this.restsUntil = this.#clock.monotonic() + ms
    return 'wait'
  }

  /**
   * Takes what the leader answered to a fetch at `asked`. A failure of the own disk says so by the partition's retirement; anything else that is
   * thrown is a defect.
   */
  async take(
    data: PartitionData,
    asked: Position,
    backoffMs: number,
    leaderOffsets: () => Promise<LeaderOffsets>,
  ): Promise<Taken> {
    try {
      const taken = await this.#take(data, asked, backoffMs, leaderOffsets)
      if (taken === 'moved') this.#failures = 0
      return taken
    } catch (thrown) {
      if (this.isOver) return 'over'
      const error = KafkaError.of(thrown)
      // Another leader, or epoch, or none: whoever decided that tells us what to do.
      if (error.error === 'FENCED_LEADER_EPOCH') return 'over'
      this.#logger.warn('a follower could not take what its leader sent', {
        partition: this.partition.name,
        leader: this.leaderId,
        error,
      })
      return this.rest(backoffMs, error.error)
    }
  }

  async #take(
    data: PartitionData,
    asked: Position,
    backoffMs: number,
    leaderOffsets: () => Promise<LeaderOffsets>,
  ): Promise<Taken> {
    const { partition } = this
    const { log } = partition
    if (this.isOver) return 'over'
    if (partition.busy) return 'moved' // into another log directory, or still being cut for the leader before: it is asked for again
    if (asked.currentLeaderEpoch !== this.leaderEpoch) return 'moved' // another one asked, in an earlier epoch of the same leader
    if (log.damage) return this.#mend(log, asked, backoffMs)
    if (asked.fetchOffset !== log.endOffset) return 'moved' // cut meanwhile: the answer belongs to another place
    if (data.errorCode !== 0) return this.#refused(new KafkaError(errorName(data.errorCode)), backoffMs, leaderOffsets)
    const { divergingEpoch, records, highWatermark, logStartOffset } = data
    if (divergingEpoch.epoch >= 0 || divergingEpoch.endOffset >= 0) return this.#truncate(truncationOffset(log, divergingEpoch))
    if (records && records.length > 0) {
      await this.#beginEarlier(records)
      if (this.isOver) return 'over'
      const before = log.endOffset
      partition.takeRoom(records.length)
      partition.appendAsFollower(records, this.leaderEpoch)
      if (log.endOffset === before) throw new KafkaError('CORRUPT_MESSAGE', `no whole batch came for offset ${before}`)
    }
    partition.followHighWatermark(highWatermark)
    await this.#followStart(logStartOffset)
    return 'moved'
  }

  #refused(error: KafkaError, backoffMs: number, leaderOffsets: () => Promise<LeaderOffsets>): Promise<Taken> | Taken {
    const { name } = this.partition
    if (error.error === 'OFFSET_OUT_OF_RANGE') return this.#findPlace(leaderOffsets)
    if (error.error === 'FENCED_LEADER_EPOCH') return 'over'
    const facts = { partition: name, leader: this.leaderId, leaderEpoch: this.leaderEpoch, error }
    if (METADATA_IS_BEHIND.has(error.error)) this.#logger.debug('a leader does not answer a follower yet', facts)
    else this.#logger.warn('a leader refused a follower', facts)
    return this.rest(backoffMs, error.error)
  }

  async #truncate(offset: number): Promise<Taken> {
    const { name, log } = this.partition
    this.#logger.info('a follower cuts off what its leader does not have', { partition: name, offset, endOffset: log.endOffset })
    try {
      await this.partition.cutting(this.leaderEpoch, (cut) => cut.truncate(offset))
    } catch (thrown) {
      if (KafkaError.of(thrown).error !== 'CORRUPT_MESSAGE') throw thrown
      await lookThrough(log) // nothing was cut; what is found is mended first
    }
    return 'moved'
  }

  // Our end lies outside of the leader's log. Epochs were compared before, so a leader that ends earlier lost its end without anybody's doing.
  async #findPlace(leaderOffsets: () => Promise<LeaderOffsets>): Promise<Taken> {
    const leader = await leaderOffsets()
    const { log, name } = this.partition
    if (this.isOver) return 'over'
    if (leader.endOffset < log.endOffset) return this.#truncate(leader.endOffset)
    if (leader.startOffset > log.endOffset) {
      this.#logger.info('a follower begins anew where its leader begins', {
        partition: name,
        offset: leader.startOffset,
        endOffset: log.endOffset,
      })
      await this.partition.cutting(this.leaderEpoch, (cut) => cut.truncateFully(leader.startOffset))
    }
    return 'moved'
  }

  // The leader's log starts inside of a batch, and ours, which is empty, with it: to take the whole batch it begins a little earlier.
  async #beginEarlier(records: Uint8Array): Promise<void> {
    const { log } = this.partition
    const [first] = batches(records)
    const isEmpty = log.startOffset === log.endOffset
    if (!first || !isEmpty || first.baseOffset >= log.endOffset || first.lastOffset < log.endOffset) return
    const { baseOffset } = first
    await this.partition.cutting(this.leaderEpoch, (cut) => cut.truncateFully(baseOffset))
  }

  async #followStart(leaderStart: number): Promise<void> {
    const { log } = this.partition
    if (leaderStart > log.startOffset && leaderStart <= log.highWatermark) await log.deleteBefore(leaderStart)
  }

  // Whoever cuts off what is committed must not count as having it: first the leader learns from where we fetch that we do not, and asks for the
  // list of in-sync replicas without us.
  async #mend(log: Log, asked: Position, backoffMs: number): Promise<Taken> {
    const damage = log.damage!
    if (asked.fetchOffset !== damage.startOffset) return 'moved'
    if (this.#mayLead) return this.rest(backoffMs)
    this.#logger.warn('a damaged replica is made again from its leader', {
      partition: this.partition.name,
      leader: this.leaderId,
      offset: damage.startOffset,
      endOffset: log.endOffset,
    })
    await this.partition.cutting(this.leaderEpoch, (cut) => cut.truncate(damage.startOffset))
    return 'moved'
  }
}

async function lookThrough(log: Log): Promise<void> {
  const scrub = log.scrub()
  while ((await scrub.step()) > 0);
}
