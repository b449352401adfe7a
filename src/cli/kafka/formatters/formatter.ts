// What prints the records that kafka-console-consumer reads.

import type { Header } from '../../../protocol/records/record.ts'
import type { Surroundings } from '../command.ts'

/** A record as a formatter gets it. */
export interface FormattedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  /** Null where it is not told: the consumers of Kafka's commands do not. */
  readonly leaderEpoch: number | null
  readonly deliveryCount: number | null
}

/** Bytes that are to be printed, until somebody takes them. */
export class Sink {
  #chunks: Uint8Array[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  text(text: string): void {
    this.bytes(Buffer.from(text))
  }

  /** They must not change until they are taken. */
  bytes(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#size += bytes.length
  }

  take(): Uint8Array {
    const all = Buffer.concat(this.#chunks, this.#size)
    this.#chunks = []
    this.#size = 0
    return all
  }
}

/** Throws where a record is not what it takes for one; what was printed of it until then stays. */
export type Formatter = (record: FormattedRecord, to: Sink) => void

/** Makes one out of its properties; throws a Failure where they make no sense. */
export type MakeFormatter = (properties: ReadonlyMap<string, string>, around: Surroundings) => Formatter
