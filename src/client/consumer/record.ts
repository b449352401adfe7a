// Records as programs get them.

import type { TimestampType } from '../../protocol/records/batch.ts'
import type { Header, Record } from '../../protocol/records/record.ts'
import { SerializationError } from '../errors/index.ts'
import type { Deserializer } from '../serde/serde.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { FetchedRecords } from './fetched-records.ts'
import type { TopicPartition } from './place.ts'

export interface ConsumerRecord<K, V> extends TopicPartition {
  readonly offset: number
  /** Milliseconds since 1970; -1 where the producer gave none. */
  readonly timestamp: number
  readonly timestampType: TimestampType
  readonly key: K
  readonly value: V
  readonly headers: readonly Header[]
  /** Of the leader that took it. */
  readonly leaderEpoch: number
}

/** Several records of one partition, in order. */
export interface ConsumerBatch<K, V> extends TopicPartition {
  readonly records: readonly ConsumerRecord<K, V>[]
  readonly firstOffset: number
  readonly lastOffset: number
  /** The end of the partition, as the leader said it last. */
  readonly highWatermark: number
  /** How many records there are behind this batch. */
  readonly lag: number
}

/** A key or value that its deserializer does not take. The position stays at it: seek behind it to go on. */
export class RecordDeserializationError extends SerializationError implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly offset: number

  constructor({ topic, partition }: TopicPartition, offset: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${topic}-${partition} at offset ${offset}: ${why}`, { cause })
    this.topic = topic
    this.partition = partition
    this.offset = offset
  }
}

/** Makes what programs get out of what lies in batches. */
export class RecordMaker<K, V> {
  readonly #key: Deserializer<K> | null
  readonly #value: Deserializer<V> | null

  /** Null leaves bytes as they are. */
  constructor(key: Deserializer<K> | null, value: Deserializer<V> | null) {
    this.#key = key
    this.#value = value
  }

  /** A promise where a deserializer takes its time. Throws, or rejects with, a RecordDeserializationError. */
  make(place: AssignedPartition, fetched: FetchedRecords, record: Record): ConsumerRecord<K, V> | Promise<ConsumerRecord<K, V>> {
    const key = this.#part(this.#key, 'key', place, record, record.key)
    const value = this.#part(this.#value, 'value', place, record, record.value)
    const { timestampType, leaderEpoch } = fetched
    if (!isPromise(key) && !isPromise(value)) return recordOf(place, record, timestampType, leaderEpoch, key, value)
    return Promise.all([key, value]).then(
      ([k, v]) => recordOf(place, record, timestampType, leaderEpoch, k, v),
      (thrown) => {
        throw new RecordDeserializationError(place, record.offset, thrown)
      },
    )
  }

  #part<T>(
    deserializer: Deserializer<T> | null,
    part: 'key' | 'value',
    place: AssignedPartition,
    { headers, offset }: Record,
    bytes: Uint8Array | null,
  ): T | Promise<T> {
    if (deserializer === null) return bytes as T
    try {
      return deserializer.deserialize(bytes, { topic: place.topic, part, headers: headers as Header[] })
    } catch (thrown) {
      throw new RecordDeserializationError(place, offset, thrown)
    }
  }
}

function recordOf<K, V>(
  { topic, partition }: AssignedPartition,
  { offset, timestamp, headers }: Record,
  timestampType: TimestampType,
  leaderEpoch: number,
  key: K,
  value: V,
): ConsumerRecord<K, V> {
  return { topic, partition, offset, timestamp, timestampType, key, value, headers, leaderEpoch }
}

export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null)?.then === 'function'
}
