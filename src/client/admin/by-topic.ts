// Partitions as requests name them: topic by topic.

import type { TopicPartition } from '../../assignors/index.ts'

/** In the order in which the topics come first. */
export function byTopic<T extends TopicPartition>(partitions: Iterable<T>): [topic: string, partitions: T[]][] {
  const topics = new Map<string, T[]>()
  for (const each of partitions) {
    const some = topics.get(each.topic)
    if (some) some.push(each)
    else topics.set(each.topic, [each])
  }
  return [...topics]
}
