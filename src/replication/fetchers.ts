// Who fetches for which partition: for each leader as many fetchers as `num.replica.fetchers` says, each with a connection of its own.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Fetcher } from './fetcher.ts'
import { Follower } from './follower.ts'
import type { ReplicationLinks } from './links.ts'
import type { Partition } from './partition.ts'
import type { ReplicationQuota } from './replication-quota.ts'

export interface FetchersOptions {
  readonly localId: number
  readonly links: ReplicationLinks
  readonly clock: Clock
  readonly logger: Logger
  readonly quota: ReplicationQuota
}

interface Following {
  readonly follower: Follower
  readonly fetcher: Fetcher
  readonly key: string
}

export class Fetchers {
  readonly #options: FetchersOptions
  readonly #fetchers = new Map<string, Fetcher>()
  readonly #following = new Map<Partition, Following>()
  #count: number
  #isStopped = false

  constructor(options: FetchersOptions) {
    this.#options = options
    this.#count = options.links.config()['num.replica.fetchers']
  }

  /** The partition follows this leader in this epoch from here on, and no other. */
  follow(partition: Partition, leaderId: number, leaderEpoch: number): void {
    const known = this.#following.get(partition)
    if (known?.follower.leaderId === leaderId && known.follower.leaderEpoch === leaderEpoch) return
    if (known) this.#leave(partition, known)
    if (!this.#isStopped) this.#join(partition, leaderId, leaderEpoch)
    if (known) this.#stopIfIdle(known)
  }

  #join(partition: Partition, leaderId: number, leaderEpoch: number): void {
    const { clock, logger } = this.#options
    const follower = new Follower(partition, leaderId, leaderEpoch, clock, logger)
    const number = this.#numberOf(partition)
    const key = `${leaderId}-${number}`
    const fetcher = this.#fetcher(key, leaderId, number)
    this.#following.set(partition, { follower, fetcher, key })
    fetcher.add(follower)
  }

  /** What it asks for changed without the fetcher's doing: it counts from the next request on. */
  lookAgain(partition: Partition): void {
    const known = this.#following.get(partition)
    known?.fetcher.lookAgain(known.follower)
  }

  /** The partition follows nobody. */
  unfollow(partition: Partition): void {
    const known = this.#following.get(partition)
    if (!known) return
    this.#leave(partition, known)
    this.#stopIfIdle(known)
  }

  #leave(partition: Partition, { follower, fetcher }: Following): void {
    this.#following.delete(partition)
    follower.isOver = true
    fetcher.remove(follower)
  }

  #stopIfIdle({ fetcher, key }: Following): void {
    if (!fetcher.isIdle) return
    fetcher.stop()
    if (this.#fetchers.get(key) === fetcher) this.#fetchers.delete(key)
  }

  /** `num.replica.fetchers` may have changed: then all partitions are dealt out anew. */
  retune(): void {
    const count = this.#options.links.config()['num.replica.fetchers']
    if (count === this.#count) return
    this.#count = count
    const all = [...this.#following].map(([partition, { follower }]) => ({ partition, follower }))
    for (const { partition } of all) this.unfollow(partition)
    for (const { partition, follower } of all) this.follow(partition, follower.leaderId, follower.leaderEpoch)
  }

  /** Fetches nothing any more. */
  stop(): void {
    this.#isStopped = true
    for (const partition of [...this.#following.keys()]) this.unfollow(partition)
  }

  #fetcher(key: string, leaderId: number, number: number): Fetcher {
    let fetcher = this.#fetchers.get(key)
    if (!fetcher) {
      const clientId = `broker-${this.#options.localId}-fetcher-${number}`
      this.#fetchers.set(key, (fetcher = new Fetcher({ ...this.#options, leaderId, clientId })))
    }
    return fetcher
  }

  #numberOf({ topic, index }: Partition): number {
    let hash = 0
    for (let i = 0; i < topic.length; i++) hash = (Math.imul(hash, 31) + topic.charCodeAt(i)) | 0
    return Math.abs((Math.imul(hash, 31) + index) | 0) % this.#count
  }
}
