// ElectLeaders (API 43).

import { array, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const ElectLeadersRequest = message({
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  fields: {
    electionType: int8({ versions: '1+' }),
    topicPartitions: nullable(array({ topic: string(), partitions: array(int32()) }), { initiallyNull: false }),
    timeoutMs: int32({ initial: 60000 }),
  },
})
export type ElectLeadersRequest = Infer<typeof ElectLeadersRequest>

export const ElectLeadersResponse = message({
  name: 'ElectLeadersResponse',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { initiallyNull: false }),
      }),
    }),
  },
})
export type ElectLeadersResponse = Infer<typeof ElectLeadersResponse>
