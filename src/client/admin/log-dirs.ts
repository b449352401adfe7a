// The log directories of brokers, and the replicas in each.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/messages/describe-log-dirs.ts'
import { brokerError, type ClientError } from '../errors/index.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeLogDirsRequest, DescribeLogDirsResponse> = {
  request: DescribeLogDirsRequest,
  response: DescribeLogDirsResponse,
}

export interface LogDirReplica extends TopicPartition {
  readonly sizeInBytes: number
  /** Records that it is behind: of the high watermark, or of the replica that it is to replace. */
  readonly offsetLag: number
  /** It is being moved here, and will replace the one in another directory. */
  readonly isFuture: boolean
}

export interface LogDir {
  readonly path: string
  /** Null where it is well. */
  readonly error: ClientError | null
  readonly replicas: readonly LogDirReplica[]
  /** Of its volume; null where the broker does not tell. */
  readonly totalBytes: number | null
  readonly usableBytes: number | null
}

/** The directories of each broker, by its id as text. */
export async function describeLogDirs(
  link: Link,
  brokerIds: readonly number[],
  options?: CallOptions,
): Promise<Outcomes<readonly LogDir[]>> {
  const patience = link.patience('log directories', options)
  const outcomes = new Outcomes<readonly LogDir[]>()
  await Promise.all(
    brokerIds.map(async (id) => {
      try {
        const { results } = await link.broker(id, DESCRIBE, { topics: null }, patience)
        outcomes.succeeded(String(id), results.map(dirOf))
      } catch (thrown) {
        outcomes.failed(String(id), clientErrorOf(thrown))
      }
    }),
  )
  return outcomes
}

function dirOf({ logDir, errorCode: code, topics, totalBytes, usableBytes }: DescribeLogDirsResponse['results'][number]): LogDir {
  return {
    path: logDir,
    error: code === 0 ? null : brokerError(code, logDir),
    replicas: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
        topic: name,
        partition: partitionIndex,
        sizeInBytes: partitionSize,
        offsetLag,
        isFuture: isFutureKey,
      })),
    ),
    totalBytes: totalBytes < 0 ? null : totalBytes,
    usableBytes: usableBytes < 0 ? null : usableBytes,
  }
}
