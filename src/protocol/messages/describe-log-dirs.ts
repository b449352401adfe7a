// DescribeLogDirs (API 35).

import { array, bool, type Infer, int16, int32, int64, message, nullable, string } from '../schema.ts'

export const DescribeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '1-4',
  flexible: '2+',
  fields: { topics: nullable(array({ topic: string(), partitions: array(int32()) }), { initiallyNull: false }) },
})
export type DescribeLogDirsRequest = Infer<typeof DescribeLogDirsRequest>

export const DescribeLogDirsResponse = message({
  name: 'DescribeLogDirsResponse',
  apiKey: 35,
  versions: '1-4',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: array({
      errorCode: int16(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({ partitionIndex: int32(), partitionSize: int64(), offsetLag: int64(), isFutureKey: bool() }),
      }),
      totalBytes: int64({ versions: '4+', initial: -1, ignorable: true }),
      usableBytes: int64({ versions: '4+', initial: -1, ignorable: true }),
    }),
  },
})
export type DescribeLogDirsResponse = Infer<typeof DescribeLogDirsResponse>
