// What a partition knows of its producers: by it a repeated batch is recognised, a gap refused, and the end of committed data found.
// Every replica builds the same state from the same log (KIP-98, KIP-360).

import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { readMarker } from '../protocol/records/control.ts'
import type { Appended } from './log.ts'
import { firstSequence, NO_PRODUCER_EPOCH, ProducerEntry } from './producer-entry.ts'
import { parseProducerSnapshot, producerSnapshotBytes } from './producer-snapshot.ts'
import type { AbortedEntry } from './transaction-index.ts'

/** As DescribeProducers answers it. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnStartOffset: number
}

/** As Fetch answers it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** A transaction whose marker is in the log but may not be committed there yet. */
interface Ended {
  readonly firstOffset: number
  readonly markerOffset: number
}

/** What the states ask of their log. */
export interface ProducerLog {
  readonly name: string
  readonly highWatermark: number
  /** The aborted transactions with a marker at or behind `from`, in the order of their markers. */
  aborted(from: number): Iterable<AbortedEntry>
}

export class ProducerStates {
  readonly #log: ProducerLog
  readonly #expirationMs: () => number
  #entries = new Map<number, ProducerEntry>()
  /** Producers with an open transaction. */
  #open = new Map<number, ProducerEntry>()
  #ended: Ended[] = []

  constructor(log: ProducerLog, expirationMs: () => number) {
    this.#log = log
    this.#expirationMs = expirationMs
  }

  get count(): number {
    return this.#entries.size
  }

  /** By producer id. */
  get entries(): ReadonlyMap<number, ProducerEntry> {
    return this.#entries
  }

  /**
   * Says whether a client's batch may be appended, or which one it repeats. Throws OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH,
   * INVALID_TXN_STATE; nothing changes here.
   */
  check(batch: RecordBatch): 'new' | { readonly duplicateOf: Appended } {
    const { producerId } = batch
    if (producerId < 0) return 'new'
    const entry = this.#entries.get(producerId)
    if (!entry) return 'new'
    const known = entry.sameAs(batch)
    if (known) {
      const { lastOffset, offsetDelta, timestamp } = known
      return { duplicateOf: { baseOffset: lastOffset - offsetDelta, lastOffset, appendTime: timestamp } }
    }
    this.#requireEpoch(entry, batch.producerEpoch)
    if (!batch.isControl) this.#requireSequence(entry, batch)
    return 'new'
  }

  /** Whether a batch comes right behind what is known of its producer, or repeats it. A producer of which nothing is known may begin anywhere. */
  continues(batch: RecordBatch): boolean {
    const entry = this.#entries.get(batch.producerId)
    if (!entry || entry.producerEpoch !== batch.producerEpoch) return false
    return entry.isNext(batch.baseSequence) || entry.sameAs(batch) !== undefined
  }

  /** Whether a newer epoch of the producer has written. */
  isFenced({ producerId, producerEpoch }: RecordBatch): boolean {
    const entry = this.#entries.get(producerId)
    return entry !== undefined && producerEpoch < entry.producerEpoch
  }

