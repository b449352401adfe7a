// Writes that a group is empty. Its own step, so that it can be repeated while the log refuses.

import type { Decision } from '../../../machine/machine.ts'
import type { Step } from '../rebalance.ts'
import type { GroupRecord } from '../stored.ts'

/** True when the log still says that the group has members, or an older generation. */
export function isUnsettled({ group }: Pick<Step, 'group'>): boolean {
  if (group.state !== 'Empty' || group.generation === 0) return false
  return group.written === null || group.written.generation !== group.generation || group.written.members.length > 0
}

export function settle(step: Step): Decision<GroupRecord, void> {
  const { group, out } = step
  if (isUnsettled(step)) out.write({ kind: 'groupMetadata', groupId: group.id, value: group.toStored(group.stateSince) })
  return out.now(undefined)
}
