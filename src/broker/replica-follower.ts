// Makes this broker's replicas what the metadata says: opens, leads, reconfigures and deletes partitions as changes come in.

import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import { eachOf } from '../log/pool.ts'
import { NO_LEADER, type PartitionImage, UNASSIGNED_DIRECTORY } from '../metadata/partition.ts'
import type { MetadataDelta, PartitionChange, Subscriber } from '../metadata/publisher.ts'
import type { Logger } from '../platform/logger.ts'
import type { Slices } from '../platform/slices.ts'
import { METADATA_LOG } from '../raft/format.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { EffectiveConfigs } from './effective-configs.ts'
import type { OwnLife } from './own-life.ts'

export interface ReplicaFollowerRooms {
  readonly replicas: Replicas
  readonly configs: EffectiveConfigs
  readonly logDirs: readonly LogDir[]
  readonly nodeId: number
  /** Nothing is led by what was said before it. */
  readonly life: Pick<OwnLife, 'isNow'>
  readonly logger: Logger
  /** Thousands of partitions change at a time. */
  readonly slices: Slices
}

/** How many logs are made, or put aside, at once: each waits for the disk, and too many would hold everything else up. */
const AT_ONCE = 16

export function followReplicas(rooms: ReplicaFollowerRooms): Subscriber {
  const { replicas, configs, logDirs, nodeId, life, logger, slices } = rooms
  // Logs that a stop leaves unmade, the next start makes. Everything else is done all the same: a log of a deleted topic would be put aside by
  // the next start and never removed, and the farewell of this broker is a change of roles.
  return async (delta, isStopping) => {
    for (const { name } of delta.topicsDeleted) {
      await guarded('a topic could not be taken away', name, () => replicas.delete(name))
      configs.forget(name)
    }
    if (delta.isFirst) await putStraysAside(delta)
    await reconfigure(delta)
    const ours = delta.partitionsChanged.filter(({ after }) => after.replicas.includes(nodeId))
    await removeMoved(delta)
    await eachOf(ours, AT_ONCE, async (change) => {
      await slices.rest()
      if (!isStopping()) await open(change)
    })
    for (const { topic, after } of ours) {
      await slices.rest()
      const replica = replicas.get(topic.name, after.partition)
      if (replica) await guarded('a replica could not take its role', replica.name, () => replicas.become(replica, roleOf(after)))
    }
    if (delta.brokersChanged.size > 0) replicas.brokersChanged()
  }

  function roleOf({ leader, leaderEpoch, partitionEpoch, replicas, isr, elr }: PartitionImage) {
    const leaderId = leader === nodeId && !life.isNow ? NO_LEADER : leader
    return { leaderId, leaderEpoch, partitionEpoch, replicas, isr, elr }
  }

  // The controller takes a replica away only when the others have everything (KIP-455).
  async function removeMoved({ partitionsChanged }: MetadataDelta): Promise<void> {
    const moved = partitionsChanged.filter(
      ({ topic, after }) => !after.replicas.includes(nodeId) && replicas.get(topic.name, after.partition) !== undefined,
    )
    await eachOf(moved, AT_ONCE, async ({ topic, after }) => {
      await slices.rest()
      await guarded('a replica could not be taken away', topic.name, () => replicas.remove(topic.name, after.partition))
    })
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
    const directory = directories[ids.indexOf(nodeId)]
    return directory === undefined || directory === UNASSIGNED_DIRECTORY ? null : directory
  }

  async function reconfigure({ configsChanged }: MetadataDelta): Promise<void> {
    const { topics, all } = configs.changed(configsChanged)
    if (all) replicas.retune()
    const concerned = all ? new Set([...replicas.all()].map(({ topic }) => topic)) : topics
    for (const topic of concerned) {
      await guarded('a topic could not take its configuration', topic, () => replicas.reconfigure(topic, configs.topic(topic)))
    }
  }

  // A log that no topic claims (or another topic of the same name does) is renamed, never removed: it may be all that is left of something. Only
  // where the metadata says that its topic was deleted, a stop or a failed disk came before its removal, which is made up for.
  async function putStraysAside({ image, deletedIds }: MetadataDelta): Promise<void> {
    for (const dir of logDirs) {
      const strays: Log[] = []
      for (const log of dir.offline ? [] : [...dir.logs.values()]) {
        await slices.rest()
        if (log.topic !== METADATA_LOG && !isOurs(log)) strays.push(log)
      }
      // Of what is moved into the directory there is another copy, or there was.
      for (const log of dir.offline ? [] : [...dir.futures.values()]) if (!isOurs(log)) await remove(dir, log)
      await eachOf(strays, AT_ONCE, (log) =>
        log.topicId !== null && deletedIds.has(log.topicId) ? remove(dir, log) : putAside(dir, log),
      )
    }

    function isOurs({ topic: name, topicId, partition }: Log): boolean {
      const topic = image.topic(name)
      // One that lost its partition.metadata is the topic's of that name: a deleted log has another name by the time its topic is gone.
      const isSame = topicId === null || topic?.id === topicId
      return isSame && topic?.partitions[partition]?.replicas.includes(nodeId) === true
    }
  }

  function remove(dir: LogDir, log: Log): Promise<void> {
    return guarded('the log of a deleted topic could not be removed', log.dir, () => dir.deleteLog(log))
  }

  function putAside(dir: LogDir, log: Log): Promise<void> {
    const { dir: path, topicId } = log
    logger.warn('a log belongs to no partition of this broker and is put aside as -stray', { log: path, topicId })
    return guarded('a log could not be put aside', path, () => dir.strayLog(log))
  }
}
