// What `send` and `sendBatch` are given, and what they give back.

import type { ProducerRecord as ClientRecord, RecordMetadata as Place } from '../../client/producer/record.ts'
import type { Compression } from '../../protocol/compression/index.ts'
import { KafkaJSNonRetriableError } from '../errors/classes.ts'
import type { IHeaders, Message, ProducerBatch, RecordMetadata, TopicMessages } from '../types/index.ts'

/** By their numbers. */
const codecs: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Each topic once. Throws a KafkaJSNonRetriableError for a topic without a name and a message without a value. */
export function checkedTopics({ topicMessages = [] }: ProducerBatch): TopicMessages[] {
  const merged = new Map<string, Message[]>()
  for (const { topic, messages } of topicMessages) {
    if (!topic) throw new KafkaJSNonRetriableError('Invalid topic')
    if (!Array.isArray(messages)) throw new KafkaJSNonRetriableError(`Invalid messages array [${messages}] for topic "${topic}"`)
    const empty = messages.find((message) => message?.value === undefined)
    if (empty !== undefined || messages.includes(undefined as never)) {
      throw new KafkaJSNonRetriableError(`Invalid message without value for topic "${topic}": ${JSON.stringify(empty)}`)
    }
    merged.set(topic, [...(merged.get(topic) ?? []), ...messages])
  }
  return [...merged].map(([topic, messages]) => ({ topic, messages }))
}

export function codecOf(compression: number = 0): Compression {
  const codec = codecs[compression]
  if (codec === undefined) throw new KafkaJSNonRetriableError(`Compression type ${compression} is not one of 0 to 4`)
  return codec
}

type Sent = ClientRecord<Buffer | string | null, Buffer | string | null>

export function recordOf(topic: string, message: Message, partition: number, compressionType: Compression): Sent {
  const { key = null, value, headers, timestamp } = message
  return {
    topic,
    partition: Number(partition),
    key,
    value,
    compressionType,
    ...(headers ? { headers: pairsOf(headers) } : {}),
    ...(timestamp ? { timestamp: Number(timestamp) } : {}),
  }
}

/** A name with several values stands there as often. */
function pairsOf(headers: IHeaders): { key: string; value: string | Uint8Array | null }[] {
  return Object.entries(headers).flatMap(([key, given]) =>
    (Array.isArray(given) ? given : [given ?? null]).map((value) => ({ key, value })),
  )
}

/** One for each partition; `records` and `places` go together. */
export function metadataOf(records: readonly Sent[], places: readonly Place[]): RecordMetadata[] {
  const found = new Map<string, RecordMetadata>()
  for (const [i, { topic, partition, offset, timestamp }] of places.entries()) {
    const key = `${partition} ${topic}`
    const known = found.get(key)
    if (known && (offset < 0 || Number(known.baseOffset) <= offset)) continue
    const own = records[i]!.timestamp
    const logAppendTime = own === undefined || own === timestamp ? '-1' : String(timestamp)
    found.set(key, { topicName: topic, partition, errorCode: 0, baseOffset: String(offset), logAppendTime })
  }
  return [...found.values()]
}
