// What leaders know of the producers that write to their partitions (KIP-664), and how a transaction that hangs in one of them is ended.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from '../../protocol/messages/describe-producers.ts'
import { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../../protocol/messages/write-txn-markers.ts'
import { brokerError } from '../errors/index.ts'
import { byTopic } from './by-topic.ts'
import { askLeaders, type FromLeader } from './leaders.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes, partitionKey, partitionKeys } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeProducersRequest, DescribeProducersResponse> = {
  request: DescribeProducersRequest,
  response: DescribeProducersResponse,
}
const MARK: Exchange<WriteTxnMarkersRequest, WriteTxnMarkersResponse> = {
  request: WriteTxnMarkersRequest,
  response: WriteTxnMarkersResponse,
}

export interface ProducerState {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  /** Of its newest record, in milliseconds since 1970. */
  readonly lastTimestamp: number
  /** Of the coordinator that ended its last transaction here; null where none did. */
  readonly coordinatorEpoch: number | null
  /** Where its open transaction begins; null where none is open. */
  readonly currentTransactionStartOffset: number | null
}

/** The producers that each partition remembers, as its leader says or, with `brokerId`, as that replica does. */
export async function describeProducers(
  link: Link,
  partitions: readonly TopicPartition[],
  options: CallOptions & { readonly brokerId?: number | undefined } = {},
): Promise<Outcomes<readonly ProducerState[]>> {
  const { brokerId } = options
  const patience = link.patience('the producers', options)
  if (brokerId === undefined) {
    return askLeaders(link, partitions, patience, async (leader, some) =>
      statesIn(await link.send(link.cluster.node(leader, 'admin'), DESCRIBE, questionOf(some), patience)),
    )
  }
  const outcomes = new Outcomes<readonly ProducerState[]>()
  const answer = await link.broker(brokerId, DESCRIBE, questionOf(partitions), patience)
  for (const { topic, partition, errorCode: code, errorMessage, value } of statesIn(answer)) {
    const key = partitionKey(topic, partition)
    if (code === 0) outcomes.succeeded(key, value)
    else outcomes.failed(key, brokerError(code, `${patience.what} of ${key}`, errorMessage))
  }
  return outcomes.settle(partitionKeys(partitions), patience.what)
}

function questionOf(partitions: readonly TopicPartition[]) {
  return {
    topics: byTopic(partitions).map(([name, some]) => ({ name, partitionIndexes: some.map(({ partition }) => partition) })),
  }
}

function statesIn({ topics }: DescribeProducersResponse): FromLeader<readonly ProducerState[]>[] {
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, errorCode, errorMessage, activeProducers }) => ({
      topic: name,
      partition: partitionIndex,
      errorCode,
      errorMessage,
      value: activeProducers.map(stateOf),
    })),
  )
}

type Told = DescribeProducersResponse['topics'][number]['partitions'][number]['activeProducers'][number]

function stateOf({ coordinatorEpoch, currentTxnStartOffset, ...state }: Told): ProducerState {
  return {
    ...state,
    coordinatorEpoch: coordinatorEpoch < 0 ? null : coordinatorEpoch,
    currentTransactionStartOffset: currentTxnStartOffset < 0 ? null : currentTxnStartOffset,
  }
}

export interface HangingTransaction extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  /** As `describeProducers` tells it; where it tells none, 0. */
  readonly coordinatorEpoch: number
}

/**
 * Ends a transaction in one partition, for its coordinator, which knows nothing of it any more: what it wrote there is aborted. For transactions that
 * `describeProducers` shows as open and `describeTransactions` does not; any other is better ended with `forceTerminateTransaction`.
 */
export async function abortTransaction(link: Link, hanging: HangingTransaction, options?: CallOptions): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = hanging
  const patience = link.patience('aborting a transaction', options)
  const body = {
    markers: [
      {
        producerId,
        producerEpoch,
        coordinatorEpoch,
        transactionResult: false,
        topics: [{ name: topic, partitionIndexes: [partition] }],
      },
    ],
  }
  const outcomes = await askLeaders(link, [{ topic, partition }], patience, async (leader) => {
    const { markers } = await link.send(link.cluster.node(leader, 'admin'), MARK, body, patience)
    return markers.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode }) => ({
          topic: name,
          partition: partitionIndex,
          errorCode,
          value: undefined,
        })),
      ),
    )
  })
  outcomes.all()
}
