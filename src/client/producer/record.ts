// What a producer is given, and what it gives back.

import type { Header } from '../../protocol/records/record.ts'

/** By name, or as a list where a name occurs twice or the order counts. A text is written in UTF-8. */
export type HeadersInput =
  | Readonly<Record<string, string | Uint8Array | null>>
  | readonly { readonly key: string; readonly value: string | Uint8Array | null }[]

export interface ProducerRecord<K = Uint8Array | string | null, V = Uint8Array | string | null> {
  readonly topic: string
  /** Chosen by the partitioner where it is left out. */
  readonly partition?: number | undefined
  /** Records with the same key go to the same partition. */
  readonly key?: K
  /** Null is a tombstone: compaction removes the key. */
  readonly value: V
  readonly headers?: HeadersInput | undefined
  /** Milliseconds since 1970; now, where it is left out. */
  readonly timestamp?: number | undefined
}

/** Where a record is. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  /** -1 where nobody tells it: with acks=0, and after a repetition whose first answer was lost long ago. */
  readonly offset: number
  /** Milliseconds since 1970: the record's own, or the broker's where the topic has LogAppendTime. */
  readonly timestamp: number
}

const NONE: Header[] = []

/** Headers as they are written; a list of its own, to which serializers may add. */
export function headersOf(given: HeadersInput | undefined): Header[] {
  if (given === undefined) return NONE.slice()
  const pairs = Array.isArray(given)
    ? (given as readonly { key: string; value: string | Uint8Array | null }[])
    : Object.entries(given as Record<string, string | Uint8Array | null>).map(([key, value]) => ({ key, value }))
  return pairs.map(({ key, value }) => ({ key, value: typeof value === 'string' ? Buffer.from(value) : value }))
}

/** What a value is, for the sentence that refuses it. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
