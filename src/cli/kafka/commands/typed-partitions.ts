// Partitions as they are typed: topic:0,1,2.

import type { TopicPartition } from '../../../client/index.ts'
import { UsageFailure } from '../failure.ts'

export function partitionsTyped(word: string): TopicPartition[] {
  const parts = word.replace(/:+$/, '').split(':')
  if (parts.length !== 2) throw new UsageFailure(`Invalid topic arg '${word}', expected topic name and partitions`)
  const [topic, partitions] = parts as [string, string]
  return partitions
    .replace(/,+$/, '')
    .split(',')
    .map((partition) => {
      if (!/^[+-]?\d{1,9}$/.test(partition))
        throw new UsageFailure(`Invalid partition '${partition}' specified in topic arg '${word}''`)
      return { topic, partition: Number(partition) }
    })
}
