// A partition as a share consumer knows it: by the id of its topic, since a topic that was made again is another one.

import type { TopicPartition } from '../consumer/place.ts'

export interface SharePartition extends TopicPartition {
  readonly topicId: string
  /** `orders-3`: as messages and maps name it. */
  readonly name: string
}

/** Every partition is one object, so that maps may be kept by it. */
export class SharePartitions {
  readonly #known = new Map<string, SharePartition>()

  get(topicId: string, topic: string, partition: number): SharePartition {
    const key = `${topicId}/${partition}`
    let known = this.#known.get(key)
    if (!known) this.#known.set(key, (known = { topicId, topic, partition, name: `${topic}-${partition}` }))
    return known
  }

  /** Undefined for one that was never asked for. */
  find(topicId: string, partition: number): SharePartition | undefined {
    return this.#known.get(`${topicId}/${partition}`)
  }
}

/** By topic, as requests want them. */
export function byTopicId(partitions: Iterable<SharePartition>): Map<string, SharePartition[]> {
  const topics = new Map<string, SharePartition[]>()
  for (const each of partitions) {
    const known = topics.get(each.topicId)
    if (known) known.push(each)
    else topics.set(each.topicId, [each])
  }
  return topics
}
