// The end of a session: nobody was heard of for its timeout.

import type { GroupMachine } from '../group-machine.ts'
import { endJoinPhaseIfComplete, removeMembers, type Step } from '../rebalance.ts'

/** Puts the member out, or forgets the id that was handed out and never used. One whose request waits here is alive. */
export function sessionIsOver(machine: GroupMachine, step: Step, memberId: string): void {
  const { group } = step
  if (machine.removePending(group, memberId)) {
    endJoinPhaseIfComplete(step)
    machine.forgetIfNothing(group)
    return
  }
  const member = group.members.get(memberId)
  if (!member) return
  const waits = group.parkedJoins.has(memberId) || group.parkedSyncs.has(memberId)
  if (waits && !member.isNew) return
  removeMembers(step, [member])
}
