// ListPartitionReassignments (API 46).

import { array, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const ListPartitionReassignmentsRequest = message({
  name: 'ListPartitionReassignmentsRequest',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  fields: {
    timeoutMs: int32({ initial: 60000 }),
    topics: nullable(array({ name: string(), partitionIndexes: array(int32()) })),
  },
})
export type ListPartitionReassignmentsRequest = Infer<typeof ListPartitionReassignmentsRequest>

export const ListPartitionReassignmentsResponse = message({
  name: 'ListPartitionReassignmentsResponse',
  apiKey: 46,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
})
export type ListPartitionReassignmentsResponse = Infer<typeof ListPartitionReassignmentsResponse>
