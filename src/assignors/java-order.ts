// The order in which Java goes through its hash maps. Kafka's sticky assignors depend on it where members are equal, so whoever wants their
// results goes through members and partitions in the same order.

import type { TopicPartition } from './assignor.ts'

const SMALLEST_TABLE = 16
const LOAD_FACTOR = 0.75

/** String.hashCode. */
export function hashOfText(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}

/** TopicPartition.hashCode. */
export function hashOfPartition({ topic, partition }: TopicPartition): number {
  return (Math.imul(31, 31 + partition) + hashOfText(topic)) | 0
}

/** The keys, given in the order in which they were put into a java.util.HashMap, in the order in which they come out of it. */
export function hashMapOrder(keys: readonly string[]): string[] {
  const mask = tableSize(keys.length) - 1
  // Keys of one bucket keep their order, also when the table grows.
  return keys
    .map((key) => ({ key, bucket: bucketOf(hashOfText(key), mask) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ key }) => key)
}

/** As much of a java.util.HashSet of partitions as asks for its first one. */
export class PartitionHashSet<P extends TopicPartition> {
  /** With their hashes. */
  readonly #items = new Map<P, number>()
  /** Its table never shrinks. */
  #mostItems = 0

  get isEmpty(): boolean {
    return this.#items.size === 0
  }

  add(item: P): void {
    this.#items.set(item, hashOfPartition(item))
    this.#mostItems = Math.max(this.#mostItems, this.#items.size)
  }

  delete(item: P): void {
    this.#items.delete(item)
  }

  /** What its iterator gives first; undefined when empty. */
  first(): P | undefined {
    const mask = tableSize(this.#mostItems) - 1
    let found: P | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (const [item, hash] of this.#items) {
      const bucket = bucketOf(hash, mask)
      if (bucket >= lowest) continue
      lowest = bucket
      found = item
    }
    return found
  }
}

function bucketOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 16)) & mask
}

function tableSize(items: number): number {
  let size = SMALLEST_TABLE
  while (items > size * LOAD_FACTOR) size *= 2
  return size
}
