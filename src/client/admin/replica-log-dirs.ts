// In which log directory of its broker a replica lies, and into which it is moved (KIP-113).

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { brokerError, type ClientError } from '../errors/index.ts'
import { byTopic } from './by-topic.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { dirsOf } from './log-dirs.ts'
import { Outcomes, replicaKey } from './outcomes.ts'

const ALTER: Exchange<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> = {
  request: AlterReplicaLogDirsRequest,
  response: AlterReplicaLogDirsResponse,
}

export interface Replica extends TopicPartition {
  readonly brokerId: number
}

export interface ReplicaPlace {
  readonly path: string
  /** Records that it is behind: of the high watermark, or of the replica that it is to replace. */
  readonly offsetLag: number
}

export interface ReplicaLogDirs {
  /** Null where the broker has no such replica, or only in a directory that failed. */
  readonly current: ReplicaPlace | null
  /** Where it is being moved to; null where it stays. */
  readonly future: ReplicaPlace | null
}

/** Begins to move replicas into other directories of their brokers; one that is not there yet will be made there. It goes on when this has answered. */
export function alterReplicaLogDirs(
  link: Link,
  replicas: readonly (Replica & { readonly path: string })[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const patience = link.patience('moving replicas between log directories', options)
  return byBroker(replicas, async (brokerId, some, outcomes) => {
    const dirs = [...new Set(some.map(({ path }) => path))].map((path) => ({
      path,
      topics: byTopic(some.filter((replica) => replica.path === path)).map(([name, these]) => ({
        name,
        partitions: these.map(({ partition }) => partition),
      })),
    }))
    const { results } = await link.broker(brokerId, ALTER, { dirs }, patience)
    for (const { topicName, partitions } of results) {
      for (const { partitionIndex, errorCode: code } of partitions) {
        const key = replicaKey(topicName, partitionIndex, brokerId)
        if (code === 0) outcomes.succeeded(key, undefined)
        else outcomes.failed(key, brokerError(code, `moving the replica ${key}`))
      }
    }
    const keys = some.map(({ topic, partition }) => replicaKey(topic, partition, brokerId))
    outcomes.settle(keys, patience.what)
  })
}

/** Where each replica lies. */
export function describeReplicaLogDirs(
  link: Link,
  replicas: readonly Replica[],
  options?: CallOptions,
): Promise<Outcomes<ReplicaLogDirs>> {
  const patience = link.patience('the log directories of replicas', options)
  return byBroker(replicas, async (brokerId, some, outcomes) => {
    const topics = byTopic(some).map(([topic, these]) => ({ topic, partitions: these.map(({ partition }) => partition) }))
    const results = await dirsOf(link, brokerId, topics, patience)
    for (const { topic, partition } of some) {
      outcomes.succeeded(replicaKey(topic, partition, brokerId), { current: null, future: null })
    }
    // A directory that failed tells of no replicas.
    for (const { logDir, topics: told } of results) {
      for (const { name, partitions } of told) {
        for (const { partitionIndex, offsetLag, isFutureKey } of partitions) {
          const key = replicaKey(name, partitionIndex, brokerId)
          const known = outcomes.values.get(key)
          const place = { path: logDir, offsetLag }
          if (known) outcomes.succeeded(key, isFutureKey ? { ...known, future: place } : { ...known, current: place })
        }
      }
    }
  })
}

/** Each broker is asked for its own. */
async function byBroker<R extends Replica, V>(
  replicas: readonly R[],
  run: (brokerId: number, some: readonly R[], outcomes: Outcomes<V>) => Promise<void>,
): Promise<Outcomes<V>> {
  const outcomes = new Outcomes<V>()
  const brokers = new Map<number, R[]>()
  for (const replica of replicas) brokers.set(replica.brokerId, [...(brokers.get(replica.brokerId) ?? []), replica])
  await Promise.all(
    [...brokers].map(async ([brokerId, some]) => {
      try {
        await run(brokerId, some, outcomes)
      } catch (thrown) {
        const error: ClientError = clientErrorOf(thrown)
        for (const { topic, partition } of some) outcomes.failed(replicaKey(topic, partition, brokerId), error)
      }
    }),
  )
  return outcomes
}
