// Who waits for records: one promise for one, one for many, or nobody in particular.

import { type Deferred, deferred } from '../../base/deferred.ts'
import type { Delivery, ProducerBatch } from './batch.ts'
import type { RecordMetadata } from './record.ts'

/** The promise of a single record. */
export class OneDelivery implements Delivery {
  readonly #resolve: (metadata: RecordMetadata) => void
  readonly #reject: (why: unknown) => void

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (why: unknown) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  delivered(_tag: number, batch: ProducerBatch, index: number, baseOffset: number, logAppendTimeMs: number): void {
    this.#resolve(metadataOf(batch, index, baseOffset, logAppendTimeMs))
  }

  failed(_tag: number, why: Error): void {
    this.#reject(why)
  }
}

/** Many records and one promise; tags are their places in the list. It waits for all of them, also where one has failed. */
export class ManyDelivery implements Delivery {
  readonly #found: RecordMetadata[]
  readonly #all: Deferred<readonly RecordMetadata[]> = deferred()
  #left: number
  #trouble: unknown

  constructor(count: number) {
    this.#found = new Array<RecordMetadata>(count)
    this.#left = count
    if (count === 0) this.#all.resolve(this.#found)
  }

  /** In the order of the list. Rejects with the first failure. */
  get promise(): Promise<readonly RecordMetadata[]> {
    return this.#all.promise
  }

  delivered(tag: number, batch: ProducerBatch, index: number, baseOffset: number, logAppendTimeMs: number): void {
    this.#found[tag] = metadataOf(batch, index, baseOffset, logAppendTimeMs)
    this.#one()
  }

  failed(_tag: number, why: unknown): void {
    this.#trouble ??= why
    this.#one()
  }

  #one(): void {
    if (--this.#left > 0) return
    if (this.#trouble === undefined) this.#all.resolve(this.#found)
    else this.#all.reject(this.#trouble)
  }
}

/** Records that nobody waits for one by one: the first failure is kept for who asks for all. */
export class UnawaitedDelivery implements Delivery {
  #trouble: Error | null = null

  delivered(): void {}

  failed(_tag: number, why: Error): void {
    this.#trouble ??= why
  }

  /** The first failure since the last question. */
  takeTrouble(): Error | null {
    const trouble = this.#trouble
    this.#trouble = null
    return trouble
  }
}

function metadataOf(batch: ProducerBatch, index: number, baseOffset: number, logAppendTimeMs: number): RecordMetadata {
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: baseOffset < 0 ? -1 : baseOffset + index,
    timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : batch.timestamp(index),
  }
}
