// Records in, and all of them out again.

import { partitionKey } from '../client/admin/outcomes.ts'
import { Consumer, type ConsumerRecord } from '../client/consumer/index.ts'
import { Patience, type WaitOptions } from '../client/patience.ts'
import type { Producer } from '../client/producer/producer.ts'
import type { HeadersInput, RecordMetadata } from '../client/producer/record.ts'
import type { Deserializer } from '../client/serde/serde.ts'
import { string } from '../client/serde/serdes.ts'
import type { Clock } from '../platform/clock.ts'
import type { TestClient } from './kafka.ts'

/** A value, or what else a record has. */
export type TestRecord = string | Uint8Array | TestRecordParts

export interface TestRecordParts {
  readonly key?: string | Uint8Array | null
  readonly value: string | Uint8Array | null
  readonly partition?: number
  readonly headers?: HeadersInput
  /** Milliseconds since 1970; default: now, by the brokers' time. */
  readonly timestamp?: number
}

export interface ReadOptions<K, V> extends WaitOptions {
  /** Default: texts. */
  readonly keyDeserializer?: Deserializer<K>
  /** Default: texts. */
  readonly valueDeserializer?: Deserializer<V>
  /** Default `read_uncommitted`, as Kafka's. */
  readonly isolationLevel?: 'read_committed' | 'read_uncommitted'
  /** How long it may take, in real milliseconds; default 30 seconds. */
  readonly timeoutMs?: number
}

const READ_MS = 30_000
const POLL_MS = 50

/** Sends records in their order; resolves with their places when every in-sync replica has them. */
export function produceAll(
  producer: Producer,
  topic: string,
  records: readonly TestRecord[],
  options: WaitOptions = {},
): Promise<readonly RecordMetadata[]> {
  const whole = records.map((record) =>
    typeof record === 'string' || record instanceof Uint8Array ? { topic, value: record } : { ...record, topic },
  )
  return producer.sendAll(whole, options)
}

/** All records that the topic has at the time of the call, in the order of partitions and offsets. */
export async function readAll<K, V>(
  client: TestClient,
  real: Clock,
  topic: string,
  options: ReadOptions<K, V> = {},
): Promise<ConsumerRecord<K, V>[]> {
  const { isolationLevel = 'read_uncommitted', timeoutMs = READ_MS, signal } = options
  const patience = new Patience({ clock: real, what: `reading all of ${topic}`, timeoutMs, signal })
  await using consumer = new Consumer<K, V>({
    ...client,
    isolationLevel,
    keyDeserializer: options.keyDeserializer ?? (string as Deserializer<unknown> as Deserializer<K>),
    valueDeserializer: options.valueDeserializer ?? (string as Deserializer<unknown> as Deserializer<V>),
  })
  const known = await patience.race(consumer.partitionsFor(topic, { signal }))
  const partitions = known.map(({ index }) => ({ topic, partition: index }))
  const begins = await patience.race(consumer.beginningOffsets(partitions, { signal }))
  const ends = await patience.race(consumer.endOffsets(partitions, { signal }))
  const left = new Map(partitions.flatMap((each, at) => (begins[at]! < ends[at]! ? [[each, ends[at]!] as const] : [])))
  const endOf = new Map([...left].map(([{ partition }, end]) => [partition, end]))
  consumer.assign([...left.keys()])
  consumer.seekToBeginning([...left.keys()])
  const found: ConsumerRecord<K, V>[] = []
  while (left.size > 0) {
    const missing = [...left].map(([{ partition }, end]) => `${partitionKey(topic, partition)} up to offset ${end}`)
    patience.blame(new Error(`not read yet: ${missing.join(', ')}`))
    found.push(...(await patience.race(consumer.poll({ timeoutMs: POLL_MS, signal }))))
    for (const [each, end] of left) if ((await patience.race(consumer.position(each))) >= end) left.delete(each)
  }
  return found
    .filter(({ partition, offset }) => offset < endOf.get(partition)!)
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}
