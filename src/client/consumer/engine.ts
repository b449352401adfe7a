// What the ways to read share: the feed, what is out, and what wakes whoever waits.

import { deferred } from '../../base/deferred.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { AbortedError } from '../errors/index.ts'
import { closed } from '../patience.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import { Bell } from './bell.ts'
import type { Deliveries } from './deliveries.ts'
import type { Feed } from './feed.ts'

/** Milliseconds that reading may take before others have their turn of the event loop. */
const SLICE_MS = 4
/** Records between two looks at the clock. */
const RECORDS_A_LOOK = 32

export interface EngineOptions<K, V> {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly deliveries: Deliveries
  readonly feed: Feed<K, V>
  readonly maxRecords: number
  /** Called by whoever begins to read: the membership begins with it. */
  readonly onRead: () => void
}

export class Engine<K, V> {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly deliveries: Deliveries
  readonly feed: Feed<K, V>
  readonly maxRecords: number
  readonly bell = new Bell()
  readonly #onRead: () => void
  #trouble: { readonly error: Error; readonly holds: () => boolean; readonly isFinal: boolean } | null = null
  #isClosing = false
  #untilLook = RECORDS_A_LOOK
  #sliceEnds = 0

  constructor({ cluster, assignment, deliveries, feed, maxRecords, onRead }: EngineOptions<K, V>) {
    this.cluster = cluster
    this.assignment = assignment
    this.deliveries = deliveries
    this.feed = feed
    this.maxRecords = maxRecords
    this.#onRead = onRead
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Whoever reads ends. */
  close(): void {
    this.#isClosing = true
    this.bell.ring()
  }

  /** Somebody wants to read. Throws where the consumer is closed. */
  begin(): void {
    if (this.#isClosing) throw closed()
    this.#onRead()
  }

  /** For the program: whoever reads next meets it, if it still holds then. */
  fail(error: Error, { holds = () => true, isFinal = false }: Trouble = {}): void {
    if (isFinal || !this.#trouble?.holds()) this.#trouble = { error, holds, isFinal }
    this.bell.ring()
  }

  /** The program begins anew: what went wrong before means nothing any more. */
  forgive(): void {
    this.#trouble = null
  }

  /** Throws what went wrong: once, and what is final again and again. */
  check(signal?: AbortSignal): void {
    if (signal?.aborted) throw new AbortedError(signal.reason)
    const trouble = this.#trouble
    if (!trouble) return
    if (!trouble.isFinal) this.#trouble = null
    if (trouble.holds()) throw trouble.error
  }

  /** Whether others should have their turn of the event loop; to be asked once a record. */
  get isSliceOver(): boolean {
    if (--this.#untilLook > 0) return false
    this.#untilLook = RECORDS_A_LOOK
    return this.cluster.platform.clock.monotonic() > this.#sliceEnds
  }

  /** Lets others have their turn. */
  async breathe(): Promise<void> {
    const { clock } = this.cluster.platform
    await new Promise<void>((resume) => clock.soon(resume))
    this.#sliceEnds = clock.monotonic() + SLICE_MS
    this.#untilLook = RECORDS_A_LOOK
  }

  /** Waits until something may have changed. Who takes turns to look asks `bell` for `rung` before: what changes meanwhile is not missed. */
  async wait(signal?: AbortSignal, rung: Promise<void> = this.bell.wait()): Promise<void> {
    if (!signal) return rung
    if (signal.aborted) return
    const aborted = deferred<void>()
    const abort = () => aborted.resolve()
    signal.addEventListener('abort', abort)
    try {
      await Promise.race([rung, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** The program is done with this partition up to here. */
  done({ partition, era, offset, epoch }: Given): void {
    partition.done(offset, epoch, era)
  }
}

export interface Trouble {
  /** Whether it is still true: the program may go elsewhere. */
  readonly holds?: () => boolean
  /** Nothing comes any more. */
  readonly isFinal?: boolean
}

/** Something that the program was given of a partition: all before `offset`. */
export interface Given {
  readonly partition: AssignedPartition
  readonly era: number
  readonly offset: number
  readonly epoch: number
}

export function givenOf(partition: AssignedPartition): Given {
  return { partition, era: partition.era, offset: partition.offset, epoch: partition.epoch }
}
