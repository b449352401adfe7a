// How many bytes a second replicas may move that an operator throttled (KIP-73), so that making new ones leaves room for everybody else. Replicas
// that are in sync are never held back: that would only make them fall out.

import type { Clock } from '../platform/clock.ts'

/** What the configurations say at the moment of the question. */
export interface ThrottleRules {
  /** `partition:broker` items, or `*`: of `leader.replication.throttled.replicas`, or the follower's. */
  readonly throttledReplicas: (topic: string) => readonly string[]
  /** Bytes a second: `leader.replication.throttled.rate`, or the follower's. */
  readonly bytesPerSecond: () => number
}

interface Replica {
  readonly topic: string
  readonly index: number
}

/** `replication.quota.window.size.seconds` in milliseconds, and `replication.quota.window.num`. */
export interface QuotaWindows {
  readonly ms: number
  readonly count: number
}

const KAFKA_WINDOWS: QuotaWindows = { ms: 1000, count: 11 }

/** Nothing is throttled. */
export const unlimited: ThrottleRules = { throttledReplicas: () => [], bytesPerSecond: () => Number.POSITIVE_INFINITY }

export class ReplicationQuota {
  readonly #rules: ThrottleRules
  readonly #localId: number
  readonly #clock: Clock
  readonly #each: QuotaWindows
  /** Bytes by window; the oldest first. */
  #windows: { readonly beganAt: number; bytes: number }[] = []

  constructor(rules: ThrottleRules, localId: number, clock: Clock, windows: QuotaWindows = KAFKA_WINDOWS) {
    this.#rules = rules
    this.#localId = localId
    this.#clock = clock
    this.#each = windows
  }

  /** Whether the replica is held back at all. */
  concerns(replica: Replica, isInSync: boolean): boolean {
    return !isInSync && this.#isThrottled(replica)
  }

  /** Whether nothing may be moved for this replica now. */
  mustWait(replica: Replica, isInSync: boolean): boolean {
    return this.concerns(replica, isInSync) && this.#isUsedUp
  }

  /** So many bytes were moved. */
  count(replica: Replica, bytes: number, isInSync: boolean): void {
    if (bytes === 0 || !this.concerns(replica, isInSync)) return
    const now = this.#clock.monotonic()
    const last = this.#windows.at(-1)
    if (last && now - last.beganAt < this.#each.ms) last.bytes += bytes
    else this.#windows.push({ beganAt: now, bytes })
  }

  #isThrottled({ topic, index }: Replica): boolean {
    const throttled = this.#rules.throttledReplicas(topic)
    return throttled.length > 0 && (throttled.includes('*') || throttled.includes(`${index}:${this.#localId}`))
  }

  // Over all windows, so that what was left unused may be caught up with; the first window counts as a whole one.
  get #isUsedUp(): boolean {
    const now = this.#clock.monotonic()
    const { ms, count } = this.#each
    this.#windows = this.#windows.filter(({ beganAt }) => now - beganAt < ms * count)
    const bytes = this.#windows.reduce((sum, window) => sum + window.bytes, 0)
    const seconds = Math.max(ms, now - (this.#windows[0]?.beganAt ?? now)) / 1000
    return bytes / seconds > this.#rules.bytesPerSecond()
  }
}
