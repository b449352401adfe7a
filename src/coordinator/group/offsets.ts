// The committed offsets of one group, by topic and partition, and those of transactions that have not ended.

import type { StoredOffset } from './stored.ts'

/** A committed offset with the place of its record, which decides between a plain and a transactional commit (the later record wins). */
export interface CommittedOffset extends StoredOffset {
  readonly recordOffset: number
}

type ByTopic<T> = Map<string, Map<number, T>>

export class GroupOffsets {
  readonly #committed: ByTopic<CommittedOffset> = new Map()
  readonly #pending = new Map<number, ByTopic<CommittedOffset>>()

  get isEmpty(): boolean {
    return this.#committed.size === 0
  }

  /** How many partitions have a committed offset. */
  get size(): number {
    let size = 0
    for (const partitions of this.#committed.values()) size += partitions.size
    return size
  }

  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(topic)?.get(partition)
  }

  /** Topics with their partitions, in the order of their first commits. */
  *topics(): Generator<[topic: string, partitions: ReadonlyMap<number, CommittedOffset>]> {
    yield* this.#committed
  }

  set(topic: string, partition: number, offset: CommittedOffset): void {
    put(this.#committed, topic, partition, offset)
  }

  /** Forgets the offset, and what open transactions committed for the partition so far. */
  delete(topic: string, partition: number): void {
    drop(this.#committed, topic, partition)
    for (const [producerId, offsets] of this.#pending) {
      drop(offsets, topic, partition)
      if (offsets.size === 0) this.#pending.delete(producerId)
    }
  }

  /** A commit inside a transaction counts when `endTransaction` says so. */
  setPending(producerId: number, topic: string, partition: number, offset: CommittedOffset): void {
    let offsets = this.#pending.get(producerId)
    if (!offsets) this.#pending.set(producerId, (offsets = new Map()))
    put(offsets, topic, partition, offset)
  }

  /** True while an open transaction holds a commit for the partition: its committed offset is not stable (KIP-447). */
  isUnstable(topic: string, partition: number): boolean {
    for (const offsets of this.#pending.values()) if (offsets.get(topic)?.has(partition)) return true
    return false
  }

  /** Partitions that only open transactions have commits for are included. */
  partitionsOf(topic: string): Set<number> {
    const found = new Set(this.#committed.get(topic)?.keys())
    for (const offsets of this.#pending.values()) for (const partition of offsets.get(topic)?.keys() ?? []) found.add(partition)
    return found
  }

  /** All topics, those of open transactions included. */
  allTopics(): Set<string> {
    const found = new Set(this.#committed.keys())
    for (const offsets of this.#pending.values()) for (const topic of offsets.keys()) found.add(topic)
    return found
  }

  endTransaction(producerId: number, committed: boolean): void {
    const offsets = this.#pending.get(producerId)
    this.#pending.delete(producerId)
    if (!offsets || !committed) return
    for (const [topic, partitions] of offsets) {
      for (const [partition, offset] of partitions) {
        const known = this.get(topic, partition)
        if (!known || known.recordOffset < offset.recordOffset) this.set(topic, partition, offset)
      }
    }
  }

  /** Everything in plain values, in a fixed order, for comparing two machines. */
  snapshot(): unknown {
    return { committed: plain(this.#committed), pending: [...this.#pending].map(([id, offsets]) => [id, plain(offsets)]).sort() }
  }
}

function put(offsets: ByTopic<CommittedOffset>, topic: string, partition: number, offset: CommittedOffset): void {
  const partitions = offsets.get(topic)
  if (partitions) partitions.set(partition, offset)
  else offsets.set(topic, new Map([[partition, offset]]))
}

function drop(offsets: ByTopic<CommittedOffset>, topic: string, partition: number): void {
  const partitions = offsets.get(topic)
  if (partitions?.delete(partition) && partitions.size === 0) offsets.delete(topic)
}

function plain(offsets: ByTopic<CommittedOffset>): unknown {
  return [...offsets].map(([topic, partitions]) => [topic, [...partitions].sort(([a], [b]) => a - b)]).sort()
}
