// Brings the group coordinator where the partitions of __consumer_offsets are led, and tells it of deleted topics.

import { GROUPS_TOPIC, type GroupCoordinator } from '../coordinator/group/coordinator.ts'
import type { Subscriber } from '../metadata/publisher.ts'
import type { Replicas } from '../replication/replicas.ts'

export function followGroups(coordinator: GroupCoordinator, replicas: Replicas, nodeId: number): Subscriber {
  return async ({ partitionsChanged, topicsDeleted }) => {
    for (const { topic, before, after } of partitionsChanged) {
      if (topic.name !== GROUPS_TOPIC) continue
      const partition = replicas.get(topic.name, after.partition)
      if (after.leader !== nodeId || !partition) coordinator.onResigned(after.partition)
      else if (before?.leader !== nodeId || before.leaderEpoch !== after.leaderEpoch)
        coordinator.onElected(after.partition, partition, after.leaderEpoch)
    }
    if (topicsDeleted.length > 0) await coordinator.onTopicsDeleted(new Set(topicsDeleted.map(({ name }) => name)))
  }
}
