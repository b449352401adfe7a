// What brokers answer to Fetch: records go to their partitions, and each error to whoever can mend it.

import type { PooledBytes } from '../../base/buffer-pool.ts'
import type { MalformedBytes } from '../../base/bytes.ts'
import { errorName } from '../../protocol/errors.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import { BrokerError, brokerError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { FetchSession } from './fetch-session.ts'
import { FetchedRecords, type Survey, surveyOf } from './fetched-records.ts'
import type { FetcherOptions } from './fetcher.ts'

/** UNKNOWN_SERVER_ERROR: the broker may be better a moment later. */
const UNKNOWN_ERROR = -1

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

interface Asked {
  readonly partition: AssignedPartition
  /** Of the partition when it was asked. */
  readonly turn: number
}

/** Where the bytes of answers are counted that wait for the program. */
export interface Room {
  take(bytes: number): void
  /** Of every partition's share this is told, with no bytes while others of its answer are not read to their end. */
  free(bytes: number): void
}

/** Memory of one answer: free when the last of its records was read, and nobody hands them out any more. */
class Share {
  /** One for who hands them out. */
  #holders = 1
  #bytes = 0
  readonly #room: Room
  readonly #frame: PooledBytes | null

  constructor(room: Room, frame: PooledBytes | null) {
    this.#room = room
    this.#frame = frame
  }

  /** More is taken, or less, of what lies beside the answer. */
  charge(bytes: number): void {
    if (bytes > 0) this.#room.take(bytes)
    else this.#room.free(-bytes)
  }

  hold(bytes: number): () => void {
    this.#holders++
    this.#bytes += bytes
    this.#room.take(bytes)
    return () => this.#room.free(this.#letGo() ? this.#bytes : 0)
  }

  /** All of it has its place; what is in nobody's hands is free. */
  handedOut(): void {
    this.#letGo()
  }

  #letGo(): boolean {
    if (--this.#holders > 0) return false
    this.#frame?.release()
    return true
  }
}

/** The records of an answer's partitions, looked through once. */
export type Surveys = ReadonlyMap<PartitionAnswer, Survey>

/** An answer, what a first look at its records showed, and its memory, which is used again when they were read. */
export interface Fetched {
  readonly answer: FetchResponse
  readonly surveys: Surveys
  readonly frame: PooledBytes | null
}

export function surveysOf({ responses }: FetchResponse): Surveys {
  const surveys = new Map<PartitionAnswer, Survey>()
  for (const { partitions } of responses) {
    for (const each of partitions) if (each.records && each.records.length > 0) surveys.set(each, surveyOf(each.records))
  }
  return surveys
}

export class FetchAnswers {
  readonly #options: FetcherOptions

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** Hands the records to their partitions; what of them waits is counted in `room`. */
  take(
    nodeId: number,
    session: FetchSession,
    asked: ReadonlyMap<string, Asked>,
    { answer, surveys, frame }: Fetched,
    room: Room,
  ): void {
    const share = new Share(room, frame)
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
        if (each.errorCode === 0) this.#takeRecords(partition, each, surveys.get(each), share)
        else this.#takeError(partition, nodeId, each.errorCode)
      }
    }
    share.handedOut()
  }

  #takeRecords(partition: AssignedPartition, answer: PartitionAnswer, survey: Survey | undefined, share: Share): void {
    const { config, cluster } = this.#options
    partition.highWatermark = answer.highWatermark
    partition.lastStableOffset = answer.lastStableOffset
    partition.logStartOffset = answer.logStartOffset
    if (answer.preferredReadReplica >= 0) {
      const until = cluster.platform.clock.monotonic() + config.metadataMaxAgeMs
      partition.readReplica = { id: answer.preferredReadReplica, until }
    }
    const { endOffset = null, sizeInBytes = 0, damage = null } = survey ?? {}
    if (damage && endOffset === null) return this.#takeDamage(partition, damage)
    partition.failures = 0
    if (endOffset === null || endOffset <= partition.fetchOffset) return // not even one whole batch
    const bytes = answer.records!.subarray(0, sizeInBytes)
    const records = new FetchedRecords({
      name: partition.name,
      bytes,
      from: partition.fetchOffset,
      aborted: config.isolationLevel === 'read_committed' ? (answer.abortedTransactions ?? []) : null,
      checksCrcs: config.checkCrcs,
      release: share.hold(bytes.length),
      charge: (more) => share.charge(more),
    })
    partition.fetchOffset = endOffset
    partition.add(records)
  }

  /** The program is told, and it is asked for again after a pause: the bytes may have been damaged on their way. */
  #takeDamage(partition: AssignedPartition, damage: MalformedBytes): void {
    const { cluster, onError } = this.#options
    partition.notBefore = cluster.platform.clock.monotonic() + cluster.retries.pauseMs(partition.failures++)
    const message = `${partition.name} at offset ${partition.fetchOffset}: ${damage.message}: the bytes are damaged`
    onError(new BrokerError('CORRUPT_MESSAGE', message, { cause: damage }))
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
