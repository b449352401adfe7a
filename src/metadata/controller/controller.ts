// The controller: the machine that decides on topics, brokers and configurations, over the metadata log. Its hard state is an image like any
// broker's; what it knows besides (who was heard of last) is soft. Commands are functions in the files beside this one.

import type { Decision, Effect, RecordMeta, StateMachine } from '../../machine/machine.ts'
import type { Random } from '../../platform/random.ts'
import { MetadataImage } from '../image.ts'
import { type MetadataRecord, record } from '../records.ts'
import type { Progress } from './brokers.ts'
import type { ConfigRules } from './config-rules.ts'
import { balanceLeaders, electOnlineLeaders, electUncleanLeaders } from './elect-leaders.ts'
import { fenceExpired, ONLINE_SOON } from './heartbeats.ts'
import { Sessions } from './sessions.ts'

/** What the controller is told from outside. */
export interface ControllerSettings {
  readonly nodeId: number
  readonly random: Random
  readonly rules: ConfigRules
  /** For CreateTopics with -1; configurations may change them. */
  readonly defaults: () => { readonly numPartitions: number; readonly replicationFactor: number }
  /** The offset that the next record will get: a broker's epoch. */
  readonly nextOffset: () => number
  /** broker.session.timeout.ms; null where the only broker is in this process and dies with it. */
  readonly sessionTimeoutMs: number | null
  /** leader.imbalance.check.interval.seconds, in milliseconds; null without auto.leader.rebalance.enable, or with one broker. */
  readonly imbalanceCheckMs?: number | null
  /** unclean.leader.election.interval.ms: how often partitions without a leader are looked at; null for never. */
  readonly uncleanCheckMs?: number | null
  /** metadata.max.idle.interval.ms: how often a record is written that says nothing, so that followers see an idle leader live; null for never. */
  readonly maxIdleMs?: number | null
  /** Ids of all voters, for what every controller must support; default: this node alone. */
  readonly voterIds?: () => readonly number[]
  /** What the quorum speaks now (KIP-853); default 0. */
  readonly kraftVersion?: () => number
}

/** So often within one session they are looked at; who is later than that did not run, or its clock was set. */
const LOOKS_A_SESSION = 8

const RETRY_MS = 100

/** What the controller does by itself, by the key of its timer. */
const CHORES = ['sessions', 'balance', 'unclean', 'idle', 'online'] as const
type Chore = (typeof CHORES)[number]

export class Controller implements StateMachine<MetadataRecord> {
  readonly image = new MetadataImage()
  readonly settings: ControllerSettings
  readonly sessions = new Sessions()
  /** When sessions are looked at next; null before the controller was loaded. */
  #sessionsDueAt: number | null = null

  constructor(settings: ControllerSettings) {
    this.settings = settings
  }

  apply(record: MetadataRecord, _meta: RecordMeta): void {
    this.image.apply(record)
  }

  /** A new controller has heard of nobody: every broker gets a whole session to show itself. */
  onLoaded(now: number): readonly Effect[] {
    for (const { id, fenced } of this.image.brokers.values()) if (!fenced) this.sessions.presume(id, now)
    // The one before may have stopped in the middle of what follows from a broker's return.
    return [ONLINE_SOON, ...CHORES.flatMap((chore) => this.#next(chore, now, true))]
  }

  onTimer(key: string, now: number): Decision<MetadataRecord, void> {
    const chore = key as Chore
    // What the last controller left open is dropped first (`activate`); anything written before that would go with it.
    if (this.image.isInTransaction)
      return { records: [], reply: { kind: 'now', value: undefined }, effects: [{ kind: 'timer', key, afterMs: RETRY_MS }] }
    const { records, reply } = this.#carryOut(chore, now)
    const isDone = reply.kind === 'later' || reply.value.isDone
    return { records, reply: { kind: 'now', value: undefined }, effects: this.#next(chore, now, isDone) }
  }

  onUnloaded(): void {
    this.sessions.clear()
  }

  #carryOut(chore: Chore, now: number): Decision<MetadataRecord, Progress> {
    switch (chore) {
      case 'sessions':
        this.#excuseLateness(now)
        return fenceExpired(this, now)
      case 'balance':
        return balanceLeaders(this)
      case 'unclean':
        return electUncleanLeaders(this)
      case 'online':
        return electOnlineLeaders(this)
      case 'idle':
        return { records: [record('NoOpRecord', {})], reply: { kind: 'now', value: { isDone: true } } }
    }
  }

  /** Heartbeats of a time in which this process was suspended are still to be read, and a clock that was set says nothing of brokers. */
  #excuseLateness(now: number): void {
    const { sessionTimeoutMs } = this.settings
    if (this.#sessionsDueAt === null || sessionTimeoutMs === null) return
    const late = now - this.#sessionsDueAt
    if (Math.abs(late) > sessionTimeoutMs / LOOKS_A_SESSION) this.sessions.excuse(late, now)
  }

  /** The next time; at once where one decision could not do all. */
  #next(chore: Chore, now: number, isDone: boolean): readonly Effect[] {
    if (chore === 'online') return isDone ? [] : [ONLINE_SOON]
    const ms = this.#interval(chore, now)
    if (ms === null) return []
    const afterMs = isDone ? ms : 0
    if (chore === 'sessions') this.#sessionsDueAt = now + afterMs
    return [{ kind: 'timer', key: chore, afterMs }]
  }

  #interval(chore: Exclude<Chore, 'online'>, now: number): number | null {
    const { sessionTimeoutMs, imbalanceCheckMs = null, uncleanCheckMs = null, maxIdleMs = null } = this.settings
    switch (chore) {
      case 'sessions':
        return sessionTimeoutMs === null ? null : this.#nextLook(sessionTimeoutMs, now)
      case 'balance':
        return imbalanceCheckMs
      case 'unclean':
        return uncleanCheckMs
      case 'idle':
        return maxIdleMs
    }
  }

  /**
   * Until the first session could be over, or the next look that tells whether this process runs at all. A broker that comes later has a whole session
   * before it, so nobody is missed.
   */
  #nextLook(timeoutMs: number, now: number): number {
    let left = Math.ceil(timeoutMs / LOOKS_A_SESSION)
    for (const { id, fenced } of this.image.brokers.values())
      if (!fenced) left = Math.min(left, (this.sessions.get(id)?.lastHeardAt ?? now) + timeoutMs - now + 1)
    return Math.max(1, left)
  }
}
