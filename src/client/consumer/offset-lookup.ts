// Asks leaders for offsets: of times, of the ends of partitions (ListOffsets), and of where a leader epoch ended (OffsetForLeaderEpoch).

import type { ConsumerSettings } from '../../config/client/consumer.ts'
import type { Exchange } from '../../net/peer.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/messages/list-offsets.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../../protocol/messages/offset-for-leader-epoch.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { byTopic, nameOf, type TopicPartition } from './place.ts'

const LIST: Exchange<ListOffsetsRequest, ListOffsetsResponse> = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const EPOCHS: Exchange<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> = {
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
}
const CONSUMER = -1

export interface TimeQuery extends TopicPartition {
  /** Milliseconds since 1970, EARLIEST or LATEST. */
  readonly timestamp: number
}

export interface FoundOffset extends TopicPartition {
  /** -1 where no record is so young. */
  readonly offset: number
  /** Of the record; -1 for EARLIEST and LATEST. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface TimesAnswer {
  readonly found: readonly FoundOffset[]
  /** What may be answered a moment later, and why it was not. */
  readonly missed: readonly TimeQuery[]
  readonly trouble: ClientError | null
  /** Why some will not be answered however often they are asked. */
  readonly refused: ClientError | null
}

export interface EpochQuery extends TopicPartition {
  readonly currentLeaderEpoch: number
  readonly leaderEpoch: number
}

export interface EpochEnd extends TopicPartition {
  /** The epoch that was asked for, or the last one before it; -1 where the leader knows none. */
  readonly leaderEpoch: number
  readonly endOffset: number
}

interface Led extends TopicPartition {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export class OffsetLookup {
  readonly #cluster: Cluster
  readonly #config: ConsumerSettings

  constructor(cluster: Cluster, config: ConsumerSettings) {
    this.#cluster = cluster
    this.#config = config
  }

  /** One answer for each question, in any order; asks leaders until all have answered. Throws what will not get better by itself, and a TimeoutError. */
  async times(queries: readonly TimeQuery[], patience: Patience): Promise<FoundOffset[]> {
    const all: FoundOffset[] = []
    let left = queries
    await this.#cluster.retries.run(patience, async () => {
      const topics = [...new Set(left.map(({ topic }) => topic))]
      const infos = await this.#cluster.topics(topics, patience)
      for (const query of left) {
        if (infos.find(({ name }) => name === query.topic)?.partitions[query.partition]) continue
        throw brokerError('UNKNOWN_TOPIC_OR_PARTITION', nameOf(query), null, { retriable: false })
      }
      const { found, missed, trouble, refused } = await this.timesOnce(left, patience)
      all.push(...found)
      left = missed
      if (refused ?? trouble) throw refused ?? trouble
    })
    return all
  }

  /** Asks the leaders that are known, once. Each question is answered, missed or refused. */
  async timesOnce(queries: readonly TimeQuery[], patience: Patience): Promise<TimesAnswer> {
    const { groups, missed, trouble } = this.#byLeader(queries)
    const answer = { found: [] as FoundOffset[], missed: missed as TimeQuery[], trouble, refused: null as ClientError | null }
    const fail = (error: ClientError, own: readonly TimeQuery[]) => {
      this.#cluster.heed(error)
      if (!error.retriable) {
        answer.refused ??= error
        return
      }
      answer.trouble = error
      answer.missed.push(...own)
    }
    const asking = groups.map(async ([leaderId, own]) => {
      try {
        const open = new Map(own.map((query) => [nameOf(query), query]))
        for (const each of await this.#listAt(leaderId, own, patience)) {
          const query = open.get(nameOf(each))
          if (!query) continue
          open.delete(nameOf(each))
          if (each.error) fail(each.error, [query])
          else answer.found.push(each)
        }
        for (const [name, query] of open) fail(leftOut(name), [query])
      } catch (thrown) {
        if (!(thrown instanceof ClientError)) throw thrown
        fail(thrown, own)
      }
    })
    await Promise.all(asking)
    return answer
  }

  /** Where the epoch ended at the leader that is known, asked once. */
  async epochEnd(query: EpochQuery, patience: Patience): Promise<EpochEnd> {
    const { topic, partition, currentLeaderEpoch, leaderEpoch } = query
    const { groups, trouble } = this.#byLeader([query])
    const [leading] = groups
    if (!leading) throw trouble
    const body = { replicaId: CONSUMER, topics: [{ topic, partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }] }
    const answer = await this.#cluster.node(leading[0]).send(EPOCHS, body, this.#cluster.retries.within(patience))
    const found = answer.topics[0]?.partitions[0]
    if (!found) throw brokerError('UNKNOWN_SERVER_ERROR', `OffsetForLeaderEpoch of ${nameOf(query)}`, 'the answer is empty')
    if (found.errorCode !== 0) throw brokerError(found.errorCode, `OffsetForLeaderEpoch of ${nameOf(query)}`)
    return { topic, partition, leaderEpoch: found.leaderEpoch, endOffset: found.endOffset }
  }

  #byLeader<T extends TopicPartition>(
    queries: readonly T[],
  ): { groups: readonly [leaderId: number, queries: (T & Led)[]][]; missed: T[]; trouble: ClientError | null } {
    const groups = new Map<number, (T & Led)[]>()
    const missed: T[] = []
    for (const query of queries) {
      const known = this.#cluster.peekTopic(query.topic)?.partitions[query.partition]
      if (!known || known.leaderId === null) {
        missed.push(query)
        continue
      }
      const led = { ...query, leaderId: known.leaderId, leaderEpoch: known.leaderEpoch }
      const own = groups.get(known.leaderId)
      if (own) own.push(led)
      else groups.set(known.leaderId, [led])
    }
    if (missed.length > 0) this.#cluster.invalidate()
    const trouble = missed[0] ? brokerError('LEADER_NOT_AVAILABLE', nameOf(missed[0])) : null
    return { groups: [...groups], missed, trouble }
  }

  async #listAt(
    leaderId: number,
    queries: readonly (TimeQuery & Led)[],
    patience: Patience,
  ): Promise<(FoundOffset & { readonly error: ClientError | null })[]> {
    const topics = [...byTopic(queries)].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, leaderEpoch, timestamp }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: leaderEpoch,
        timestamp,
      })),
    }))
    const isolationLevel = this.#config.isolationLevel === 'read_committed' ? 1 : 0
    const within = this.#cluster.retries.within(patience)
    const body = { replicaId: CONSUMER, isolationLevel, topics, timeoutMs: this.#config.requestTimeoutMs }
    const answer = await this.#cluster.node(leaderId).send(LIST, body, within)
    return answer.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch }) => {
        const error = errorCode === 0 ? null : brokerError(errorCode, `ListOffsets of ${topic}-${partition}`)
        return { topic, partition, offset, timestamp, leaderEpoch, error }
      }),
    )
  }
}

function leftOut(name: string): ClientError {
  return brokerError('UNKNOWN_SERVER_ERROR', `ListOffsets of ${name}`, 'the answer leaves it out', { retriable: true })
}
