// Records of a consumer, alone in a partition or with others in a group, for kafka-console-consumer.

import { ClientError } from '../../../client/errors/index.ts'
import type { Consumer, TopicPartitionOffset } from '../../../client/index.ts'
import type { Surroundings } from '../command.ts'
import { javaText } from '../java.ts'
import { logError } from '../log-line.ts'
import type { RawRecord, Source } from './console-reading.ts'

export const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'

export interface Place {
  readonly topic: string | RegExp
  /** Null: all partitions, shared with the others of the group. */
  readonly partition: number | null
  readonly offset: number | 'earliest' | 'latest'
  readonly skipsErrors: boolean
  /** What was printed counts as read for the group. */
  readonly commits: boolean
}

export class ConsumerSource implements Source {
  readonly #consumer: Consumer
  readonly #place: Place
  readonly #around: Surroundings
  /** Behind what was printed of each partition and is not committed. */
  readonly #done = new Map<string, TopicPartitionOffset>()

  constructor(consumer: Consumer, place: Place, around: Surroundings) {
    this.#consumer = consumer
    this.#place = place
    this.#around = around
  }

  begin(): void {
    const { topic, partition, offset } = this.#place
    if (partition === null || topic instanceof RegExp) return this.#consumer.subscribe(topic)
    const only = { topic, partition }
    this.#consumer.assign([only])
    if (offset === 'earliest') this.#consumer.seekToBeginning([only])
    else if (offset === 'latest') this.#consumer.seekToEnd([only])
    else this.#consumer.seek(only, offset)
  }

  async poll(options: Parameters<Source['poll']>[0]): Promise<readonly RawRecord[]> {
    const records = await this.#consumer.poll(options)
    // All that a poll gave before counts as read by now.
    this.#done.clear()
    return records
  }

  deliveryCount(): null {
    return null
  }

  taken({ topic, partition, offset, leaderEpoch }: RawRecord): void {
    this.#done.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1, leaderEpoch })
  }

  printed(): void {}

  spoilt(): boolean {
    return this.#place.skipsErrors
  }

  /** Commits what was printed, and no more: the rest of a poll comes again. */
  async end(): Promise<void> {
    try {
      if (this.#place.commits && this.#done.size > 0) await this.#consumer.commit([...this.#done.values()])
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      logError(this.#around, CONSOLE_CONSUMER, 'Exception while committing what was read: ', javaText(thrown))
    } finally {
      await this.#consumer.close()
    }
  }
}
