// AlterReplicaLogDirs (API 34).

import { array, type Infer, int16, int32, message, string } from '../schema.ts'

export const AlterReplicaLogDirsRequest = message({
  name: 'AlterReplicaLogDirsRequest',
  apiKey: 34,
  versions: '1-2',
  flexible: '2+',
  fields: { dirs: array({ path: string(), topics: array({ name: string(), partitions: array(int32()) }) }) },
})
export type AlterReplicaLogDirsRequest = Infer<typeof AlterReplicaLogDirsRequest>

export const AlterReplicaLogDirsResponse = message({
  name: 'AlterReplicaLogDirsResponse',
  apiKey: 34,
  versions: '1-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    results: array({ topicName: string(), partitions: array({ partitionIndex: int32(), errorCode: int16() }) }),
  },
})
export type AlterReplicaLogDirsResponse = Infer<typeof AlterReplicaLogDirsResponse>
