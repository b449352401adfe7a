// The cluster itself: its brokers, and what each of them serves.

import type { Exchange } from '../../net/peer.ts'
import { type PeerVersions, SOFTWARE } from '../../net/peer-versions.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import { ClientError } from '../errors/index.ts'
import { type AclOperation, operationsOf } from './acl.ts'
import { outcomesOfEach } from './each.ts'
import type { CallOptions, Link } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeClusterRequest, DescribeClusterResponse> = {
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
}
const ASK: Exchange<ApiVersionsRequest, ApiVersionsResponse> = { request: ApiVersionsRequest, response: ApiVersionsResponse }
const UNREGISTER: Exchange<UnregisterBrokerRequest, UnregisterBrokerResponse> = {
  request: UnregisterBrokerRequest,
  response: UnregisterBrokerResponse,
}

export interface ClusterNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** It is registered, and serves nobody at the moment. Only where fenced brokers were asked for. */
  readonly isFenced: boolean
}

export interface ClusterDescription {
  readonly clusterId: string
  /** Null while there is none. */
  readonly controllerId: number | null
  /** Brokers; of a client with `bootstrapControllers` the controllers. */
  readonly nodes: readonly ClusterNode[]
  /** What the one who asks may do with the cluster; null unless it was asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface DescribeClusterOptions extends CallOptions {
  readonly includeFencedBrokers?: boolean | undefined
  readonly includeAuthorizedOperations?: boolean | undefined
}

/** The brokers of the cluster, or its controllers. */
export async function describeCluster(link: Link, options: DescribeClusterOptions = {}): Promise<ClusterDescription> {
  const { includeFencedBrokers = false, includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of the cluster', options)
  const body = (version: number) => ({
    ...link.endpoints(version),
    includeFencedBrokers,
    includeClusterAuthorizedOperations: includeAuthorizedOperations,
  })
  try {
    const answer = await link.any(DESCRIBE, body, patience)
    return {
      clusterId: answer.clusterId,
      controllerId: answer.controllerId < 0 ? null : answer.controllerId,
      nodes: answer.brokers.map(({ brokerId, ...node }) => ({ id: brokerId, ...node })),
      authorizedOperations: operationsOf(answer.clusterAuthorizedOperations),
    }
  } catch (thrown) {
    const isTooOld = thrown instanceof ClientError && thrown.code === 'UNSUPPORTED_VERSION'
    if (!isTooOld || includeFencedBrokers || includeAuthorizedOperations) throw thrown
    // Before Kafka 2.8.
    const { clusterId, controllerId, brokers } = await link.cluster.refresh(patience)
    return {
      clusterId: clusterId ?? '',
      controllerId,
      nodes: [...brokers.values()].map((node) => ({ ...node, isFenced: false })),
      authorizedOperations: null,
    }
  }
}

/** Takes a broker off the cluster's list; one that lives would come back. */
export async function unregisterBroker(link: Link, id: number, options?: CallOptions): Promise<void> {
  await link.controller(UNREGISTER, { brokerId: id }, link.patience(`unregistering broker ${id}`, options))
}

/** The versions of each API that the broker serves, of each broker by its id as text. */
export function describeApiVersions(
  link: Link,
  brokerIds: readonly number[],
  options?: CallOptions,
): Promise<Outcomes<PeerVersions>> {
  const patience = link.patience('the versions of APIs', options)
  return outcomesOfEach(brokerIds, async (id) => {
    const { apiKeys } = await link.broker(id, ASK, SOFTWARE, patience)
    return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]))
  })
}
