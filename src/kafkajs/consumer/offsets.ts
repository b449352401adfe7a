// What handlers are done with, what of it is committed, and when the rest is.

import type { TopicPartition } from '../../assignors/index.ts'
import type { TopicPartitionOffset } from '../../client/consumer/place.ts'
import { nameOf } from '../../client/consumer/place.ts'
import type { Clock } from '../../platform/clock.ts'
import type { TopicOffsets } from '../types/index.ts'

export interface OffsetsOptions {
  readonly clock: Clock
  /** Milliseconds; null: no such limit. */
  readonly autoCommitInterval: number | null
  /** Messages; null: no such limit. */
  readonly autoCommitThreshold: number | null
  /** Tells the coordinator. */
  readonly send: (offsets: readonly TopicPartitionOffset[]) => Promise<void>
}

interface Progress extends TopicPartition {
  /** Where this consumer began, or went to. */
  base: number
  /** All before it is done. */
  resolved: number
  committed: number | null
}

export class Offsets {
  readonly #options: OffsetsOptions
  readonly #progress = new Map<string, Progress>()
  #lastCommitAt: number

  constructor(options: OffsetsOptions) {
    this.#options = options
    this.#lastCommitAt = options.clock.monotonic()
  }

  /** A batch begins here. One before what is done is read because that is gone: the topic was made again, or lost its end. */
  begin({ topic, partition }: TopicPartition, offset: number): void {
    const name = nameOf({ topic, partition })
    const known = this.#progress.get(name)
    if (!known) this.#progress.set(name, { topic, partition, base: offset, resolved: offset, committed: offset })
    else if (offset < known.resolved) this.moveTo({ topic, partition }, offset)
  }

  /** All before `offset` is done. */
  resolve(place: TopicPartition, offset: number): void {
    const known = this.#progress.get(nameOf(place))
    if (known) known.resolved = offset
    else this.moveTo(place, offset)
  }

  /** On from elsewhere, which is committed with what is done next. */
  moveTo({ topic, partition }: TopicPartition, offset: number): void {
    this.#progress.set(nameOf({ topic, partition }), { topic, partition, base: offset, resolved: offset, committed: null })
  }

  resolvedOf(place: TopicPartition): number | undefined {
    return this.#progress.get(nameOf(place))?.resolved
  }

  /** They are not this consumer's any more. */
  forget(places: readonly TopicPartition[]): void {
    for (const place of places) this.#progress.delete(nameOf(place))
  }

  /** Done and not committed; of these partitions, or of all. */
  uncommitted(places?: readonly TopicPartition[]): TopicPartitionOffset[] {
    const only = places && new Set(places.map(nameOf))
    return [...this.#progress]
      .filter(([name, { resolved, committed }]) => resolved !== committed && (!only || only.has(name)))
      .map(([, { topic, partition, resolved }]) => ({ topic, partition, offset: resolved }))
  }

  /** Whether it is time for a commit, by the clock or by the number of messages. */
  get isDue(): boolean {
    const { clock, autoCommitInterval, autoCommitThreshold } = this.#options
    if (autoCommitInterval !== null && clock.monotonic() >= this.#lastCommitAt + autoCommitInterval) return true
    return autoCommitThreshold !== null && this.#uncommittedCount >= autoCommitThreshold
  }

  async commit(offsets: readonly TopicPartitionOffset[] = this.uncommitted()): Promise<void> {
    if (offsets.length > 0) await this.#options.send(offsets)
    this.#lastCommitAt = this.#options.clock.monotonic()
    this.committed(offsets)
  }

  /** The group has them. */
  committed(offsets: readonly TopicPartitionOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const known = this.#progress.get(nameOf({ topic, partition }))
      if (known) known.committed = offset
    }
  }

  get #uncommittedCount(): number {
    let count = 0
    for (const { base, resolved, committed } of this.#progress.values()) count += resolved - (committed ?? base)
    return count
  }
}

/** By topic, with offsets as texts. */
export function asTopics(offsets: readonly TopicPartitionOffset[]): TopicOffsets[] {
  const topics = new Map<string, TopicOffsets>()
  for (const { topic, partition, offset } of offsets) {
    const known = topics.get(topic) ?? { topic, partitions: [] }
    topics.set(topic, known)
    known.partitions.push({ partition, offset: String(offset) })
  }
  return [...topics.values()]
}
