// What a transactional producer asks of its coordinator, and of the coordinators of groups. Each call goes on until there is an answer that asking again
// would not change.

import type { Exchange } from '../../net/peer.ts'
import { errorCode } from '../../protocol/errors.ts'
import { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from '../../protocol/messages/add-partitions-to-txn.ts'
import { EndTxnRequest, EndTxnResponse } from '../../protocol/messages/end-txn.ts'
import { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../protocol/messages/txn-offset-commit.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { CoordinatorType } from '../cluster/coordinators.ts'
import type { Body } from '../cluster/node.ts'
import { brokerError, ClientError, FencedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { ProducerIdentity } from './identity.ts'
import type { Lane } from './lane.ts'
import { INIT_PRODUCER_ID, type ProducerIds } from './producer-ids.ts'

const ADD_PARTITIONS: Exchange<AddPartitionsToTxnRequest, AddPartitionsToTxnResponse> = {
  request: AddPartitionsToTxnRequest,
  response: AddPartitionsToTxnResponse,
}
const ADD_OFFSETS: Exchange<AddOffsetsToTxnRequest, AddOffsetsToTxnResponse> = {
  request: AddOffsetsToTxnRequest,
  response: AddOffsetsToTxnResponse,
}
const END: Exchange<EndTxnRequest, EndTxnResponse> = { request: EndTxnRequest, response: EndTxnResponse }
const COMMIT_OFFSETS: Exchange<TxnOffsetCommitRequest, TxnOffsetCommitResponse> = {
  request: TxnOffsetCommitRequest,
  response: TxnOffsetCommitResponse,
}

/** Versions from these on belong to brokers among themselves, or to transactions of the newer kind (KIP-890). */
const LAST_FOR_CLIENTS = { addPartitions: 3 }
const LAST_EXPLICIT = { end: 4, commitOffsets: 4 }

/** The member of a group whose offsets are committed: a consumer tells its own. */
export interface GroupMetadata {
  readonly groupId: string
  /** Of the classic protocol; of KIP-848 the member epoch. Default: -1, nobody's. */
  readonly generationId?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  /** Of the next record to consume. */
  readonly offset: number | bigint
  readonly leaderEpoch?: number | undefined
  readonly metadata?: string | null | undefined
}
export type OffsetsToCommit = readonly OffsetToCommit[]

export interface TransactionCallsOptions {
  readonly cluster: Cluster
  readonly ids: ProducerIds
  readonly transactionalId: string
  readonly timeoutMs: number
  /** An answer is missing, or does not say that nothing was done: the coordinator may know of the transaction. */
  readonly onUnknown: () => void
}

/** One request, as it is sent again and again. */
interface Question<Req, Res> {
  readonly exchange: Exchange<Req, Res>
  readonly body: Body<Req>
  /** Throws where the answer is none to be content with. */
  readonly check: (answer: Res) => void
  readonly maxVersion?: number
  /** Of a group; missing: of this transactional id. */
  readonly groupId?: string
  /** Ends the pauses between two attempts, but not what is on its way; missing: the patience of the whole. */
  readonly pauses?: Patience
  /** It follows the end of the transaction before, which coordinators complete in a moment. */
  readonly isFirst?: boolean
}

/** Answers with these say that nothing was done, although it makes sense to ask again. */
const DID_NOTHING: ReadonlySet<string> = new Set(['CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS'])
/** These leave open what was done, although asking again makes no sense. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['ABORTED', 'CLOSED', 'MALFORMED_ANSWER', 'UNKNOWN_SERVER_ERROR'])

/** How often, and after which pauses, it is asked whether the end of the transaction before is complete, until pauses grow. */
const EARLY_ATTEMPTS = 25
const EARLY_PAUSE_MS = 20

const NOT_ATTEMPTED = errorCode('OPERATION_NOT_ATTEMPTED')
const RETRIABLE_OFFSETS: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'REQUEST_TIMED_OUT',
  'COORDINATOR_LOAD_IN_PROGRESS',
])

export class TransactionCalls {
  readonly #options: TransactionCallsOptions
  #transactionVersion = 0

  constructor(options: TransactionCallsOptions) {
    this.#options = options
  }

  /** The level of `transaction.version` that the cluster has finalized, as the coordinator told it last. */
  get transactionVersion(): number {
    return this.#transactionVersion
  }

  /** A new epoch; of the id that is known, or of the one that the coordinator keeps. */
  async initialize(known: ProducerIdentity | null, patience: Patience): Promise<ProducerIdentity> {
    const { transactionalId, timeoutMs } = this.#options
    const body = {
      transactionalId,
      transactionTimeoutMs: timeoutMs,
      ...(known ? { producerId: known.id, producerEpoch: known.epoch } : {}),
    }
    const what = `InitProducerId of ${transactionalId}`
    const check = ({ errorCode }: { errorCode: number }) => this.#check(errorCode, what)
    const answer = await this.#ask(patience, { exchange: INIT_PRODUCER_ID, body, check })
    return { id: answer.producerId, epoch: answer.producerEpoch }
  }

  /** `pauses` ends them; what is on its way is waited for. */
  async addPartitions(lanes: readonly Lane[], patience: Patience, pauses: Patience): Promise<void> {
    const topics = new Map<string, number[]>()
    for (const { topic, partition } of lanes) topics.set(topic, [...(topics.get(topic) ?? []), partition])
    const { id, epoch } = this.#identity
    const body = {
      v3AndBelowTransactionalId: this.#options.transactionalId,
      v3AndBelowProducerId: id,
      v3AndBelowProducerEpoch: epoch,
      v3AndBelowTopics: [...topics].map(([name, partitions]) => ({ name, partitions })),
    }
    const check = ({ resultsByTopicV3AndBelow }: AddPartitionsToTxnResponse) => {
      const codes = resultsByTopicV3AndBelow.flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
          place: `${name}-${partitionIndex}`,
          partitionErrorCode,
        })),
      )
      // The one that says why, not those that were left undone because of it.
      const wrong = codes.filter(({ partitionErrorCode }) => partitionErrorCode !== 0)
      const first = wrong.find(({ partitionErrorCode }) => partitionErrorCode !== NOT_ATTEMPTED) ?? wrong[0]
      if (first) this.#check(first.partitionErrorCode, `AddPartitionsToTxn of ${first.place}`)
    }
    const { addPartitions: maxVersion } = LAST_FOR_CLIENTS
    await this.#ask(patience, { exchange: ADD_PARTITIONS, body, check, maxVersion, pauses, isFirst: true })
  }

  async addOffsets(groupId: string, patience: Patience, pauses: Patience): Promise<void> {
    const { id, epoch } = this.#identity
    const body = { transactionalId: this.#options.transactionalId, producerId: id, producerEpoch: epoch, groupId }
    const check = ({ errorCode }: AddOffsetsToTxnResponse) => this.#check(errorCode, `AddOffsetsToTxn of ${groupId}`)
    await this.#ask(patience, { exchange: ADD_OFFSETS, body, check, pauses, isFirst: true })
  }

  async commitOffsets(
    offsets: OffsetsToCommit,
    group: GroupMetadata,
    isExplicit: boolean,
    patience: Patience,
    pauses: Patience,
  ): Promise<void> {
    const { id, epoch } = this.#identity
    const { groupId, generationId = -1, memberId = '', groupInstanceId = null } = group
    const topics = new Map<string, OffsetToCommit[]>()
    for (const offset of offsets) topics.set(offset.topic, [...(topics.get(offset.topic) ?? []), offset])
    const body = {
      transactionalId: this.#options.transactionalId,
      groupId,
      producerId: id,
      producerEpoch: epoch,
      generationId,
      memberId,
      groupInstanceId,
      topics: [...topics].map(([name, items]) => ({
        name,
        partitions: items.map(({ partition, offset, leaderEpoch = -1, metadata = '' }) => ({
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: leaderEpoch,
          committedMetadata: metadata,
        })),
      })),
    }
    const check = ({ topics: answers }: TxnOffsetCommitResponse) => {
      for (const { name, partitions } of answers) {
        for (const { partitionIndex, errorCode } of partitions)
          this.#checkOffset(errorCode, `TxnOffsetCommit of ${name}-${partitionIndex}`)
      }
    }
    const limit = isExplicit ? { maxVersion: LAST_EXPLICIT.commitOffsets } : {}
    await this.#ask(patience, { exchange: COMMIT_OFFSETS, body, check, groupId, pauses, isFirst: !isExplicit, ...limit })
  }

  /** Gives the identity of the next transaction, where the end made another one. */
  async end(committed: boolean, isExplicit: boolean, patience: Patience): Promise<ProducerIdentity | null> {
    const { id, epoch } = this.#identity
    const { transactionalId } = this.#options
    const body = { transactionalId, producerId: id, producerEpoch: epoch, committed }
    const what = `EndTxn (${committed ? 'commit' : 'abort'}) of ${transactionalId}`
    const check = ({ errorCode }: EndTxnResponse) => this.#check(errorCode, what)
    const limit = isExplicit ? { maxVersion: LAST_EXPLICIT.end } : {}
    const answer = await this.#ask(patience, { exchange: END, body, check, ...limit })
    return answer.producerId < 0 ? null : { id: answer.producerId, epoch: answer.producerEpoch }
  }

  get #identity(): ProducerIdentity {
    return this.#options.ids.identity!
  }

  /** Asks the coordinator until `check` takes the answer, or throws what trying again does not change. */
  async #ask<Req, Res>(patience: Patience, question: Question<Req, Res>): Promise<Res> {
    const { cluster } = this.#options
    const pauses = question.pauses ?? patience
    return cluster.retries.run(pauses, async () => {
      for (let early = 0; ; early++) {
        try {
          return await this.#attempt(patience, question)
        } catch (thrown) {
          const isEarly = question.isFirst && thrown instanceof ClientError && thrown.code === 'CONCURRENT_TRANSACTIONS'
          if (!isEarly || early === EARLY_ATTEMPTS) throw thrown
          pauses.blame(thrown)
          await pauses.sleep(EARLY_PAUSE_MS)
        }
      }
    })
  }

  async #attempt<Req, Res>(patience: Patience, { exchange, body, check, maxVersion, groupId }: Question<Req, Res>): Promise<Res> {
    const { cluster, transactionalId, onUnknown } = this.#options
    const [type, key]: readonly [CoordinatorType, string] =
      groupId === undefined ? ['transaction', transactionalId] : ['group', groupId]
    let isSent = false
    try {
      const node = await cluster.coordinator(type, key, patience)
      const options = { ...cluster.retries.within(patience), ...(maxVersion === undefined ? {} : { maxVersion }) }
      isSent = true
      const answer = await node.send(exchange, body, options)
      if (type === 'transaction')
        this.#transactionVersion = node.facts?.features.get('transaction.version') ?? this.#transactionVersion
      check(answer)
      return answer
    } catch (thrown) {
      if (thrown instanceof ClientError) cluster.heedCoordinator(type, key, thrown)
      if (isSent && leavesOpen(thrown)) onUnknown()
      throw thrown
    }
  }

  #check(errorCode: number, what: string): void {
    if (errorCode === 0) return
    const error = brokerError(errorCode, what)
    // The coordinator of an older version says the one, a newer one the other.
    if (error.code === 'INVALID_PRODUCER_EPOCH' || error.code === 'PRODUCER_FENCED') {
      throw fenced(what, this.#options.transactionalId, error)
    }
    throw error.code === 'OPERATION_NOT_ATTEMPTED' ? brokerError(errorCode, what, null, { abortable: true }) : error
  }

  #checkOffset(errorCode: number, what: string): void {
    if (errorCode === 0) return
    const error = brokerError(errorCode, what)
    // Fenced by the coordinator of the group as by the one of the transaction.
    if (error.code === 'INVALID_PRODUCER_EPOCH') this.#check(errorCode, what)
    if (RETRIABLE_OFFSETS.has(error.code) || error.retriable || error.abortable) throw error
    if (error.code === 'FENCED_INSTANCE_ID') throw brokerError(errorCode, what, null, { fatal: false, abortable: true })
    this.#check(errorCode, what)
  }
}

function leavesOpen(thrown: unknown): boolean {
  if (!(thrown instanceof ClientError)) return true
  return SAYS_NOTHING.has(thrown.code) || (thrown.retriable && !DID_NOTHING.has(thrown.code))
}

/** Another producer has taken over this transactional id. */
function fenced(what: string, transactionalId: string, cause: unknown): FencedError {
  return new FencedError('PRODUCER_FENCED', `${what}: another producer has taken over transactionalId=${transactionalId}`, {
    cause,
  })
}
