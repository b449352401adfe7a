// What brokers answer to ShareFetch and ShareAcknowledge: records go to who hands them out, and what became of acknowledgements to who wants to know.

import type { ShareConsumerSettings } from '../../config/client/share-consumer.ts'
import { ready } from '../../protocol/compression/index.ts'
import { errorName } from '../../protocol/errors.ts'
import type { ShareAcknowledgeResponse } from '../../protocol/messages/share-acknowledge.ts'
import type { ShareFetchResponse } from '../../protocol/messages/share-fetch.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { needsCodecs } from '../consumer/codecs.ts'
import { FetchedRecords } from '../consumer/fetched-records.ts'
import type { TopicPartition } from '../consumer/place.ts'
import { BrokerError, brokerError, type ClientError } from '../errors/index.ts'
import { type Acknowledgement, isOfProgram } from './acknowledgements.ts'
import { AcquiredRecords } from './acquired-records.ts'
import type { Giver } from './held.ts'
import type { SharePartition, SharePartitions } from './share-partition.ts'

/** What became of records of which the program said something. */
export interface AcknowledgedOffsets extends TopicPartition {
  readonly offsets: readonly number[]
  /** Null where the group has taken it; INVALID_RECORD_STATE where the lock was over, and others may have the records. */
  readonly error: ClientError | null
}

export interface AnswersOptions {
  readonly cluster: Cluster
  readonly config: ShareConsumerSettings
  readonly partitions: SharePartitions
  readonly onRecords: (acquired: AcquiredRecords) => void
  readonly onAcknowledged: (outcome: AcknowledgedOffsets) => void
  /** A partition could not be read. */
  readonly onRefused: (partition: SharePartition, error: ClientError) => void
}

/** The state of the group could not be written for the moment; the records are locked as before. */
const AGAIN: ReadonlySet<string> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'REQUEST_TIMED_OUT',
])
/** Answers to these name the leader. */
const MOVED: ReadonlySet<string> = new Set(['NOT_LEADER_OR_FOLLOWER', 'FENCED_LEADER_EPOCH'])

/** An offset that has no record is acknowledged by itself, so this bounds what one answer may cost. Kafka's brokers lock at most 10,000 (KIP-932). */
const MOST_OFFSETS = 1_000_000

interface Leader {
  readonly errorCode: number
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number }
}

