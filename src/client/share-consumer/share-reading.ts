// What the ways to read of a share consumer have in common.

import type { Cluster } from '../cluster/cluster.ts'
import type { Deliveries } from '../consumer/deliveries.ts'
import { Reading } from '../consumer/reading.ts'
import { StateError } from '../errors/index.ts'
import type { Hands } from './hands.ts'
import type { Held } from './held.ts'
import type { ShareFeed } from './share-feed.ts'

export interface ShareReadingOptions<K, V> {
  readonly cluster: Cluster
  readonly hands: Hands
  readonly feed: ShareFeed<K, V>
  /** Whether anything is out, and since when; of what does not matter, because nothing is handed over. */
  readonly deliveries: Deliveries<ShareFeed<K, V>>
  readonly isExplicit: boolean
  readonly maxRecords: number
  /** Called by whoever begins to read. */
  readonly onRead: () => void
  /** Somebody waits for records, and there are none. */
  readonly onHungry: () => void
}

export class ShareReading<K, V> extends Reading {
  readonly hands: Hands
  readonly feed: ShareFeed<K, V>
  readonly deliveries: Deliveries<ShareFeed<K, V>>
  readonly isExplicit: boolean
  readonly maxRecords: number
  /** What of `feed` is out. */
  readonly out: readonly ShareFeed<K, V>[]
  readonly #onHungry: () => void
  #hungry = 0

  constructor({ cluster, hands, feed, deliveries, isExplicit, maxRecords, onRead, onHungry }: ShareReadingOptions<K, V>) {
    super(cluster, onRead)
    this.hands = hands
    this.feed = feed
    this.deliveries = deliveries
    this.isExplicit = isExplicit
    this.maxRecords = maxRecords
    this.out = [feed]
    this.#onHungry = onHungry
  }

  /** Whether somebody waits for records and there are none. */
  get isHungry(): boolean {
    return this.#hungry > 0 && this.feed.isEmpty && !this.isClosing
  }

  /** Waits until there may be records. Who takes turns to look asks `bell` for `rung` before, as for `wait`. */
  async waitForRecords(signal?: AbortSignal, rung?: Promise<void>): Promise<void> {
    this.#hungry++
    this.#onHungry()
    try {
      await this.wait(signal, rung)
    } finally {
      this.#hungry--
    }
  }

  /** The program asks for more: it is done with these. Throws a StateError where it has to say what becomes of one and has not. */
  settle(given: readonly Held[]): void {
    if (!this.isExplicit) {
      for (const held of given) this.hands.settle(held, 'accept')
      return
    }
    const open = given.filter((held) => !held.isRenewed && this.hands.has(held))
    if (open.length === 0) return
    const [{ partition, offset }] = open as [Held]
    const which = open.length === 1 ? 'a record was' : `${open.length} records were`
    throw new StateError(
      'INVALID_STATE',
      `${which} not acknowledged, the first at offset ${offset} of ${partition.name}; with shareAcknowledgementMode=explicit each has to be before the next is asked for`,
    )
  }
}
