// Records of a share group, each of them told of when it was printed, for kafka-console-share-consumer.

import type { AcknowledgeType, ShareConsumer, ShareRecord } from '../../../client/share-consumer/index.ts'
import type { RawRecord, Source } from './console-reading.ts'

export interface ShareOutcome {
  /** What becomes of a record that was printed. */
  readonly acknowledges: AcknowledgeType
  /** Whether one that cannot be printed is rejected, and not the end. */
  readonly rejectsSpoilt: boolean
}

export class ShareSource implements Source {
  readonly #consumer: ShareConsumer
  readonly #topic: string
  readonly #outcome: ShareOutcome

  constructor(consumer: ShareConsumer, topic: string, outcome: ShareOutcome) {
    this.#consumer = consumer
    this.#topic = topic
    this.#outcome = outcome
  }

  begin(): void {
    this.#consumer.subscribe(this.#topic)
  }

  poll(options: Parameters<Source['poll']>[0]): Promise<readonly RawRecord[]> {
    return this.#consumer.poll(options)
  }

  deliveryCount(record: RawRecord): number {
    return (record as ShareRecord<Uint8Array | null, Uint8Array | null>).deliveryCount
  }

  taken(): void {}

  printed(record: RawRecord): void {
    this.#consumer.acknowledge(record, this.#outcome.acknowledges)
  }

  spoilt(record: RawRecord): boolean {
    if (this.#outcome.rejectsSpoilt) this.#consumer.acknowledge(record, 'reject')
    return this.#outcome.rejectsSpoilt
  }

  /** Others get what was taken and not printed. */
  end(): Promise<void> {
    return this.#consumer.close()
  }
}
