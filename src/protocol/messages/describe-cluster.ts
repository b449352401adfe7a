// DescribeCluster (API 60).

import { array, bool, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeClusterRequest = message({
  name: 'DescribeClusterRequest',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  fields: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ versions: '1+', initial: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  },
})
export type DescribeClusterRequest = Infer<typeof DescribeClusterRequest>

export const DescribeClusterResponse = message({
  name: 'DescribeClusterResponse',
  apiKey: 60,
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    endpointType: int8({ versions: '1+', initial: 1 }),
    clusterId: string(),
    controllerId: int32({ initial: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string()),
      isFenced: bool({ versions: '2+' }),
    }),
    clusterAuthorizedOperations: int32({ initial: -2147483648 }),
  },
})
export type DescribeClusterResponse = Infer<typeof DescribeClusterResponse>