  #requireEpoch(entry: ProducerEntry, epoch: number): void {
    if (epoch >= entry.producerEpoch) return
    throw new KafkaError(
      'INVALID_PRODUCER_EPOCH',
      `producer ${entry.producerId} wrote to ${this.#log.name} with epoch ${epoch}; epoch ${entry.producerEpoch} has taken over`,
    )
  }

  #requireSequence(entry: ProducerEntry, batch: RecordBatch): void {
    const { producerEpoch, baseSequence, isTransactional } = batch
    const isNewEpoch = producerEpoch !== entry.producerEpoch
    const isInOrder = entry.producerEpoch === NO_PRODUCER_EPOCH || (isNewEpoch ? baseSequence === 0 : entry.isNext(baseSequence))
    if (!isInOrder) {
      const { last } = entry
      const seen = last ? `${firstSequence(last)} to ${last.lastSequence}` : 'none'
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `producer ${entry.producerId} epoch ${producerEpoch} wrote sequence ${baseSequence} to ${this.#log.name}; the last in epoch ${entry.producerEpoch} was ${seen}`,
      )
    }
    if (!isTransactional && entry.transactionStart !== null) {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `producer ${entry.producerId} has a transaction open in ${this.#log.name} and wrote outside of it`,
      )
    }
  }

  /** Says whether a coordinator may end the producer's transaction. Throws INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED. */
  checkMarker(producerId: number, producerEpoch: number, coordinatorEpoch: number): void {
    const entry = this.#entries.get(producerId)
    if (!entry) return
    this.#requireEpoch(entry, producerEpoch)
    if (coordinatorEpoch < entry.coordinatorEpoch) {
      throw new KafkaError(
        'TRANSACTION_COORDINATOR_FENCED',
        `coordinator epoch ${coordinatorEpoch} wants to end a transaction of producer ${producerId} in ${this.#log.name}; ${entry.coordinatorEpoch} was here`,
      )
    }
  }

  /** Takes a batch of the log into account; the aborted transaction that it ended, if it did. Called for every batch, in order. */
  add(batch: RecordBatch): AbortedEntry | null {
    if (batch.producerId < 0) return null
    if (batch.isControl) return this.#addMarker(batch)
    const { producerId, producerEpoch, baseOffset } = batch
    const entry = this.#entryOf(producerId, producerEpoch, batch.maxTimestamp)
    entry.add(batch)
    if (batch.isTransactional && entry.transactionStart === null) {
      entry.transactionStart = baseOffset
      this.#open.set(producerId, entry)
    }
    return null
  }

  #addMarker(batch: RecordBatch): AbortedEntry | null {
    const [record] = batch.records()
    const marker = record && readMarker(record)
    if (!marker) return null // compaction may leave an empty batch behind
    const { producerId, producerEpoch, lastOffset } = batch
    const entry = this.#entryOf(producerId, producerEpoch, batch.maxTimestamp)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = batch.maxTimestamp
    const firstOffset = entry.transactionStart
    if (firstOffset === null) return null
    entry.transactionStart = null
    this.#open.delete(producerId)
    this.#ended.push({ firstOffset, markerOffset: lastOffset })
    if (marker.committed) return null
    const lastStableOffset = this.#firstOpen() ?? lastOffset + 1
    return { producerId, firstOffset, lastOffset, lastStableOffset }
  }

  #entryOf(producerId: number, producerEpoch: number, timestamp: number): ProducerEntry {
    let entry = this.#entries.get(producerId)
    if (!entry) {
      entry = new ProducerEntry(producerId, producerEpoch, timestamp)
      this.#entries.set(producerId, entry)
    }
    entry.raiseEpoch(producerEpoch)
    return entry
  }

  /** Where the earliest transaction begins whose end is not committed; null where there is none. Readers of committed data stop there. */
  get firstUnstableOffset(): number | null {
    if (this.#open.size === 0 && this.#ended.length === 0) return null
    const { highWatermark } = this.#log
    if (this.#ended.some(({ markerOffset }) => markerOffset < highWatermark)) {
      this.#ended = this.#ended.filter(({ markerOffset }) => markerOffset >= highWatermark)
    }
    const first = this.#ended.reduce(
      (least, { firstOffset }) => Math.min(least, firstOffset),
      this.#firstOpen() ?? Number.POSITIVE_INFINITY,
    )
    return first === Number.POSITIVE_INFINITY ? null : first
  }

  // Where a transaction begins is noted when it does, so the first in the map began first.
  #firstOpen(): number | null {
    for (const { transactionStart } of this.#open.values()) return transactionStart
    return null
  }

  /** The aborted transactions that a reader of the offsets from `from` up to `to` must leave out. */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    const found: AbortedTransaction[] = []
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of this.#log.aborted(from)) {
      if (lastOffset >= from && firstOffset < to) found.push({ producerId, firstOffset })
      if (lastStableOffset >= to) break
    }
    return found
  }

  /** Every producer that is remembered. */
  *describe(): Generator<ActiveProducer, void, undefined> {
    for (const entry of this.#entries.values()) {
      const { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, transactionStart } = entry
      yield {
        producerId,
        producerEpoch,
        lastSequence,
        lastTimestamp,
        coordinatorEpoch,
        currentTxnStartOffset: transactionStart ?? -1,
      }
    }
  }

  /** Forgets producers that were silent for `producer.id.expiration.ms` and have no transaction open. */
  expire(now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.transactionStart === null && now - entry.lastTimestamp >= this.#expirationMs())
        this.#entries.delete(entry.producerId)
    }
  }

  /** The last data offset of a producer that is still remembered: compaction must leave a trace of it. Null where there is none. */
  lastOffsetOf(producerId: number): number | null {
    return this.#entries.get(producerId)?.last?.lastOffset ?? null
  }

  /** The log starts at `offset` now: transactions that ended before it are nobody's business. */
  startsAt(offset: number): void {
    this.#ended = this.#ended.filter(({ markerOffset }) => markerOffset >= offset)
  }

  clear(): void {
    this.#entries.clear()
    this.#open.clear()
    this.#ended = []
  }

  /** The snapshot file's content for the state as it is. */
  snapshot(): Uint8Array {
    return producerSnapshotBytes(this.#entries.values(), this.#entries.size)
  }

  /** Replaces everything by what a snapshot says. Throws DamagedFile and leaves the state empty. */
  restore(path: string, bytes: Uint8Array, now: number): void {
    this.clear()
    for (const entry of parseProducerSnapshot(path, bytes)) {
      if (entry.transactionStart === null && now - entry.lastTimestamp >= this.#expirationMs()) continue
      this.#entries.set(entry.producerId, entry)
    }
    const open = [...this.#entries.values()].filter(({ transactionStart }) => transactionStart !== null)
    open.sort((one, other) => one.transactionStart! - other.transactionStart!)
    for (const entry of open) this.#open.set(entry.producerId, entry)
  }
}
