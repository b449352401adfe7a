// The controllers of a cluster, asked without its brokers (KIP-919).

import type { Exchange } from '../../net/peer.ts'
import { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import { brokerError, UnsupportedError } from '../errors/index.ts'
import type { MetadataAnswer } from './metadata.ts'
import type { Node } from './node.ts'

const DESCRIBE: Exchange<DescribeClusterRequest, DescribeClusterResponse> = {
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
}
const CONTROLLERS = 2
const FIRST_WITH_TYPES = 1

/** The part of a DescribeCluster that asks for controllers. Throws where the version has none. */
export function controllerEndpoints(version: number): { readonly endpointType: number } {
  if (version < FIRST_WITH_TYPES) {
    throw new UnsupportedError(
      'UNSUPPORTED_VERSION',
      'controllers can be asked from Kafka 3.7 on; allowed here: bootstrapServers',
    )
  }
  return { endpointType: CONTROLLERS }
}

/** All controllers, and which of them is the active one, in the words of Metadata. Throws MISMATCHED_ENDPOINT_TYPE where the node is a broker. */
export async function askController(node: Node, signal: AbortSignal): Promise<MetadataAnswer> {
  const answer = await node.send(DESCRIBE, controllerEndpoints, { signal })
  if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `DescribeCluster of ${node.name}`, answer.errorMessage)
  return {
    clusterId: answer.clusterId,
    controllerId: answer.controllerId,
    brokers: answer.brokers.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack })),
    topics: [],
  }
}
