// Records of one partition that are sent together, from the first one until all who sent them know what became of them.

import type { PooledBytes } from '../../base/buffer-pool.ts'
import { type Deferred, deferred } from '../../base/deferred.ts'
import { type Compression, compress } from '../../protocol/compression/index.ts'
import { BatchAppender, CompressedPayload } from '../../protocol/records/appender.ts'
import type { NewRecord } from '../../protocol/records/builder.ts'
import type { ProducerIdentity } from './identity.ts'

/** Who wants to know what became of a record. `tag` is the number that it gave with it. */
export interface Delivery {
  delivered(tag: number, batch: ProducerBatch, index: number, baseOffset: number, logAppendTimeMs: number): void
  failed(tag: number, why: Error): void
}

export interface BatchPlace {
  readonly topic: string
  readonly partition: number
}

export class ProducerBatch {
  readonly topic: string
  readonly partition: number
  /** Monotonic: lingerMs and deliveryTimeoutMs count from here. */
  readonly createdAt: number
  readonly #memory: PooledBytes
  readonly #appender: BatchAppender
  readonly #deliveries: Delivery[] = []
  readonly #tags: number[] = []
  readonly #timestamps: number[] = []
  #compressed: CompressedPayload | null = null
  #finished: Deferred<void> | null = null
  /** No more records: it was drained, or is full. */
  isClosed = false
  isDone = false
  isOnWire = false
  /** It was sent, and nobody said what became of it: it may be in the log. */
  isAmbiguous = false
  attempts = 0
  /** Not before; monotonic. */
  retryAt = 0
  /** Null until it has its numbers. */
  identity: ProducerIdentity | null = null
  baseSequence = -1
  isTransactional = false

  constructor({ topic, partition }: BatchPlace, memory: PooledBytes, createdAt: number) {
    this.topic = topic
    this.partition = partition
    this.createdAt = createdAt
    this.#memory = memory
    this.#appender = new BatchAppender(memory.bytes as Buffer)
  }

  get recordCount(): number {
    return this.#appender.recordCount
  }

  /** Before compression. */
  get sizeInBytes(): number {
    return this.#appender.sizeInBytes
  }

  /** What it took of the producer's memory. */
  get reservedBytes(): number {
    return this.#memory.bytes.length
  }

  get hasSequence(): boolean {
    return this.baseSequence >= 0
  }

  get lastSequence(): number {
    return addSequence(this.baseSequence, this.recordCount - 1)
  }

  /** False where it does not fit any more, or is closed. */
  append(record: NewRecord, delivery: Delivery, tag: number): boolean {
    if (this.isClosed || !this.#appender.append(record)) return false
    this.#deliveries.push(delivery)
    this.#tags.push(tag)
    this.#timestamps.push(record.timestamp)
    return true
  }

  timestamp(index: number): number {
    return this.#timestamps[index]!
  }

  /** Gives it the next numbers of its producer. */
  number(identity: ProducerIdentity, baseSequence: number): void {
    this.identity = identity
    this.baseSequence = baseSequence
  }

  /** Compressed now; `level` undefined is the codec's own. Nothing where it is done, or nothing is to be done. */
  compress(codec: Compression, level: number | undefined): void {
    if (codec === 'none' || this.#compressed) return
    this.#compressed = new CompressedPayload(codec, compress(codec, this.#appender.payload(), level))
  }

  /** The payload as it is compressed elsewhere; null where that is done. */
  get uncompressed(): Uint8Array | null {
    return this.#compressed ? null : this.#appender.payload()
  }

  compressedElsewhere(codec: Compression, payload: Uint8Array): void {
    this.#compressed ??= new CompressedPayload(codec, payload)
  }

  /** The bytes to send, with the numbers that it has now. */
  bytes(): Uint8Array {
    const { identity, baseSequence, isTransactional } = this
    return this.#appender.finish(
      identity
        ? { producerId: identity.id, producerEpoch: identity.epoch, baseSequence, isTransactional }
        : { isTransactional: false },
      this.#compressed,
    )
  }

  /** Resolves when it is done, well or not. */
  get finished(): Promise<void> {
    if (this.isDone) return Promise.resolve()
    this.#finished ??= deferred()
    return this.#finished.promise
  }

  /** It is in the log; -1 where nobody said at which offset. */
  deliver(baseOffset: number, logAppendTimeMs: number): void {
    if (this.isDone) return
    this.isDone = true
    const tags = this.#tags
    this.#deliveries.forEach((delivery, index) => void delivery.delivered(tags[index]!, this, index, baseOffset, logAppendTimeMs))
    this.#finished?.resolve()
  }

  /** It is not, or nobody knows; `why(index)` may differ from record to record. */
  fail(why: (index: number) => Error): void {
    if (this.isDone) return
    this.isDone = true
    const tags = this.#tags
    this.#deliveries.forEach((delivery, index) => void delivery.failed(tags[index]!, why(index)))
    this.#finished?.resolve()
  }

  /** Nothing reads its bytes any more, so that others may have the memory. */
  release(): void {
    this.#memory.release()
  }
}

/** So many there are. */
export const SEQUENCES = 2 ** 31

/** Sequences go on with 0 after 2147483647. */
export function addSequence(sequence: number, more: number): number {
  return (sequence + more) % SEQUENCES
}
