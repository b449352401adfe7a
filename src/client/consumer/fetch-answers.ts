// What brokers answer to Fetch: records go to their partitions, and each error to whoever can mend it.

import { errorName } from '../../protocol/errors.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import { brokerError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { FetchSession } from './fetch-session.ts'
import { endOffsetOf, FetchedRecords } from './fetched-records.ts'
import type { FetcherOptions } from './fetcher.ts'

/** UNKNOWN_SERVER_ERROR: the broker may be better a moment later. */
const UNKNOWN_ERROR = -1

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

interface Asked {
  readonly partition: AssignedPartition
  /** Of the partition when it was asked. */
  readonly turn: number
}

/** Memory of one answer: free when the last of its records was read. */
class Share {
  #holders = 0
  #bytes = 0
  readonly #free: (bytes: number) => void

  constructor(free: (bytes: number) => void) {
    this.#free = free
  }

  hold(bytes: number): () => void {
    this.#holders++
    this.#bytes += bytes
    return () => this.#free(--this.#holders === 0 ? this.#bytes : 0)
  }

  get bytes(): number {
    return this.#bytes
  }
}

export class FetchAnswers {
  readonly #options: FetcherOptions

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /**
   * Hands the records to their partitions; gives the bytes that wait now, which `free` is told when they do no longer; it hears of every partition's
   * share, with no bytes while there are others.
   */
  take(
    nodeId: number,
    session: FetchSession,
    asked: ReadonlyMap<string, Asked>,
    answer: FetchResponse,
    free: (bytes: number) => void,
  ): number {
    const share = new Share(free)
    const endpoints = answer.nodeEndpoints.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack }))
    for (const { topic, topicId, partitions } of answer.responses) {
      for (const each of partitions) {
        const part = session.find(topic, topicId, each.partitionIndex)
        const known = part && asked.get(`${part.topic}-${part.partition}`)
        // It was taken away meanwhile, or the program went elsewhere.
        if (!known || known.partition.isGone || known.partition.turn !== known.turn) continue
        const { partition } = known
        if (each.currentLeader.leaderEpoch >= 0) {
          this.#options.cluster.learnLeader(partition.topic, partition.partition, each.currentLeader, endpoints)
        }
        if (each.errorCode === 0) this.#takeRecords(partition, each, share)
        else this.#takeError(partition, nodeId, each.errorCode)
      }
    }
    return share.bytes
  }

  #takeRecords(partition: AssignedPartition, answer: PartitionAnswer, share: Share): void {
    const { config, cluster } = this.#options
    partition.highWatermark = answer.highWatermark
    partition.lastStableOffset = answer.lastStableOffset
    partition.logStartOffset = answer.logStartOffset
    partition.failures = 0
    if (answer.preferredReadReplica >= 0) {
      const until = cluster.platform.clock.monotonic() + config.metadataMaxAgeMs
      partition.readReplica = { id: answer.preferredReadReplica, until }
    }
    const bytes = answer.records
    if (bytes === null || bytes.length === 0) return
    const end = endOffsetOf(bytes)
    if (end === null || end <= partition.fetchOffset) return // not even one whole batch
    const records = new FetchedRecords({
      name: partition.name,
      bytes,
      from: partition.fetchOffset,
      aborted: config.isolationLevel === 'read_committed' ? (answer.abortedTransactions ?? []) : null,
      checksCrcs: config.checkCrcs,
      release: share.hold(bytes.length),
    })
    partition.fetchOffset = end
    partition.add(records)
  }

  #takeError(partition: AssignedPartition, nodeId: number, code: number): void {
    const { cluster, onError, onOutOfRange } = this.#options
    const error = brokerError(code, `Fetch of ${partition.name} at offset ${partition.fetchOffset}`)
    const isOutOfRange = errorName(code) === 'OFFSET_OUT_OF_RANGE'
    const isAtFollower = partition.readReplica?.id === nodeId
    partition.readReplica = null
    // A follower may have less than the leader, who decides; and what waits here is handed out first.
    if (isOutOfRange && !isAtFollower && partition.bufferedBytes === 0) return onOutOfRange(partition)
    partition.notBefore = cluster.platform.clock.monotonic() + cluster.retries.pauseMs(partition.failures++)
    cluster.heed(error)
    if (!error.retriable && code !== UNKNOWN_ERROR && !isOutOfRange) onError(error)
  }
}
