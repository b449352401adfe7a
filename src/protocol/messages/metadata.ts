// Metadata (API 3).

import { array, bool, type Infer, int16, int32, message, nullable, string, uuid } from '../schema.ts'

export const MetadataRequest = message({
  name: 'MetadataRequest',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  fields: {
    topics: nullable(
      array({
        topicId: uuid({ versions: '10+', ignorable: true }),
        name: nullable(string(), { versions: '10+', initiallyNull: false }),
      }),
      { versions: '1+', initiallyNull: false },
    ),
    allowAutoTopicCreation: bool({ versions: '4+', initial: true }),
    includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
    includeTopicAuthorizedOperations: bool({ versions: '8+' }),
  },
})
export type MetadataRequest = Infer<typeof MetadataRequest>

export const MetadataResponse = message({
  name: 'MetadataResponse',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  fields: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string({ versions: '1+', ignorable: true })),
    }),
    clusterId: nullable(string({ versions: '2+', ignorable: true })),
    controllerId: int32({ versions: '1+', initial: -1, ignorable: true }),
    topics: array({
      errorCode: int16(),
      name: nullable(string(), { versions: '12+', initiallyNull: false }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      isInternal: bool({ versions: '1+', ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', initial: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
      }),
      topicAuthorizedOperations: int32({ versions: '8+', initial: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32({ versions: '8-10', initial: -2147483648 }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
})
export type MetadataResponse = Infer<typeof MetadataResponse>
