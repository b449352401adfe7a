// What idempotent producers were refused of late. A partition that knows nothing of a producer takes any sequence from it, because what it knew may
// have expired (KIP-360). A producer keeps several requests in flight: where the first one ever is refused (its leader has not heard of the topic
// yet) and the second is taken, the first comes back too late, and some clients then count it as written.

import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import type { Item } from './produce-items.ts'

/** Longer than clients try again (`delivery.timeout.ms`, `message.timeout.ms`). */
const REMEMBERED_MS = 10 * 60_000
/** The oldest are forgotten first. */
const MOST_REMEMBERED = 10_000

interface Refusal {
  readonly producerEpoch: number
  /** The lowest that was refused and has not come back. */
  readonly sequence: number
  readonly at: number
}

export class TurnedAway {
  readonly #clock: Clock
  /** By producer and partition, the oldest first. */
  readonly #refusals = new Map<string, Refusal>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The batch of `item` was refused, for whatever reason. */
  note(item: Item): void {
    const batch = sequenced(item)
    if (batch === null) return
    const { producerEpoch, baseSequence } = batch
    const key = keyOf(batch.producerId, item)
    const known = this.#refusals.get(key)
    if (known && known.producerEpoch === producerEpoch && known.sequence <= baseSequence) return
    this.#refusals.delete(key)
    this.#refusals.set(key, { producerEpoch, sequence: baseSequence, at: this.#clock.monotonic() })
    if (this.#refusals.size > MOST_REMEMBERED) this.#refusals.delete(this.#refusals.keys().next().value!)
  }

  /**
   * Throws OUT_OF_ORDER_SEQUENCE_NUMBER where a batch before this one was refused and has not come back; a client with several requests in flight
   * tries again then, in order. For a partition without a memory of the producer: one with a memory sees the gap itself.
   */
  requireNothingBefore(batch: RecordBatch, item: Item): void {
    if (this.#refusals.size === 0) return
    const { producerId, producerEpoch, baseSequence } = batch
    const key = keyOf(producerId, item)
    const known = this.#refusals.get(key)
    if (!known) return
    const isPast = known.producerEpoch !== producerEpoch || this.#clock.monotonic() - known.at > REMEMBERED_MS
    if (isPast || baseSequence <= known.sequence) this.#refusals.delete(key)
    else {
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `producer ${producerId} epoch ${producerEpoch} wrote sequence ${baseSequence}; sequence ${known.sequence} was refused and has not come back`,
      )
    }
  }
}

/** Null for what has no sequence, and for what is too short for a batch. */
function sequenced({ data: { records } }: Item): RecordBatch | null {
  if (records === null || records.length < HEADER_SIZE) return null
  const batch = new RecordBatch(records)
  return batch.producerId >= 0 && batch.baseSequence >= 0 ? batch : null
}

const keyOf = (producerId: number, { topic, data }: Item) => `${producerId} ${data.index} ${topic.name || topic.topicId}`
