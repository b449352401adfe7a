// DescribeLogDirs (API 35): how many bytes each partition takes in each log directory, and how much room the device has (KIP-827).

import type { Log } from '../../log/log.ts'
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
  /** Paths of directories that could not be opened. */
  readonly lostDirs: readonly string[]
  readonly disk: Disk
}

export function describeLogDirs({
  replicas,
  logDirs,
  lostDirs,
  disk,
}: DescribeLogDirsRooms): Handler<DescribeLogDirsRequest, DescribeLogDirsResponse> {
  return {
    api: api('DescribeLogDirs'),
    requires: { operation: 'Describe', resource: CLUSTER },
    async handle(request, context) {
      const isWanted = await wanted(request, context)
      const results = await context.slices.map(logDirs, (dir) => describeOne(dir, isWanted, context))
      return { results: [...results, ...lostDirs.map(offline)] }
    },
    refuse: (_, error) => ({ errorCode: error.code, results: [] }),
  }

  async function describeOne(dir: LogDir, isWanted: (partition: Partition) => boolean, { slices }: RequestContext) {
    if (replicas.isOffline(dir)) return offline(dir.path)
    const topics = new ByTopic()
    await slices.each([...replicas.all()], (partition) => {
      if (!isWanted(partition)) return
      if (replicas.dirOf(partition) === dir) topics.add(partition, here(partition))
      const move = replicas.moves.of(partition)
      if (move?.to === dir) topics.add(partition, onItsWay(partition, move.future))
    })
    const { total, usable } = await disk.space(dir.path)
    return { errorCode: 0, logDir: dir.path, topics: topics.told, totalBytes: total, usableBytes: usable }
  }
}

function offline(logDir: string) {
  return { errorCode: errorCode('KAFKA_STORAGE_ERROR'), logDir, topics: [] }
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

interface Told {
  readonly partitionIndex: number
  readonly partitionSize: number
  /** How many offsets it lacks. */
  readonly offsetLag: number
  readonly isFutureKey: boolean
}

class ByTopic {
  readonly #topics = new Map<string, { name: string; partitions: Told[] }>()

  add({ topic }: Partition, told: Told): void {
    const entry = this.#topics.get(topic)
    if (entry) entry.partitions.push(told)
    else this.#topics.set(topic, { name: topic, partitions: [told] })
  }

  get told() {
    return [...this.#topics.values()]
  }
}

function here({ index, log, highWatermark, endOffset }: Partition): Told {
  const offsetLag = Math.max(0, highWatermark - endOffset)
  return { partitionIndex: index, partitionSize: log.sizeInBytes, offsetLag, isFutureKey: false }
}

/** The copy that is made of it in another directory. */
function onItsWay({ index, endOffset }: Partition, future: Log): Told {
  const offsetLag = Math.max(0, endOffset - future.endOffset)
  return { partitionIndex: index, partitionSize: future.sizeInBytes, offsetLag, isFutureKey: true }
}
