// Makes this broker's replicas what the metadata says: opens, leads, reconfigures and deletes partitions as changes come in.

import type { LogDir } from '../log/log-dir.ts'
import type { PartitionImage } from '../metadata/partition.ts'
import type { MetadataDelta, PartitionChange, Subscriber } from '../metadata/publisher.ts'
import type { Logger } from '../platform/logger.ts'
import { METADATA_LOG } from '../raft/format.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { EffectiveConfigs } from './effective-configs.ts'

export interface ReplicaFollowerRooms {
  readonly replicas: Replicas
  readonly configs: EffectiveConfigs
  readonly logDirs: readonly LogDir[]
  readonly nodeId: number
  readonly logger: Logger
}

/** How many logs are made at once: each waits for the disk, and too many would hold everything else up. */
const AT_ONCE = 16

export function followReplicas({ replicas, configs, logDirs, nodeId, logger }: ReplicaFollowerRooms): Subscriber {
  return async (delta) => {
    for (const { name } of delta.topicsDeleted) {
      await replicas.delete(name)
      configs.forget(name)
    }
    if (delta.isFirst) await putStraysAside(delta)
    reconfigure(delta)
    const ours = delta.partitionsChanged.filter(({ after }) => after.replicas.includes(nodeId))
    for (let at = 0; at < ours.length; at += AT_ONCE) await Promise.all(ours.slice(at, at + AT_ONCE).map(open))
    for (const { topic, after } of ours) replicas.get(topic.name, after.partition)?.become(roleOf(after))
  }

  async function open({ topic, after }: PartitionChange): Promise<void> {
    try {
      await replicas.open(topic.name, after.partition, topic.id, directoryOf(after), configs.topic(topic.name))
    } catch (thrown) {
      logger.error('a replica could not be opened', { partition: `${topic.name}-${after.partition}`, error: thrown })
    }
  }

  function directoryOf({ replicas: ids, directories }: PartitionImage): string | null {
    return directories[ids.indexOf(nodeId)] ?? null
  }

  function reconfigure({ configsChanged }: MetadataDelta): void {
    const { topics, all } = configs.changed(configsChanged)
    const concerned = all ? new Set([...replicas.all()].map(({ topic }) => topic)) : topics
    for (const topic of concerned) replicas.reconfigure(topic, configs.topic(topic))
  }

  // A log that no topic claims (or another topic of the same name does) is renamed, never removed: it may be all that is left of something.
  async function putStraysAside({ image }: MetadataDelta): Promise<void> {
    for (const dir of logDirs) {
      for (const log of [...dir.logs.values()]) {
        if (log.topic === METADATA_LOG) continue
        const topic = image.topic(log.topic)
        const isOurs = topic?.id === log.topicId && topic.partitions[log.partition]?.replicas.includes(nodeId)
        if (isOurs) continue
        logger.warn('a log belongs to no partition of this broker and is put aside as -stray', {
          log: log.dir,
          topicId: log.topicId,
        })
        await dir.strayLog(log)
      }
    }
  }
}

function roleOf({ leader, leaderEpoch, partitionEpoch, replicas, isr }: PartitionImage) {
  return { leaderId: leader, leaderEpoch, partitionEpoch, replicas, isr }
}
