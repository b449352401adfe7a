// Transactions, as their coordinators know them (KIP-664), and producers that are shut out of theirs (KIP-98, KIP-939).

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DescribeTransactionsRequest, DescribeTransactionsResponse } from '../../protocol/messages/describe-transactions.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import { ListTransactionsRequest, ListTransactionsResponse } from '../../protocol/messages/list-transactions.ts'
import { brokerError, UnsupportedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { outcomesOfEach } from './each.ts'
import { type CallOptions, type Link, onlyOne } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeTransactionsRequest, DescribeTransactionsResponse> = {
  request: DescribeTransactionsRequest,
  response: DescribeTransactionsResponse,
}
const LIST: Exchange<ListTransactionsRequest, ListTransactionsResponse> = {
  request: ListTransactionsRequest,
  response: ListTransactionsResponse,
}
const INIT: Exchange<InitProducerIdRequest, InitProducerIdResponse> = {
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
}
const FIRST_WITH_DURATION = 1
const FIRST_WITH_PATTERN = 2

/** As brokers call them; others may come. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence'
  | 'Dead'
  | (string & {})

export interface TransactionDescription {
  readonly transactionalId: string
  readonly coordinatorId: number
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  readonly transactionTimeoutMs: number
  /** Milliseconds since 1970; null where none is open. */
  readonly startTimeMs: number | null
  /** Those that the open transaction has written to. */
  readonly partitions: readonly TopicPartition[]
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  readonly state: TransactionState
  readonly coordinatorId: number
}

/** Missing or empty: any. */
export interface TransactionFilter extends CallOptions {
  readonly states?: readonly TransactionState[] | undefined
  readonly producerIds?: readonly number[] | undefined
  /** Only those that have been open for longer. */
  readonly durationMs?: number | undefined
  /** Only ids that match as a whole: a regular expression of RE2 (KIP-1152). */
  readonly transactionalIdPattern?: string | undefined
}

export interface FencedProducer {
  readonly producerId: number
  /** Every producer with a smaller one is fenced. */
  readonly producerEpoch: number
}

/** What the coordinator of each transactional id knows. TRANSACTIONAL_ID_NOT_FOUND for one that it does not know. */
export function describeTransactions(
  link: Link,
  transactionalIds: readonly string[],
  options?: CallOptions,
): Promise<Outcomes<TransactionDescription>> {
  const patience = link.patience('the description of transactions', options)
  return outcomesOfEach(transactionalIds, (transactionalId) =>
    link.coordinator('transaction', transactionalId, patience, async (node) => {
      const { transactionStates } = await link.send(node, DESCRIBE, { transactionalIds: [transactionalId] }, patience)
      const told = onlyOne(transactionStates, `transactional id ${transactionalId}`)
      if (told.errorCode !== 0) throw brokerError(told.errorCode, `the description of ${transactionalId}`)
      return {
        transactionalId,
        coordinatorId: node.id!,
        state: told.transactionState,
        producerId: told.producerId,
        producerEpoch: told.producerEpoch,
        transactionTimeoutMs: told.transactionTimeoutMs,
        startTimeMs: told.transactionStartTimeMs < 0 ? null : told.transactionStartTimeMs,
        partitions: told.topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition }))),
      }
    }),
  )
}

/** Those that agree with the filter, of all coordinators. Throws what one of them says, where it says nothing else. */
export async function listTransactions(link: Link, options: TransactionFilter = {}): Promise<readonly TransactionListing[]> {
  const { states = [], producerIds = [], durationMs, transactionalIdPattern } = options
  const patience = link.patience('the list of transactions', options)
  const body = (version: number) => {
    if (durationMs !== undefined) link.needs(version, FIRST_WITH_DURATION, 'a filter by duration')
    if (transactionalIdPattern !== undefined) link.needs(version, FIRST_WITH_PATTERN, 'a filter by pattern')
    return {
      stateFilters: [...states],
      producerIdFilters: [...producerIds],
      ...(durationMs === undefined ? {} : { durationFilter: durationMs }),
      ...(transactionalIdPattern === undefined ? {} : { transactionalIdPattern }),
    }
  }
  const answers = await link.allBrokers(LIST, body, patience)
  const lists = [...answers].map(([coordinatorId, { unknownStateFilters, transactionStates }]) => {
    if (unknownStateFilters.length > 0) {
      const which = unknownStateFilters.join(', ')
      throw new UnsupportedError('UNSUPPORTED', `${patience.what}: broker ${coordinatorId} knows no state ${which}`)
    }
    return transactionStates.map(({ transactionState, ...told }) => ({ ...told, state: transactionState, coordinatorId }))
  })
  return lists.flat().sort((a, b) => (a.transactionalId < b.transactionalId ? -1 : 1))
}

/** Shuts out every producer that has one of these ids: its open transaction is aborted, and its next call fails with PRODUCER_FENCED. */
export function fenceProducers(
  link: Link,
  transactionalIds: readonly string[],
  options?: CallOptions,
): Promise<Outcomes<FencedProducer>> {
  const patience = link.patience('fencing producers', options)
  return outcomesOfEach(transactionalIds, (transactionalId) => fence(link, transactionalId, patience))
}

/** Aborts the transaction that is open under this id, and shuts out its producer. */
export async function forceTerminateTransaction(link: Link, transactionalId: string, options?: CallOptions): Promise<void> {
  await fence(link, transactionalId, link.patience(`ending the transaction of ${transactionalId}`, options))
}

/** As a producer with this id that begins anew; while the coordinator still aborts the open one, it is asked again. */
function fence(link: Link, transactionalId: string, patience: Patience): Promise<FencedProducer> {
  return link.coordinator('transaction', transactionalId, patience, async (node) => {
    // The coordinator takes the time for its own record, too.
    const body = () => ({ transactionalId, transactionTimeoutMs: link.timeoutMs(patience) })
    const { errorCode: code, producerId, producerEpoch } = await link.send(node, INIT, body, patience)
    if (code !== 0) throw brokerError(code, `fencing ${transactionalId}`)
    return { producerId, producerEpoch }
  })
}
