// Whether someone is who they say: every request of a member passes here.

import type { ErrorName } from '../../protocol/errors.ts'
import type { Group } from './state.ts'

/** Null for a member of the group; a static one whose instance runs elsewhere by now is fenced (KIP-345). */
export function validateMember(group: Group, memberId: string, instanceId: string | null): ErrorName | null {
  if (instanceId !== null) {
    const owner = group.staticMember(instanceId)
    if (!owner) return 'UNKNOWN_MEMBER_ID'
    if (owner.id !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return group.members.has(memberId) ? null : 'UNKNOWN_MEMBER_ID'
}
