// Everything that was given to a producer and is not done: by partition, and within its memory.

import type { PooledBytes } from '../../base/buffer-pool.ts'
import type { Clock } from '../../platform/clock.ts'
import { roomFor } from '../../protocol/records/appender.ts'
import type { NewRecord } from '../../protocol/records/builder.ts'
import { type Delivery, ProducerBatch } from './batch.ts'
import { Lane } from './lane.ts'
import type { BatchMemory } from './memory.ts'

export interface AccumulatorOptions {
  readonly clock: Clock
  readonly memory: BatchMemory
  readonly batchSize: number
}

export class Accumulator {
  readonly #options: AccumulatorOptions
  readonly #lanes = new Map<string, (Lane | undefined)[]>()
  /** With something in their queues. */
  readonly waiting = new Set<Lane>()
  /** Not done. */
  readonly incomplete = new Set<ProducerBatch>()

  constructor(options: AccumulatorOptions) {
    this.#options = options
  }

  lane(topic: string, partition: number): Lane {
    let lanes = this.#lanes.get(topic)
    if (!lanes) this.#lanes.set(topic, (lanes = []))
    return (lanes[partition] ??= new Lane(topic, partition))
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()].flatMap((lanes) => lanes.filter((lane) => lane !== undefined))
  }

  /** How much memory a new batch for this record takes. */
  roomFor(record: NewRecord): number {
    return Math.max(this.#options.batchSize, roomFor(record))
  }

  /** To the open batch; false where a new one is needed. */
  append(lane: Lane, record: NewRecord, delivery: Delivery, tag: number): boolean {
    const { open } = lane
    if (!open) return false
    if (open.append(record, delivery, tag)) return true
    open.isClosed = true
    return false
  }

  /** To a new batch in this memory, which is large enough. */
  appendNew(lane: Lane, memory: PooledBytes, record: NewRecord, delivery: Delivery, tag: number): void {
    const batch = new ProducerBatch(lane, memory, this.#options.clock.monotonic())
    batch.append(record, delivery, tag)
    // A record that is larger than a batch, or than no batch at all, stays alone.
    if (roomFor(record) > this.#options.batchSize) batch.isClosed = true
    lane.queue.push(batch)
    this.waiting.add(lane)
    this.incomplete.add(batch)
  }

  /** Nothing is to be done with it any more. `isUnread`: nobody reads its bytes either. */
  finished(batch: ProducerBatch, isUnread: boolean): void {
    if (!this.incomplete.delete(batch)) return
    if (isUnread) batch.release()
    this.#options.memory.give(batch.reservedBytes)
  }

  /** Takes a batch out of its queue. */
  remove(lane: Lane, batch: ProducerBatch): void {
    const at = lane.queue.indexOf(batch)
    if (at >= 0) lane.queue.splice(at, 1)
    if (lane.queue.length === 0) this.waiting.delete(lane)
  }
}