export class ShareAnswers {
  readonly #options: AnswersOptions
  /** Codecs that have to be loaded first are. */
  #hasCodecs = false

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /** Loads what the records of an answer need. */
  async prepare({ responses }: ShareFetchResponse): Promise<void> {
    if (this.#hasCodecs) return
    if (!needsCodecs(responses.flatMap(({ partitions }) => partitions.map(({ records }) => records)))) return
    await ready()
    this.#hasCodecs = true
  }

  /** Takes in an answer to ShareFetch, and what it says of acknowledgements; gives those that have to be told again. */
  fetched(answer: ShareFetchResponse, said: readonly Acknowledgement[], giver: Giver): readonly Acknowledgement[] {
    const { onRefused } = this.#options
    const codes = new Map<SharePartition, Told>()
    for (const { topicId, partitions } of answer.responses) {
      for (const each of partitions) {
        const partition = this.#options.partitions.find(topicId, each.partitionIndex)
        if (!partition) continue
        codes.set(partition, { code: each.acknowledgeErrorCode, text: each.acknowledgeErrorMessage })
        this.#learnLeader(partition, each, answer.nodeEndpoints)
        if (each.errorCode === 0) this.#take(partition, each, answer.acquisitionLockTimeoutMs, giver)
        else onRefused(partition, brokerError(each.errorCode, `ShareFetch of ${partition.name}`, each.errorMessage))
      }
    }
    return this.#settleBy(said, codes)
  }

  /** What an answer to ShareAcknowledge says; gives those that have to be told again. */
  acknowledged(answer: ShareAcknowledgeResponse, said: readonly Acknowledgement[]): readonly Acknowledgement[] {
    const codes = new Map<SharePartition, Told>()
    for (const { topicId, partitions } of answer.responses) {
      for (const each of partitions) {
        const partition = this.#options.partitions.find(topicId, each.partitionIndex)
        if (!partition) continue
        codes.set(partition, { code: each.errorCode, text: each.errorMessage })
        this.#learnLeader(partition, each, answer.nodeEndpoints)
      }
    }
    return this.#settleBy(said, codes)
  }

  /** All of them have the same fate. */
  settle(said: readonly Acknowledgement[], error: ClientError | null): void {
    for (const [partition, own] of byPartition(said)) this.#settleOne(partition, own, error)
  }

  #settleBy(said: readonly Acknowledgement[], codes: ReadonlyMap<SharePartition, Told>): readonly Acknowledgement[] {
    const { cluster } = this.#options
    const now = cluster.platform.clock.monotonic()
    const again: Acknowledgement[] = []
    for (const [partition, own] of byPartition(said)) {
      const told = codes.get(partition) ?? { code: -1, text: 'the answer does not say what became of it' }
      if (told.code === 0) {
        this.#settleOne(partition, own, null)
        continue
      }
      const error = brokerError(told.code, `the acknowledgement of records of ${partition.name}`, told.text)
      cluster.heed(error)
      const mayRepeat = AGAIN.has(errorName(told.code))
      again.push(...own.filter(({ lockedUntil }) => mayRepeat && lockedUntil > now))
      this.#settleOne(
        partition,
        own.filter(({ lockedUntil }) => !mayRepeat || lockedUntil <= now),
        error,
      )
    }
    return again
  }

  #settleOne({ topic, partition }: SharePartition, said: readonly Acknowledgement[], error: ClientError | null): void {
    for (const { onSettled } of said) onSettled?.(error)
    const offsets = said.filter(isOfProgram).map(({ offset }) => offset)
    if (offsets.length > 0) this.#options.onAcknowledged({ topic, partition, offsets: offsets.sort((a, b) => a - b), error })
  }

  #learnLeader({ topic, partition }: SharePartition, { errorCode, currentLeader }: Leader, endpoints: Endpoints): void {
    if (errorCode === 0 || !MOVED.has(errorName(errorCode)) || currentLeader.leaderId < 0) return
    const brokers = endpoints.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack }))
    this.#options.cluster.learnLeader(topic, partition, currentLeader, brokers)
  }

  #take(partition: SharePartition, { records, acquiredRecords }: PartitionAnswer, lockMs: number, giver: Giver): void {
    const { config, cluster, onRecords } = this.#options
    if (acquiredRecords.length === 0) return
    const offsets = acquiredRecords.reduce((sum, { firstOffset, lastOffset }) => sum + lastOffset - firstOffset + 1, 0)
    if (!(offsets <= MOST_OFFSETS)) {
      const message = `ShareFetch of ${partition.name}: the answer gives ${offsets} offsets at once; ${MOST_OFFSETS} are allowed`
      return this.#options.onRefused(partition, new BrokerError('MALFORMED_ANSWER', message))
    }
    const ranges = [...acquiredRecords].sort((a, b) => a.firstOffset - b.firstOffset)
    const fetched = new FetchedRecords({
      name: partition.name,
      bytes: records ?? new Uint8Array(0),
      from: ranges[0]!.firstOffset,
      aborted: null, // the leader gives what the group may read, and nothing of aborted transactions where it shall not
      checksCrcs: config.checkCrcs,
      release: () => {},
      charge: () => {}, // what is acquired is bounded in records
    })
    const lockedUntil = cluster.platform.clock.monotonic() + lockMs
    onRecords(new AcquiredRecords({ partition, giver, turn: giver.turn, lockedUntil, fetched, ranges }))
  }
}

type PartitionAnswer = ShareFetchResponse['responses'][number]['partitions'][number]
type Endpoints = ShareFetchResponse['nodeEndpoints']

interface Told {
  readonly code: number
  readonly text: string | null
}

function byPartition(said: readonly Acknowledgement[]): Map<SharePartition, Acknowledgement[]> {
  const partitions = new Map<SharePartition, Acknowledgement[]>()
  for (const each of said) {
    const known = partitions.get(each.partition)
    if (known) known.push(each)
    else partitions.set(each.partition, [each])
  }
  return partitions
}
