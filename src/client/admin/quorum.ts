// The controllers: who votes, who only follows, and how far each of them is.

import { ZERO_UUID } from '../../base/uuid.ts'
import type { Exchange } from '../../net/peer.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/messages/add-raft-voter.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/messages/describe-quorum.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../protocol/messages/remove-raft-voter.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import type { CallOptions, Link } from './link.ts'

const DESCRIBE: Exchange<DescribeQuorumRequest, DescribeQuorumResponse> = {
  request: DescribeQuorumRequest,
  response: DescribeQuorumResponse,
}
const REMOVE: Exchange<RemoveRaftVoterRequest, RemoveRaftVoterResponse> = {
  request: RemoveRaftVoterRequest,
  response: RemoveRaftVoterResponse,
}

const ADD: Exchange<AddRaftVoterRequest, AddRaftVoterResponse> = { request: AddRaftVoterRequest, response: AddRaftVoterResponse }

export interface QuorumReplica {
  readonly id: number
  /** Null where it is not known. */
  readonly directoryId: string | null
  readonly logEndOffset: number
  /** Milliseconds since 1970; null where they are not known. */
  readonly lastFetchTimestamp: number | null
  readonly lastCaughtUpTimestamp: number | null
}

export interface QuorumDescription {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  /** Where controllers listen, by id. */
  readonly endpoints: ReadonlyMap<number, readonly { readonly name: string; readonly host: string; readonly port: number }[]>
}

/** The quorum of the metadata log. */
export async function describeQuorum(link: Link, options?: CallOptions): Promise<QuorumDescription> {
  const patience = link.patience('the description of the quorum', options)
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const answer = await link.controller(DESCRIBE, { topics }, patience)
  const partition = answer.topics[0]?.partitions[0]
  if (!partition) throw new ClientError('MALFORMED_ANSWER', `${patience.what}: the answer does not speak of the metadata log`)
  if (partition.errorCode !== 0) throw brokerError(partition.errorCode, patience.what, partition.errorMessage)
  return {
    leaderId: partition.leaderId,
    leaderEpoch: partition.leaderEpoch,
    highWatermark: partition.highWatermark,
    voters: partition.currentVoters.map(replicaOf),
    observers: partition.observers.map(replicaOf),
    endpoints: new Map(answer.nodes.map(({ nodeId, listeners }) => [nodeId, listeners])),
  }
}

type Replica = DescribeQuorumResponse['topics'][number]['partitions'][number]['currentVoters'][number]

function replicaOf({
  replicaId,
  replicaDirectoryId,
  logEndOffset,
  lastFetchTimestamp,
  lastCaughtUpTimestamp,
}: Replica): QuorumReplica {
  return {
    id: replicaId,
    directoryId: replicaDirectoryId === ZERO_UUID ? null : replicaDirectoryId,
    logEndOffset,
    lastFetchTimestamp: lastFetchTimestamp < 0 ? null : lastFetchTimestamp,
    lastCaughtUpTimestamp: lastCaughtUpTimestamp < 0 ? null : lastCaughtUpTimestamp,
  }
}

/** Takes a voter out of the quorum (KIP-853). */
export async function removeRaftVoter(
  link: Link,
  { id, directoryId }: { readonly id: number; readonly directoryId: string },
  options?: CallOptions,
): Promise<void> {
  const body = { clusterId: null, voterId: id, voterDirectoryId: directoryId }
  await link.controller(REMOVE, body, link.patience(`removing voter ${id}`, options))
}

/** Lets a controller vote that follows the quorum already (KIP-853). */
export async function addRaftVoter(
  link: Link,
  {
    id,
    directoryId,
    endpoints,
  }: {
    readonly id: number
    readonly directoryId: string
    readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  },
  options?: CallOptions,
): Promise<void> {
  const patience = link.patience(`adding voter ${id}`, options)
  const body = () => ({
    clusterId: null,
    timeoutMs: link.timeoutMs(patience),
    voterId: id,
    voterDirectoryId: directoryId,
    listeners: endpoints.map((endpoint) => ({ ...endpoint })),
  })
  await link.controller(ADD, body, patience)
}
