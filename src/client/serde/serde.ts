// How keys and values become bytes and come back. A schema registry's serdes are of the same kind: they may take their time, and see the topic.

import type { Header } from '../../protocol/records/record.ts'

/** Where a key or a value stands. */
export interface SerdeContext {
  readonly topic: string
  readonly part: 'key' | 'value'
  /** The record's own; a serializer may add to them. */
  readonly headers: Header[]
}

export interface Serializer<T> {
  /** Null where there is nothing: a record without a key, a tombstone. Throws for what it cannot turn into bytes. */
  serialize(value: T, context: SerdeContext): Uint8Array | null | Promise<Uint8Array | null>
}

export interface Deserializer<T> {
  /** Null is given where the record has none. Throws for bytes that mean nothing. */
  deserialize(bytes: Uint8Array | null, context: SerdeContext): T | Promise<T>
}

/** Both ways. What is written is read as the same; null stays null. */
export interface Serde<T> extends Serializer<T>, Deserializer<T> {}
