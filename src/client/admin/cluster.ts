// The cluster itself: its brokers, and what each of them serves.

import type { Exchange } from '../../net/peer.ts'
import type { PeerVersions } from '../../net/peer-versions.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import { ClientError } from '../errors/index.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeClusterRequest, DescribeClusterResponse> = {
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
}
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
  readonly nodes: readonly ClusterNode[]
}

/** The brokers of the cluster. */
export async function describeCluster(
  link: Link,
  { includeFencedBrokers = false, ...options }: CallOptions & { readonly includeFencedBrokers?: boolean } = {},
): Promise<ClusterDescription> {
  const patience = link.patience('the description of the cluster', options)
  try {
    const answer = await link.any(DESCRIBE, { includeFencedBrokers }, patience)
    return {
      clusterId: answer.clusterId,
      controllerId: answer.controllerId < 0 ? null : answer.controllerId,
      nodes: answer.brokers.map(({ brokerId, ...node }) => ({ id: brokerId, ...node })),
    }
  } catch (thrown) {
    if (!(thrown instanceof ClientError) || thrown.code !== 'UNSUPPORTED_VERSION' || includeFencedBrokers) throw thrown
    // Before Kafka 2.8.
    const { clusterId, controllerId, brokers } = await link.cluster.refresh(patience)
    return {
      clusterId: clusterId ?? '',
      controllerId,
      nodes: [...brokers.values()].map((node) => ({ ...node, isFenced: false })),
    }
  }
}

/** Takes a broker off the cluster's list; one that lives would come back. */
export async function unregisterBroker(link: Link, id: number, options?: CallOptions): Promise<void> {
  await link.controller(UNREGISTER, { brokerId: id }, link.patience(`unregistering broker ${id}`, options))
}

/** The versions of each API that the broker serves, of each broker by its id as text. */
export async function describeApiVersions(
  link: Link,
  brokerIds: readonly number[],
  options?: CallOptions,
): Promise<Outcomes<PeerVersions>> {
  const patience = link.patience('the versions of APIs', options)
  const outcomes = new Outcomes<PeerVersions>()
  await Promise.all(
    brokerIds.map(async (id) => {
      try {
        // Every connection begins with it; any small request makes one.
        await link.broker(id, DESCRIBE, {}, patience)
        outcomes.succeeded(String(id), link.cluster.node(id, 'admin').facts!.versions)
      } catch (thrown) {
        outcomes.failed(String(id), clientErrorOf(thrown))
      }
    }),
  )
  return outcomes
}
