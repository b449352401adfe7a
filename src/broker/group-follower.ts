// Brings the group coordinator where the partitions of __consumer_offsets are led, and tells it of deleted topics.

import { GROUPS_TOPIC, type GroupCoordinator } from '../coordinator/group/coordinator.ts'
import type { Subscriber } from '../metadata/publisher.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { OwnLife } from './own-life.ts'

export function followGroups(
  coordinator: GroupCoordinator,
  { replicas, nodeId, life }: { readonly replicas: Replicas; readonly nodeId: number; readonly life: Pick<OwnLife, 'isNow'> },
): Subscriber {
  return ({ partitionsChanged, topicsDeleted }) => {
    for (const { topic, before, after } of partitionsChanged) {
      if (topic.name !== GROUPS_TOPIC) continue
      const partition = replicas.get(topic.name, after.partition)
      if (after.leader !== nodeId || !life.isNow || !partition) coordinator.onResigned(after.partition)
      else if (before?.leader !== nodeId || before.leaderEpoch !== after.leaderEpoch)
        coordinator.onElected(after.partition, partition, after.leaderEpoch)
    }
    // Nobody waits for it here: it is answered at a commit, and the changes behind this one must not depend on the groups' disk. Whoever asks
    // the coordinator after this sees it done all the same, because its commands keep their order.
    if (topicsDeleted.length > 0) void coordinator.onTopicsDeleted(new Set(topicsDeleted.map(({ name }) => name)))
  }
}
