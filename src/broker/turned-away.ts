// What idempotent producers were refused of late. A producer has up to five batches of a partition under way; where the first is refused and the
// second finds things changed (this broker leads by now, enough replicas are in sync, it has heard of the topic), the second has a gap before it.
//
// Where the partition knows the producer, Kafka answers the second with OUT_OF_ORDER_SEQUENCE_NUMBER. librdkafka goes on in a new producer epoch
// then, for all of its partitions: what was written elsewhere and is not answered yet is written once more
// (https://github.com/confluentinc/librdkafka/issues/4953). So the second is refused for the reason of the first; both come again, in order.
//
// Where it knows nothing of the producer, any sequence is taken, because what was known may have expired (KIP-360). Then the first would come back
// too late, and some clients count it as written.

import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import { InvalidBatch } from '../protocol/records/validate.ts'
import type { Item } from './produce-items.ts'

/** Longer than clients try again (`delivery.timeout.ms`, `message.timeout.ms`). */
const REMEMBERED_MS = 10 * 60_000
/** Clients wait for an answer so long (`request.timeout.ms`): what was under way behind a refused batch has come by then. */
const UNDER_WAY_MS = 30_000
/** The oldest are forgotten first. */
const MOST_REMEMBERED = 10_000
/** No topic has a longer name: it would only take memory. */
const LONGEST_NAME = 249
const LARGEST_SEQUENCE = 0x7fff_ffff

interface Refusal {
  readonly producerEpoch: number
  /** The lowest that was refused and has not come back. */
  readonly sequence: number
  readonly at: number
  readonly row: Row | null
}

/** Batches that came right behind each other over one connection and were all refused. */
interface Row {
  readonly connectionId: number
  /** What comes right behind them begins with it. */
  readonly nextSequence: number
  /** Of the first. */
  readonly why: KafkaError
  readonly since: number
}

/** What a partition knows of its producers. */
interface Known {
  readonly entries: ReadonlyMap<number, unknown>
  continues(batch: RecordBatch): boolean
}

export class TurnedAway {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By producer and partition, the oldest first. */
  readonly #refusals = new Map<string, Refusal>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** The batch of `item`, which came over this connection, was refused for `why`. */
  note(connectionId: number, item: Item, why: KafkaError): void {
    const batch = sequenced(item)
    if (batch === null || item.topic.name.length > LONGEST_NAME) return
    const { producerEpoch, baseSequence } = batch
    const now = this.#clock.monotonic()
    this.#forgetBefore(now - REMEMBERED_MS)
    const key = keyOf(batch.producerId, item)
    const found = this.#refusals.get(key)
    if (found && found.producerEpoch > producerEpoch) return // an older instance of the producer, which is fenced
    const known = found?.producerEpoch === producerEpoch ? found : null
    const row = rowWith(known?.row ?? null, connectionId, batch, why, now)
    if (known && known.sequence < baseSequence) {
      this.#refusals.set(key, { ...known, row })
      return
    }
    this.#refusals.delete(key)
    this.#refusals.set(key, { producerEpoch, sequence: baseSequence, at: now, row })
    if (this.#refusals.size > MOST_REMEMBERED) this.#refusals.delete(this.#refusals.keys().next().value!)
  }

  /**
   * Throws where a batch before this one was refused and has not come back: for the same reason where this one came right behind it; else, where the
   * partition knows nothing of the producer, OUT_OF_ORDER_SEQUENCE_NUMBER. One that knows it sees any other gap itself.
   */
  requireNothingBefore(connectionId: number, item: Item, batch: RecordBatch, producers: Known): void {
    const { producerId, producerEpoch, baseSequence } = batch
    if (this.#refusals.size === 0 || producerId < 0) return
    const key = keyOf(producerId, item)
    const now = this.#clock.monotonic()
    this.#forgetBefore(now - REMEMBERED_MS)
    const known = this.#refusals.get(key)
    if (!known || known.producerEpoch > producerEpoch) return
    const isOver = known.producerEpoch < producerEpoch || producers.continues(batch)
    // Where it is refused after all, `note` hears of it once more.
    if (isOver || baseSequence === known.sequence) {
      this.#refusals.delete(key)
      return
    }
    const { row } = known
    const isUnderWay = row?.connectionId === connectionId && row.nextSequence === baseSequence && now - row.since <= UNDER_WAY_MS
    if (isUnderWay) throw row.why
    if (producers.entries.has(producerId)) return
    if (baseSequence < known.sequence) {
      this.#refusals.delete(key)
      return
    }
    throw new KafkaError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${producerId} epoch ${producerEpoch} wrote sequence ${baseSequence}; sequence ${known.sequence} was refused and has not come back`,
    )
  }

  /** They lie in the order in which they were noted. */
  #forgetBefore(moment: number): void {
    for (const [key, { at }] of this.#refusals) {
      if (at >= moment) return
      this.#refusals.delete(key)
    }
  }
}

/** The row with this batch in it, or a new one; null where it would begin with a batch that does not come again, as its reason does not pass. */
function rowWith(row: Row | null, connectionId: number, batch: RecordBatch, why: KafkaError, now: number): Row | null {
  const nextSequence = batch.lastSequence === LARGEST_SEQUENCE ? 0 : batch.lastSequence + 1
  if (row && row.connectionId === connectionId && row.nextSequence === batch.baseSequence) return { ...row, nextSequence }
  const passes = why.retriable && !(why instanceof InvalidBatch)
  return passes ? { connectionId, nextSequence, why, since: now } : null
}

/** Null for what has no sequence, and for what is too short for a batch. */
function sequenced({ data: { records } }: Item): RecordBatch | null {
  if (records === null || records.length < HEADER_SIZE) return null
  const batch = new RecordBatch(records)
  return batch.producerId >= 0 && batch.baseSequence >= 0 ? batch : null
}

const keyOf = (producerId: number, { topic, data }: Item) => `${producerId} ${data.index} ${topic.name || topic.topicId}`
