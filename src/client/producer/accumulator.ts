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
  /** With something to send as soon as may be; who comes later is behind. */
  readonly ready = new Set<Lane>()
  /** With one batch that may still be filled, and was just begun when they came here: the first of them is due first. */
  readonly #lingering = new Set<Lane>()
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

  /** Those with something in their queues. */
  get waiting(): readonly Lane[] {
    return [...this.ready, ...this.#lingering]
  }

  /** When the oldest of the batches that linger was begun; null where none does. */
  get lingeringSince(): number | null {
    for (const { queue } of this.#lingering) return queue[0]!.createdAt
    return null
  }

  /** What has lingered for so long makes its lane ready. */
  endLinger(lingerMs: number, now: number): void {
    for (const lane of this.#lingering) {
      if (lane.queue[0]!.createdAt + lingerMs > now) return
      this.makeReady(lane)
    }
  }

  /** It has something to send; it comes behind the others. */
  makeReady(lane: Lane): void {
    this.#lingering.delete(lane)
    this.ready.delete(lane)
    this.ready.add(lane)
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
    if (!this.ready.has(lane)) this.makeReady(lane)
    return false
  }

  /** To a new batch in this memory, which is large enough. */
  appendNew(lane: Lane, memory: PooledBytes, record: NewRecord, delivery: Delivery, tag: number): void {
    const batch = new ProducerBatch(lane, memory, this.#options.clock.monotonic())
    batch.append(record, delivery, tag)
    // A record that is larger than a batch, or than no batch at all, stays alone.
    if (roomFor(record) > this.#options.batchSize) batch.isClosed = true
    lane.queue.push(batch)
    if (lane.queue.length === 1 && !batch.isClosed) this.#lingering.add(lane)
    else if (!this.ready.has(lane)) this.makeReady(lane)
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
    if (lane.queue.length > 0) return
    this.ready.delete(lane)
    this.#lingering.delete(lane)
  }
}
