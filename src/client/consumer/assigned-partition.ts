// A partition that this consumer reads: where it is, what waits to be handed out, and what keeps it from going on.

import type { FetchedRecords } from './fetched-records.ts'
import { nameOf, type TopicPartition } from './place.ts'
import type { Search } from './reset.ts'

const UNKNOWN = -1

export class AssignedPartition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** `orders-3`. */
  readonly name: string
  /** Of the topic that the position is one of; null while it is not known. */
  topicId: string | null = null
  /** The next record to hand out, and the leader epoch of the one before it; -1 while not known. */
  offset = UNKNOWN
  epoch = UNKNOWN
  /** All before it is done, as far as the program told. */
  doneOffset = UNKNOWN
  doneEpoch = UNKNOWN
  /** Behind the last record that was handed out. */
  #handedOut = UNKNOWN
  /** What was committed last by itself. */
  committedOffset = UNKNOWN
  /** Where the next Fetch begins: the end of what waits here. */
  fetchOffset = UNKNOWN
  /** How `offset` is being found; null while it is known. */
  search: Search | null = null
  /** The leader epoch that `offset` was compared with, and whether it is being compared with a newer one (KIP-320). */
  checkedEpoch = UNKNOWN
  isChecking = false
  /** Grows with every seek: what was handed out before is done elsewhere. */
  era = 0
  /** Grows, too, when what waits is dropped: answers to what was asked before are not taken. */
  turn = 0
  isPaused = false
  /** It is about to be taken away: nothing is handed out any more. */
  isHeld = false
  #isGone = false
  readonly #goneListeners = new Set<() => void>()
  /** Itself, as lists of partitions want it. */
  readonly asList: readonly AssignedPartition[] = [this]
  highWatermark = UNKNOWN
  lastStableOffset = UNKNOWN
  logStartOffset = UNKNOWN
  /** A follower that the leader named as the closer one (KIP-392), and until when (monotonic). */
  readReplica: { readonly id: number; readonly until: number } | null = null
  /** Not to be asked for before (monotonic): something failed. */
  notBefore = 0
  failures = 0
  bufferedBytes = 0
  readonly #waiting: FetchedRecords[] = []

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic
    this.partition = partition
    this.name = nameOf(this)
  }

  /** It was taken away. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** It is taken away: what waits is dropped. */
  leave(): void {
    this.#isGone = true
    this.clear()
    for (const run of this.#goneListeners) run()
  }

  /** Runs `run` when it is taken away; returns what ends that. */
  onGone(run: () => void): () => void {
    this.#goneListeners.add(run)
    return () => void this.#goneListeners.delete(run)
  }

  get hasPosition(): boolean {
    return this.search === null && this.offset !== UNKNOWN
  }

  /** Whether there may be something to hand out now. */
  get isReady(): boolean {
    return this.#waiting.length > 0 && !this.isPaused && !this.isHeld && !this.#isGone
  }

  /** What is handed out next. */
  get first(): FetchedRecords | undefined {
    return this.#waiting[0]
  }

  add(records: FetchedRecords): void {
    this.#waiting.push(records)
    this.bufferedBytes += records.sizeInBytes
  }

  /** The first of what waits is read to its end. */
  dropFirst(): void {
    const first = this.#waiting.shift()
    if (!first) return
    this.bufferedBytes -= first.sizeInBytes
    first.close()
  }

  /** Nothing waits any more; what was not handed out is asked for again. */
  clear(): void {
    while (this.#waiting.length > 0) this.dropFirst()
    this.fetchOffset = this.offset
    this.turn++
  }

  /** The record before `offset` was handed out. */
  handOut(offset: number, epoch: number): void {
    this.offset = this.#handedOut = offset
    this.epoch = epoch
  }

  /** What was handed out last could not be given: it is read again from here. */
  rewind(offset: number): void {
    this.offset = offset
    this.#handedOut = Math.min(this.#handedOut, offset)
    this.clear()
  }

  /** What stands before `offset` is not for the program: markers, gaps, aborted transactions. */
  skipTo(offset: number, epoch: number): void {
    this.offset = Math.max(this.offset, offset)
    if (epoch !== UNKNOWN) this.epoch = epoch
  }

  /** The program is done with all before `offset`, which it was given in `era`. */
  done(offset: number, epoch: number, era: number): void {
    if (era !== this.era || offset <= this.doneOffset) return
    this.doneOffset = offset
    this.doneEpoch = epoch
  }

  /** What an automatic commit takes: behind what is done, and what was passed over after it. Null while there is nothing to say. */
  get committable(): { readonly offset: number; readonly leaderEpoch: number } | null {
    if (!this.hasPosition) return null
    if (this.doneOffset >= this.#handedOut) return { offset: this.offset, leaderEpoch: this.epoch }
    return { offset: this.doneOffset, leaderEpoch: this.doneEpoch }
  }

  /** From here on; what waits is forgotten. */
  moveTo(offset: number, epoch: number = UNKNOWN): void {
    this.era++
    this.search = null
    this.offset = this.doneOffset = this.#handedOut = offset
    this.epoch = this.doneEpoch = epoch
    this.checkedEpoch = UNKNOWN
    this.failures = 0
    this.readReplica = null
    this.clear()
  }

  /** Its position has to be found. */
  searchFor(search: Search): void {
    this.era++
    this.search = search
    this.offset = this.doneOffset = this.#handedOut = UNKNOWN
    this.epoch = this.doneEpoch = UNKNOWN
    this.notBefore = 0
    this.failures = 0
    this.clear()
  }

  /** The topic was deleted and made again: nothing that is known of the old one holds in this one. */
  renew(topicId: string): void {
    this.topicId = topicId
    this.committedOffset = this.checkedEpoch = UNKNOWN
    this.highWatermark = this.lastStableOffset = this.logStartOffset = UNKNOWN
    this.readReplica = null
    this.searchFor({ kind: 'committed' })
  }

  /** How many records there are that were not handed out; null while nobody knows. With `isCommitted` those up to the last stable offset. */
  lag(isCommitted: boolean): number | null {
    const end = isCommitted ? this.lastStableOffset : this.highWatermark
    return end === UNKNOWN || !this.hasPosition ? null : Math.max(0, end - this.offset)
  }
}
