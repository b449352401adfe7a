// DescribeLogDirs (API 35): how many bytes each partition takes in each log directory, and how much room the device has (KIP-827).

import type { LogDir } from '../../log/log-dir.ts'
import type { Disk } from '../../platform/disk.ts'
import { api } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { DescribeLogDirsRequest, DescribeLogDirsResponse } from '../../protocol/messages/describe-log-dirs.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Replicas } from '../../replication/replicas.ts'
import { CLUSTER, type Handler, type RequestContext } from '../handler.ts'

export interface DescribeLogDirsRooms {
  readonly replicas: Replicas
  readonly logDirs: readonly LogDir[]
  readonly disk: Disk
}

export function describeLogDirs({
  replicas,
  logDirs,
  disk,
}: DescribeLogDirsRooms): Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> {
  return {
    api: api('DescribeLogDirs'),
    requires: { operation: 'Describe', resource: CLUSTER },
    async handle(request, context) {
      const isWanted = await wanted(request, context)
      return { results: await context.slices.map(logDirs, (dir) => describeOne(dir, isWanted, context)) }
    },
    refuse: (_, error) => ({ errorCode: error.code, results: [] }),
  }

  async function describeOne(dir: LogDir, isWanted: (partition: Partition) => boolean, { slices }: RequestContext) {
    if (replicas.isOffline(dir)) return { errorCode: errorCode('KAFKA_STORAGE_ERROR'), logDir: dir.path, topics: [] }
    const topics = new ByTopic()
    await slices.map([...replicas.all()], (partition) => {
      if (replicas.dirOf(partition) === dir && isWanted(partition)) topics.add(partition)
    })
    const { total, usable } = await disk.space(dir.path)
    return { errorCode: 0, logDir: dir.path, topics: topics.told, totalBytes: total, usableBytes: usable }
  }
}

/** Null topics ask for all of them. */
async function wanted(
  { topics }: DescribeLogDirsRequest,
  { slices }: RequestContext,
): Promise<(partition: Partition) => boolean> {
  if (topics === null) return () => true
  const named = new Map<string, Set<number>>()
  let seen = 0
  for (const { topic, partitions } of topics) {
    const indexes = new Set<number>()
    named.set(topic, indexes)
    while (slices.isOverAt(seen++)) await slices.turn()
    for (const index of partitions) {
      indexes.add(index)
      while (slices.isOverAt(seen++)) await slices.turn()
    }
  }
  return (partition) => named.get(partition.topic)?.has(partition.index) ?? false
}

class ByTopic {
  readonly #topics = new Map<string, { name: string; partitions: ReturnType<typeof sizeOf>[] }>()

  add(partition: Partition): void {
    const entry = this.#topics.get(partition.topic)
    if (entry) entry.partitions.push(sizeOf(partition))
    else this.#topics.set(partition.topic, { name: partition.topic, partitions: [sizeOf(partition)] })
  }

  get told() {
    return [...this.#topics.values()]
  }
}

function sizeOf({ index, log }: Partition) {
  return { partitionIndex: index, partitionSize: log.sizeInBytes, offsetLag: 0, isFutureKey: false }
}
