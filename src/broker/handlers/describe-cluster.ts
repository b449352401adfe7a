// DescribeCluster (API 60): the cluster's id, its controller and its brokers (KIP-700).

import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DescribeClusterRequest, DescribeClusterResponse } from '../../protocol/messages/describe-cluster.ts'
import type { Input } from '../../protocol/schema.ts'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts'
import { CLUSTER, type Handler } from '../handler.ts'

const BROKERS = 1
const CONTROLLERS = 2

export interface DescribeClusterRooms {
  readonly image: () => MetadataImage
  readonly clusterId: string
  readonly controllerId: () => number
  /** At a listener of controllers: it tells of them, and not of brokers (KIP-919). */
  readonly isController?: boolean
}

export function describeCluster(rooms: DescribeClusterRooms): Handler<DescribeClusterRequest, DescribeClusterResponse> {
  return {
    api: api('DescribeCluster'),

    async handle(request, context) {
      requireType(request.endpointType, context.version)
      if (rooms.isController) return controllers(context.listener)
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

  function requireType(type: number, version: number): void {
    if (type !== BROKERS && type !== CONTROLLERS)
      throw new KafkaError('UNSUPPORTED_ENDPOINT_TYPE', `endpoint type ${type}; 1 is brokers, 2 is controllers`)
    if ((type === CONTROLLERS) === (rooms.isController ?? false)) return
    // Version 0 means brokers, and knows neither the types nor their errors.
    const error = version === 0 ? 'INVALID_REQUEST' : 'MISMATCHED_ENDPOINT_TYPE'
    throw new KafkaError(error, `this listener is for ${rooms.isController ? 'controllers' : 'brokers'}`)
  }

  function controllers(listener: string): Input<DescribeClusterResponse> {
    const known = [...rooms.image().controllers.values()]
    return {
      errorCode: 0,
      endpointType: CONTROLLERS,
      clusterId: rooms.clusterId,
      controllerId: rooms.controllerId(),
      brokers: known.flatMap(({ controllerId: brokerId, endPoints }) => {
        const endpoint = endPoints.find(({ name }) => name === listener)
        return endpoint ? [{ brokerId, host: endpoint.host, port: endpoint.port, rack: null }] : []
      }),
      clusterAuthorizedOperations: NOT_ASKED,
    }
  }
}
