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
  // What a stop leaves undone, the next start does: logs that are missing are made then, and those that nobody claims are put aside.
  return async (delta, isStopping) => {
    for (const { name } of delta.topicsDeleted) {
      if (isStopping()) return
      await guarded('a topic could not be taken away', name, () => replicas.delete(name))
      configs.forget(name)
    }
    if (delta.isFirst) await putStraysAside(delta)
    await reconfigure(delta)
    const ours = delta.partitionsChanged.filter(({ after }) => after.replicas.includes(nodeId))
    for (let at = 0; at < ours.length; at += AT_ONCE) {
      if (isStopping()) return
      await Promise.all(ours.slice(at, at + AT_ONCE).map(open))
    }
    for (const { topic, after } of ours) {
      const replica = replicas.get(topic.name, after.partition)
      if (replica) await guarded('a replica could not take its role', replica.name, () => replica.become(roleOf(after)))
    }
  }

  // One that fails (its disk did, say) must not keep the others from what the metadata says of them.
  async function guarded(what: string, name: string, run: () => unknown): Promise<void> {
    try {
      await run()
    } catch (thrown) {
      logger.error(what, { name, error: thrown })
    }
  }

  function open({ topic, after }: PartitionChange): Promise<void> {
    return guarded('a replica could not be opened', `${topic.name}-${after.partition}`, () =>
      replicas.open(topic.name, after.partition, topic.id, directoryOf(after), configs.topic(topic.name)),
    )
  }

  function directoryOf({ replicas: ids, directories }: PartitionImage): string | null {
    return directories[ids.indexOf(nodeId)] ?? null
  }

  async function reconfigure({ configsChanged }: MetadataDelta): Promise<void> {
    const { topics, all } = configs.changed(configsChanged)
    const concerned = all ? new Set([...replicas.all()].map(({ topic }) => topic)) : topics
    for (const topic of concerned) {
      await guarded('a topic could not take its configuration', topic, () => replicas.reconfigure(topic, configs.topic(topic)))
    }
  }

  // A log that no topic claims (or another topic of the same name does) is renamed, never removed: it may be all that is left of something.
  async function putStraysAside({ image }: MetadataDelta): Promise<void> {
    for (const dir of logDirs) {
      for (const log of dir.offline ? [] : [...dir.logs.values()]) {
        if (log.topic === METADATA_LOG) continue
        const topic = image.topic(log.topic)
        const isOurs = topic?.id === log.topicId && topic.partitions[log.partition]?.replicas.includes(nodeId)
        if (isOurs) continue
        logger.warn('a log belongs to no partition of this broker and is put aside as -stray', {
          log: log.dir,
          topicId: log.topicId,
        })
        await guarded('a log could not be put aside', log.dir, () => dir.strayLog(log))
      }
    }
  }
}

function roleOf({ leader, leaderEpoch, partitionEpoch, replicas, isr }: PartitionImage) {
  return { leaderId: leader, leaderEpoch, partitionEpoch, replicas, isr }
}
