// Which partition a record goes to: by its key, or spread evenly where it has none.

import { partitionOfKey } from '../../base/murmur2.ts'
import type { Random } from '../../platform/random.ts'
import type { TopicInfo } from '../cluster/metadata.ts'

/** What a partitioner sees of a record: its key and value are bytes already. */
export interface KeyedRecord {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** The partition of a record; null leaves it to the spreading that records without a key have. Called once for each record. */
export type Partitioner = (record: KeyedRecord, topic: TopicInfo) => number | null

/** Kafka's own: by murmur2 of the key, so that Java and this client put the same key into the same partition. */
export const byKey: Partitioner = ({ key }, { partitions }) => (key === null ? null : partitionOfKey(key, partitions.length))

/** Spreads everything, whatever its key is. */
export const ignoringKeys: Partitioner = () => null

/** One after the other; partitions without a leader are left out while others have one. */
export function roundRobin(): Partitioner {
  const counts = new Map<string, number>()
  return ({ topic }, info) => {
    const count = counts.get(topic) ?? 0
    remember(counts, topic, (count + 1) % Number.MAX_SAFE_INTEGER)
    const among = ledPartitions(info)
    return among[count % among.length]!
  }
}

interface Sticky {
  readonly partition: number
  bytes: number
}

/**
 * Records without a key fill one partition's batch before they go to another one, chosen by chance, so that all get the same number of bytes over time
 * (KIP-480, KIP-794).
 */
export class StickySpread {
  readonly #random: Random
  readonly #stickyBytes: number
  readonly #topics = new Map<string, Sticky>()

  /** @param stickyBytes that go to a partition before it is another one's turn */
  constructor(random: Random, stickyBytes: number) {
    this.#random = random
    this.#stickyBytes = Math.max(1, stickyBytes)
  }

  partition(info: TopicInfo): number {
    const known = this.#topics.get(info.name)
    if (known && known.partition < info.partitions.length) return known.partition
    return this.#choose(info).partition
  }

  /** So many bytes went there; `isFull` says that its batch takes no more, so that moving on now leaves no half batch behind. */
  appended(info: TopicInfo, partition: number, bytes: number, isFull: boolean): void {
    const known = this.#topics.get(info.name)
    if (known?.partition !== partition) return
    known.bytes += bytes
    if (known.bytes >= 2 * this.#stickyBytes || (known.bytes >= this.#stickyBytes && isFull)) this.#choose(info)
  }

  #choose(info: TopicInfo): Sticky {
    const among = ledPartitions(info)
    const chosen = { partition: among[Math.floor(this.#random.next() * among.length)]!, bytes: 0 }
    remember(this.#topics, info.name, chosen)
    return chosen
  }
}

const led = new WeakMap<TopicInfo, readonly number[]>()

/** Those that have a leader; all where none has. */
function ledPartitions(info: TopicInfo): readonly number[] {
  let known = led.get(info)
  if (known) return known
  const { partitions } = info
  const some = partitions.filter(({ leaderId }) => leaderId !== null)
  known = (some.length > 0 ? some : partitions).map(({ index }) => index)
  led.set(info, known)
  return known
}

/** Of more topics than these the one that came first is forgotten, and begins anew. */
const MAX_TOPICS = 10_000

function remember<T>(topics: Map<string, T>, name: string, what: T): void {
  topics.set(name, what)
  if (topics.size > MAX_TOPICS) topics.delete(topics.keys().next().value!)
}
