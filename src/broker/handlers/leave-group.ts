// LeaveGroup (API 13): members go; since version 3 several in one request, static ones by their instance (KIP-345).

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import { MOST_GROUP_WEIGHT, requireGroup } from '../groups.ts'
import type { Handler } from '../handler.ts'

const MANY_SINCE = 3

export function leaveGroup({ groups }: { groups: GroupCoordinator }): Handler<LeaveGroupRequest, LeaveGroupResponse> {
  return {
    api: api('LeaveGroup'),
    mostWeight: MOST_GROUP_WEIGHT,

    async handle({ groupId, memberId, members }, context) {
      requireGroup(context, 'Read', groupId)
      const leavesMany = context.version >= MANY_SINCE
      const { error, members: gone } = await groups.leave({
        groupId,
        members: leavesMany ? members : [{ memberId, groupInstanceId: null }],
      })
      if (!leavesMany) return { errorCode: errorCode(error === 'NONE' ? (gone[0]?.error ?? 'NONE') : error) }
      return {
        errorCode: errorCode(error),
        members: gone.map((one) => ({
          memberId: one.memberId,
          groupInstanceId: one.groupInstanceId,
          errorCode: errorCode(one.error),
        })),
      }
    },

    refuse: (_, error) => ({ errorCode: error.code }),
  }
}
