// What the leader of a partition knows of one follower, which tells its position by where it fetches from.

import type { BrokerView } from './links.ts'

/** One fetch of a follower whose log was seen to agree with ours up to `offset`. */
export interface FollowerFetch {
  /** Where the follower goes on: it has everything before it, on its device where its flush policy wants that. */
  readonly offset: number
  readonly startOffset: number
  /** -1 where the follower does not tell. */
  readonly brokerEpoch: number
  /** Where our log ended when it was read for this fetch. */
  readonly leaderEndOffset: number
  /** When the request came; monotonic, ms. */
  readonly at: number
}

/** The time of a session's last request. While a partition has nothing new for the follower, a request says by itself that it is still there. */
export interface Pulse {
  readonly at: number
}

/** A follower that asks for what is committed has lost it; one late message of an earlier connection is no proof of that. */
const PROVEN_LOST_MS = 500

export class FollowerProgress {
  readonly brokerId: number
  /** Exclusive; -1 before the first fetch of this leader epoch. */
  endOffset = -1
  startOffset = -1
  brokerEpoch = -1
  #caughtUpAt: number
  #lastFetchAt = Number.NEGATIVE_INFINITY
  #lastLeaderEnd = Number.POSITIVE_INFINITY
  #lostAt: number | null = null
  #pulse: Pulse | null = null
  #wasGiven = false
  /** It was given the records that it asked for with its last fetch once before: that answer was lost, or it cannot take them. */
  asksAgain = false
  #leftAt = Number.NEGATIVE_INFINITY

  /** @param caughtUpAt who is in sync when an epoch begins has the whole `replica.lag.time.max.ms` to show itself */
  constructor(brokerId: number, caughtUpAt: number) {
    this.brokerId = brokerId
    this.#caughtUpAt = caughtUpAt
  }

  /** Takes a fetch in. False, and nothing changed, where an earlier life of the broker sent it (KIP-903). */
  fetched({ offset, startOffset, brokerEpoch, leaderEndOffset, at }: FollowerFetch, highWatermark: number): boolean {
    if (brokerEpoch >= 0 && brokerEpoch < this.brokerEpoch) return false
    if (at < this.#leftAt) return true // a request that waits here since before: it says nothing of now
    const caughtUpAt = this.caughtUpAt
    this.#pulse = null
    const isAnother = at !== this.#lastFetchAt // a request that waits for more is looked at again and again
    this.asksAgain = isAnother && this.#wasGiven && offset === this.endOffset && brokerEpoch === this.brokerEpoch
    if (isAnother) this.#wasGiven = false
    // It has reached our end of now, or that of its fetch before this one: then it was caught up at that time.
    if (offset >= leaderEndOffset) this.#caughtUpAt = Math.max(caughtUpAt, at)
    else if (offset >= this.#lastLeaderEnd) this.#caughtUpAt = Math.max(caughtUpAt, this.#lastFetchAt)
    else this.#caughtUpAt = caughtUpAt
    if (offset >= highWatermark) this.#lostAt = null
    else this.#lostAt ??= at
    this.endOffset = offset
    this.startOffset = startOffset
    this.brokerEpoch = brokerEpoch
    this.#lastLeaderEnd = leaderEndOffset
    this.#lastFetchAt = at
    return true
  }

  /** Its last fetch is answered with records. */
  gave(): void {
    this.#wasGiven = true
  }

  /** It has all there is, and is not looked at with each of its requests: they are its pulse, until the returned function is called. */
  restsOn(pulse: Pulse): () => void {
    this.#pulse = pulse
    return () => {
      if (this.#pulse !== pulse) return
      this.#caughtUpAt = this.caughtUpAt
      this.#pulse = null
    }
  }

  /** It is in sync no longer: what it fetches from here on says whether it may be again, and not what it once had. */
  left(now: number): void {
    this.#leftAt = now
    this.endOffset = -1
    this.#caughtUpAt = Number.NEGATIVE_INFINITY
    this.#lastLeaderEnd = Number.POSITIVE_INFINITY
    this.#pulse = null
  }

  /** When it last had everything that we had then. */
  get caughtUpAt(): number {
    return this.#pulse ? Math.max(this.#caughtUpAt, this.#pulse.at) : this.#caughtUpAt
  }

  isCaughtUp(leaderEndOffset: number, now: number, maxLagMs: number): boolean {
    return this.endOffset === leaderEndOffset || now - this.caughtUpAt <= maxLagMs
  }

  /** It asked for committed records again and again, although it counts as having them. */
  hasLostCommitted(now: number): boolean {
    return this.#lostAt !== null && now - this.#lostAt >= PROVEN_LOST_MS
  }

  /** Whether the metadata lets it join the in-sync replicas: it is there, in the life that fetches from us. */
  mayJoin(brokers: BrokerView): boolean {
    const active = brokers.activeEpochOf(this.brokerId)
    return active !== null && (this.brokerEpoch === -1 || this.brokerEpoch === active)
  }
}
