// Records as handlers get them.

import type { ConsumerBatch, ConsumerRecord } from '../../client/consumer/record.ts'
import type { Batch, IHeaders, KafkaMessage } from '../types/index.ts'

type Bytes = Uint8Array | null
export type ClientBatch = ConsumerBatch<Bytes, Bytes>

export class FetchedBatch implements Batch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: string
  readonly messages: KafkaMessage[]
  readonly #highWatermark: number
  readonly #nextOffset: number

  constructor({ topic, partition, highWatermark, records, nextOffset }: ClientBatch) {
    this.topic = topic
    this.partition = partition
    this.highWatermark = String(highWatermark)
    this.messages = records.map(messageOf)
    this.#highWatermark = highWatermark
    this.#nextOffset = nextOffset
  }

  isEmpty(): boolean {
    return this.messages.length === 0
  }

  firstOffset(): string | null {
    return this.messages[0]?.offset ?? null
  }

  /** What is not for programs behind the last message (the marker of a transaction) counts as a part of the batch. */
  lastOffset(): string {
    return String(this.#nextOffset - 1)
  }

  offsetLag(): string {
    return String(this.#highWatermark - this.#nextOffset)
  }

  offsetLagLow(): string {
    return this.isEmpty() ? '0' : String(this.#highWatermark - 1 - Number(this.firstOffset()))
  }
}

function messageOf({ key, value, offset, timestamp, headers }: ConsumerRecord<Bytes, Bytes>): KafkaMessage {
  return {
    key: bufferOf(key),
    value: bufferOf(value),
    timestamp: String(timestamp),
    attributes: 0,
    offset: String(offset),
    headers: headersOf(headers),
  }
}

/** A name that stands there several times has a list. */
function headersOf(headers: ConsumerRecord<Bytes, Bytes>['headers']): IHeaders {
  const found: IHeaders = {}
  for (const { key, value } of headers) {
    const buffer = bufferOf(value) as Buffer
    const known = Object.hasOwn(found, key) ? found[key] : undefined
    if (Array.isArray(known)) known.push(buffer)
    else set(found, key, known === undefined ? buffer : [known, buffer])
  }
  return found
}

/** Whoever wrote the record chose the name: "__proto__" is one as others are. */
function set(headers: IHeaders, key: string, value: NonNullable<IHeaders[string]>): void {
  if (key === '__proto__') Object.defineProperty(headers, key, { value, enumerable: true, configurable: true, writable: true })
  else headers[key] = value
}

function bufferOf(bytes: Bytes): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
