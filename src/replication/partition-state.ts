// What the parts of one partition share: its log, what the controller makes of it, and who is told when that moves.

import type { Deferred } from '../base/deferred.ts'
import type { Log } from '../log/log.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Leadership, LedEpoch } from './leadership.ts'
import type { PartitionOptions } from './partition-options.ts'
import { AppendWatchers, Watchers } from './purgatory.ts'
import { NOBODY, type PartitionRole, requireEpoch } from './role.ts'
import { Stillness } from './stillness.ts'

export class PartitionState {
  /** Another one when it was put into another log directory. */
  log: Log
  readonly options: PartitionOptions
  role: PartitionRole = NOBODY
  leads = false
  /** The epoch that we lead in, or led in last. */
  led: LedEpoch = { epoch: -1, startOffset: 0, since: 0 }
  /** Where we lead and others follow; else null. */
  leadership: Leadership | null = null
  /** The end is being cut off: nothing can be appended, so nobody leads with it. Resolves when that is over. */
  cut: Deferred<void> | null = null
  /** While the log is being put into another directory. */
  readonly stillness: Stillness
  /** Another number whenever the partition stands otherwise. */
  term = 0
  /** Why it is over; null while it is not. */
  gone: KafkaError | null = null
  readonly watchers = new Watchers()
  /** Followers' fetches. */
  readonly appendWatchers: AppendWatchers

  constructor(log: Log, options: PartitionOptions) {
    this.log = log
    this.options = options
    this.stillness = new Stillness(`${log.topic}-${log.partition}`)
    this.appendWatchers = new AppendWatchers(options.clock)
  }

  get topic(): string {
    return this.log.topic
  }

  get index(): number {
    return this.log.partition
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /** Empty where the log does not know. */
  get topicId(): string {
    return this.log.topicId ?? ''
  }

  get localId(): number {
    return this.options.localId
  }

  get startOffset(): number {
    return this.log.startOffset
  }

  get endOffset(): number {
    return this.log.endOffset
  }

  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** Up to where this copy is as durable as the flush policy wants it. */
  get durableOffset(): number {
    return this.options.flushPolicy === 'fsync' ? this.log.flushedOffset : this.log.writtenOffset
  }

  get isr(): readonly number[] {
    return this.leadership?.isr ?? this.role.isr
  }

  get minInSync(): number {
    return Math.min(this.log.config['min.insync.replicas'], this.role.replicas.length)
  }

  /** Throws unless this broker leads the partition, and in the epoch that a client names, if it does. */
  requireLeader(currentLeaderEpoch: number): void {
    if (this.gone) throw this.gone
    // Who knows another epoch is told that first: it shows who has to wait for news.
    requireEpoch(this.name, this.role.leaderEpoch, currentLeaderEpoch)
    if (!this.leads) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by node ${this.role.leaderId}`)
  }

  /** Throws unless this broker leads the partition, or follows somebody who does. */
  requireReplica(currentLeaderEpoch: number): void {
    if (this.gone) throw this.gone
    const { leaderId, leaderEpoch } = this.role
    requireEpoch(this.name, leaderEpoch, currentLeaderEpoch)
    if (!this.leads && (leaderId < 0 || leaderId === this.localId))
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} has no leader to follow now`)
  }

  tellAll(): void {
    this.watchers.tell()
    this.appendWatchers.tell()
  }
}
