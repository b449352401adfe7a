// What programs give a consumer, checked before anything is done with it. Numbers of partitions may be texts: KafkaJS gives them so where they were names of
// properties, and takes them back.

import type { TopicPartitionOffset } from '../../client/consumer/place.ts'
import { EARLIEST } from '../../client/consumer/reset.ts'
import { KafkaJSNonRetriableError } from '../errors/classes.ts'
import type { ConsumerConfig, TopicPartitionOffsetAndMetadata } from '../types/index.ts'
import type { SomePartitions } from './pauses.ts'

const DEFAULT_SESSION_MS = 30_000
const DEFAULT_HEARTBEAT_MS = 3000

export function checkConfig({
  groupId,
  sessionTimeout = DEFAULT_SESSION_MS,
  heartbeatInterval = DEFAULT_HEARTBEAT_MS,
}: ConsumerConfig): void {
  if (!groupId) throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.')
  if (heartbeatInterval >= sessionTimeout) {
    throw new KafkaJSNonRetriableError(
      `Consumer heartbeatInterval (${heartbeatInterval}) must be lower than sessionTimeout (${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of the sessionTimeout.`,
    )
  }
}

/** Names and patterns. */
export function checkedSubscription({ topic, topics }: { topic?: unknown; topics?: unknown }): (string | RegExp)[] {
  if (!topic && !topics) throw new KafkaJSNonRetriableError('Missing required argument "topics"')
  if (topics !== undefined && topics !== null && !Array.isArray(topics))
    throw new KafkaJSNonRetriableError('Argument "topics" must be an array')
  const all: unknown[] = (topics as unknown[] | undefined) ?? [topic]
  for (const each of all) {
    if (typeof each === 'string' || each instanceof RegExp) continue
    throw new KafkaJSNonRetriableError(`Invalid topic ${each} (${typeof each}), the topic name has to be a String or a RegExp`)
  }
  return all as (string | RegExp)[]
}

/** The place, and its offset as a number: -1 and -2 stand for the end and the beginning. */
export function checkedSeek({ topic, partition, offset }: { topic: string; partition: number; offset: string }) {
  checkPlace(topic, partition)
  const number = checkedOffset(offset)
  if (number < EARLIEST) throw new KafkaJSNonRetriableError('Offset must not be a negative number')
  return { place: { topic, partition: Number(partition) }, offset: number }
}

export function checkedCommits(given: readonly TopicPartitionOffsetAndMetadata[]): TopicPartitionOffset[] {
  return given.map(({ topic, partition, offset, metadata = null }) => {
    checkPlace(topic, partition)
    const number = checkedOffset(offset)
    if (number < 0) throw new KafkaJSNonRetriableError('Offset must not be a negative number')
    if (metadata !== null && typeof metadata !== 'string')
      throw new KafkaJSNonRetriableError(`Invalid offset metadata, expected string or null, received ${metadata}`)
    return { topic, partition: Number(partition), offset: number, ...(metadata === null ? {} : { metadata }) }
  })
}

export function checkPauses(given: readonly SomePartitions[]): void {
  for (const each of given) {
    if (!each?.topic) throw new KafkaJSNonRetriableError(`Invalid topic ${each?.topic ?? each}`)
    const { partitions } = each
    if (
      partitions !== undefined &&
      (!Array.isArray(partitions) || partitions.some((partition) => Number.isNaN(Number(partition))))
    )
      throw new KafkaJSNonRetriableError(
        `Array of valid partitions required to pause specific partitions instead of ${partitions}`,
      )
  }
}

function checkPlace(topic: string, partition: number): void {
  if (!topic) throw new KafkaJSNonRetriableError(`Invalid topic ${topic}`)
  if (Number.isNaN(Number(partition)))
    throw new KafkaJSNonRetriableError(`Invalid partition, expected a number received ${partition}`)
}

function checkedOffset(offset: string): number {
  const text = String(offset)
  const number = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new KafkaJSNonRetriableError(`Invalid offset, expected a long received ${offset}`)
  return number
}
