// The log directories of brokers, and the replicas in each.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/messages/describe-log-dirs.ts'
import { brokerError, type ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { outcomesOfEach } from './each.ts'
import type { CallOptions, Link } from './link.ts'
import type { Outcomes } from './outcomes.ts'

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
export function describeLogDirs(
  link: Link,
  brokerIds: readonly number[],
  options?: CallOptions,
): Promise<Outcomes<readonly LogDir[]>> {
  const patience = link.patience('log directories', options)
  return outcomesOfEach(brokerIds, async (id) => {
    return (await dirsOf(link, id, null, patience)).map(dirOf)
  })
}

type Topics = DescribeLogDirsRequest['topics']

/** What a broker says of its directories, and of these replicas in them or of all. */
export async function dirsOf(link: Link, brokerId: number, topics: Topics, patience: Patience) {
  const { results } = await link.broker(brokerId, DESCRIBE, { topics }, patience)
  // A broker has one at least. Before Kafka 3.2 an empty list is all that it says to whom it refuses.
  if (results.length === 0) throw brokerError('CLUSTER_AUTHORIZATION_FAILED', `${patience.what} of broker ${brokerId}`)
  return results
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
