// DescribeCluster (API 60): the cluster's id, its controller and its brokers (KIP-700).

import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts'
import { CLUSTER, type Handler } from '../handler.ts'

const BROKERS = 1
const CONTROLLERS = 2

export interface DescribeClusterRooms {
  readonly image: () => MetadataImage
  readonly clusterId: string
  readonly controllerId: () => number
}

export function describeCluster(rooms: DescribeClusterRooms): Handler<DescribeClusterRequest, DescribeClusterResponse> {
  return {
    api: api('DescribeCluster'),

    async handle(request, context) {
      if (request.endpointType === CONTROLLERS) throw new KafkaError('MISMATCHED_ENDPOINT_TYPE', 'this listener is for brokers')
      if (request.endpointType !== BROKERS)
        throw new KafkaError('UNSUPPORTED_ENDPOINT_TYPE', `endpoint type ${request.endpointType}; 1 is brokers`)
      const brokers = [...rooms.image().brokers.values()].filter(({ fenced }) => request.includeFencedBrokers || !fenced)
      return {
        errorCode: 0,
        endpointType: BROKERS,
        clusterId: rooms.clusterId,
        controllerId: rooms.controllerId(),
        brokers: brokers.flatMap(({ id, endPoints, rack, fenced }) => {
          const endpoint = endPoints.find(({ name }) => name === context.listener)
          return endpoint ? [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack, isFenced: fenced }] : []
        }),
        clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
          ? authorizedOperations(context, CLUSTER)
          : NOT_ASKED,
      }
    },

    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message, clusterId: '', brokers: [] }),
  }
}
