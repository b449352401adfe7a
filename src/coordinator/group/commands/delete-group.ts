// DeleteGroups: a group without members goes, with all it committed.

import type { Decision } from '../../../machine/machine.ts'
import { decide } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import { Outcome } from '../outcome.ts'
import type { Group } from '../state.ts'
import type { GroupRecord } from '../stored.ts'

/** NONE once it is deleted; NON_EMPTY_GROUP while it has members. */
export function deleteGroup(machine: GroupMachine, groupId: string): Decision<GroupRecord, ErrorName> {
  const group = machine.groups.get(groupId)
  if (!group) return decide('GROUP_ID_NOT_FOUND' as const)
  if (group.state !== 'Empty') return decide('NON_EMPTY_GROUP' as const)
  const out = new Outcome()
  for (const topic of group.offsets.allTopics()) {
    for (const partition of group.offsets.partitionsOf(topic)) out.write({ kind: 'offsetDelete', groupId, topic, partition })
  }
  buryGroup(group, out)
  return { ...out.now('NONE' as const), atomic: false }
}

/** Written for every group, also for one that only keeps offsets, as Kafka does. */
export function buryGroup(group: Group, out: Outcome): void {
  out.write({ kind: 'groupDelete', groupId: group.id })
}
