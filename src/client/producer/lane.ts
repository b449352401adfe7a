// What waits for one partition: batches in the order in which they will be in the log, the last of them still open.

import type { ProducerBatch } from './batch.ts'
import { Sequences } from './identity.ts'

export class Lane {
  readonly topic: string
  readonly partition: number
  readonly sequences = new Sequences()
  readonly queue: ProducerBatch[] = []
  /** Batches on their way, with numbers or without. */
  onWire = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** For messages. */
  get name(): string {
    return `${this.topic}-${this.partition}`
  }

  /** The batch that records are appended to, where there is one. */
  get open(): ProducerBatch | null {
    const last = this.queue.at(-1)
    return last && !last.isClosed ? last : null
  }

  /** A batch that goes out again: before all that were made after it. */
  requeue(batch: ProducerBatch): void {
    const place = this.sequences.placeOf(batch)
    const at = this.queue.findIndex((other) =>
      place < 0
        ? other.createdAt >= batch.createdAt && other.attempts === 0
        : !other.hasSequence || this.sequences.placeOf(other) > place,
    )
    this.queue.splice(at < 0 ? this.queue.length : at, 0, batch)
  }
}
