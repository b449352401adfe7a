// What handlers ask about topics: names and ids from the metadata image, replicas from this broker.

import { ZERO_UUID } from '../base/uuid.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'

/** Topics that coordinators own. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

export class Topics {
  readonly #image: () => MetadataImage
  readonly #replicas: Replicas

  constructor(image: () => MetadataImage, replicas: Replicas) {
    this.#image = image
    this.#replicas = replicas
  }

  /** UNKNOWN_TOPIC_ID for an id that is zero or that no topic has. */
  nameOf(topicId: string): string {
    const topic = topicId === ZERO_UUID ? undefined : this.#image().topicsById.get(topicId)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_ID', `no topic has the id ${topicId}`)
    return topic.name
  }

  idOf(name: string): string | undefined {
    return this.#image().topic(name)?.id
  }

  isInternal(name: string): boolean {
    return INTERNAL_TOPICS.has(name)
  }

  /**
   * The replica on this broker; where it has none, the error that sends the client elsewhere. Never that of an earlier topic of the same name, which
   * this broker has yet to take away (KIP-516): with a topic id `otherTopic`, which is UNKNOWN_TOPIC_ID for Produce as in Kafka; by name it is none, as what
   * went into it would be removed with it.
   */
  partition(
    name: string,
    index: number,
    topicId?: string,
    otherTopic: 'INCONSISTENT_TOPIC_ID' | 'UNKNOWN_TOPIC_ID' = 'INCONSISTENT_TOPIC_ID',
  ): Partition {
    const topic = this.#image().topic(name)
    const partition = this.#replicas.get(name, index)
    if (partition && isOf(partition, topicId ?? topic?.id)) return partition
    if (partition && topicId !== undefined)
      throw new KafkaError(otherTopic, `${partition.name} here has the id ${partition.topicId}; asked for ${topicId}`)
    if (topic?.partitions[index])
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `this broker holds no replica of ${name}-${index}`)
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no partition ${name}-${index}`)
  }
}

/** A log that lost its partition.metadata does not say whose it is. */
function isOf({ topicId }: Partition, id: string | undefined): boolean {
  return id !== undefined && (topicId === id || topicId === '')
}
