// Who a producer is to the brokers, and the numbers of its batches in one partition: what lets brokers drop what a repetition brings twice (KIP-98).

import { addSequence, type ProducerBatch, SEQUENCES } from './batch.ts'

/** Given by a broker. */
export interface ProducerIdentity {
  readonly id: number
  readonly epoch: number
}

export const LAST_EPOCH = 32_767

/** The numbers of one partition. Pure: it says what may be sent, and what has to be asked for. */
export class Sequences {
  #identity: ProducerIdentity | null = null
  #next = 0
  #lastAcked = -1
  /** With numbers and without a final answer, in the order of these: on their way, or waiting to be sent again. */
  #open: ProducerBatch[] = []
  #onWire = 0
  /** A batch was given up whose fate nobody knows: until it is known, nothing new gets a number. */
  #isUnresolved = false
  /** The broker misses something: numbering begins anew with another epoch, once nothing is on its way. */
  #mustRestart = false

  /**
   * Whether only a producer of another epoch can go on here, and may. What may be in the log has to be sent once more under its old numbers before: under
   * new ones it would be there twice. Where the first is certainly not there, none behind it is.
   */
  get needsRestart(): boolean {
    return this.#mustRestart && this.#onWire === 0 && !this.#open[0]?.isAmbiguous
  }

  /** Whose epoch it is that cannot go on. */
  get identity(): ProducerIdentity | null {
    return this.#identity
  }

  /** Whether this batch, the first of those that wait, may be sent now by this producer. */
  mayDrain(first: ProducerBatch, identity: ProducerIdentity): boolean {
    const isSame = same(this.#identity, identity)
    // A batch that goes out again goes alone, so that it cannot overtake those that were numbered before it.
    if (first.hasSequence) return this.#open[0] === first && (!this.#mustRestart || first.isAmbiguous)
    // Under another epoch numbering begins with 0: whatever has the old numbers has to be settled first.
    if (!isSame) return this.#open.length === 0
    // A broker that knows nothing of a producer takes any number for its first: only one is sent until it has taken one.
    return !this.#mustRestart && !this.#isUnresolved && (this.#lastAcked >= 0 || this.#open.length === 0)
  }

  /** It is sent; a new one gets its numbers. */
  drained(batch: ProducerBatch, identity: ProducerIdentity): void {
    if (!batch.hasSequence) {
      if (!same(this.#identity, identity)) this.#begin(identity)
      batch.number(identity, this.#next)
      this.#next = addSequence(this.#next, batch.recordCount)
      this.#open.push(batch)
    }
    this.#onWire++
  }

  /** Its answer came, or will never come. */
  landed(batch: ProducerBatch): void {
    if (batch.hasSequence) this.#onWire--
  }

  /** It is in the log. */
  acked(batch: ProducerBatch): void {
    // The answer to a repetition may come behind those of later batches.
    if (same(batch.identity, this.#identity) && isAhead(batch.lastSequence, this.#lastAcked)) this.#lastAcked = batch.lastSequence
    this.#remove(batch)
  }

  /** It will not be sent again. Where it is certainly not in the log, its numbers are free if it was the last, and those behind it leave a gap if not. */
  refused(batch: ProducerBatch): void {
    // One of its attempts may have brought it there: a new batch with its numbers would be taken for a repetition, acknowledged and lost.
    if (batch.isAmbiguous) return this.abandoned(batch)
    this.#remove(batch)
    const isLast = this.#open.length === 0 && addSequence(batch.baseSequence, batch.recordCount) === this.#next
    if (isLast) this.#next = batch.baseSequence
    else this.#mustRestart = true
  }

  /** It will not be sent again, and nobody knows whether it is in the log. */
  abandoned(batch: ProducerBatch): void {
    if (!this.#open.includes(batch)) return
    this.#isUnresolved = true
    if (!batch.isOnWire) this.#remove(batch)
  }

  /** An abandoned one was on its way, and its answer said nothing of use. */
  forgotten(batch: ProducerBatch): void {
    this.#remove(batch)
  }

  /** The broker misses what came before: numbering begins anew. */
  restartLater(): void {
    this.#mustRestart = true
  }

  /** Whether what was abandoned is known by now to be in the log; false where numbering has to begin anew. Null: not yet. */
  resolved(): boolean | null {
    if (!this.#isUnresolved || this.#open.length > 0) return null
    const isThere = this.#next === (this.#lastAcked < 0 ? 0 : addSequence(this.#lastAcked, 1))
    if (isThere) this.#isUnresolved = false
    return isThere
  }

  /** The place of a batch among those that have numbers; -1 for one that has none. */
  placeOf(batch: ProducerBatch): number {
    return this.#open.indexOf(batch)
  }

  /** Begins anew under another epoch; those that wait to be sent again, and are not in the log, get their new numbers. Nothing is on its way. */
  restart(identity: ProducerIdentity): void {
    this.#begin(identity)
    for (const batch of this.#open) {
      batch.number(identity, this.#next)
      batch.isAmbiguous = false
      this.#next = addSequence(this.#next, batch.recordCount)
    }
  }

  #begin(identity: ProducerIdentity): void {
    this.#identity = identity
    this.#next = 0
    this.#lastAcked = -1
    this.#isUnresolved = false
    this.#mustRestart = false
  }

  #remove(batch: ProducerBatch): void {
    const at = this.#open.indexOf(batch)
    if (at >= 0) this.#open.splice(at, 1)
  }
}

/** Whether one number comes after the other; -1 is before all of them. */
function isAhead(sequence: number, other: number): boolean {
  return other < 0 || (sequence !== other && addSequence(sequence, SEQUENCES - other) < SEQUENCES / 2)
}

export function same(one: ProducerIdentity | null, other: ProducerIdentity | null): boolean {
  return one === other || (one !== null && other !== null && one.id === other.id && one.epoch === other.epoch)
}
