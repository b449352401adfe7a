// AlterPartitionReassignments (API 45).

import { array, bool, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const AlterPartitionReassignmentsRequest = message({
  name: 'AlterPartitionReassignmentsRequest',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  fields: {
    timeoutMs: int32({ initial: 60000 }),
    allowReplicationFactorChange: bool({ versions: '1+', initial: true }),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32(), replicas: nullable(array(int32())) }) }),
  },
})
export type AlterPartitionReassignmentsRequest = Infer<typeof AlterPartitionReassignmentsRequest>

export const AlterPartitionReassignmentsResponse = message({
  name: 'AlterPartitionReassignmentsResponse',
  apiKey: 45,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ versions: '1+', initial: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { initiallyNull: false }),
      }),
    }),
  },
})
export type AlterPartitionReassignmentsResponse = Infer<typeof AlterPartitionReassignmentsResponse>
