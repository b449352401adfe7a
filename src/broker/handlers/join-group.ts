// JoinGroup (API 11): a member joins its group or comes back to it; the answer waits until the group's join phase ends.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import { asker, MOST_GROUP_WEIGHT, requireGroup } from '../groups.ts'
import type { Handler } from '../handler.ts'

/** Since this version a missing protocol is null instead of empty. */
const NO_PROTOCOL_IS_NULL_SINCE = 7

export function joinGroup({ groups }: { groups: GroupCoordinator }): Handler<JoinGroupRequest, JoinGroupResponse> {
  return {
    api: api('JoinGroup'),
    mostWeight: MOST_GROUP_WEIGHT,

    async handle(request, context) {
      requireGroup(context, 'Read', request.groupId)
      const { error, protocolName, ...answer } = await groups.join(request, asker(context))
      return { ...answer, errorCode: errorCode(error), protocolName: protocolName ?? noProtocol(context.version) }
    },

    refuse: (_, error, { version }) => ({ errorCode: error.code, protocolName: noProtocol(version) }),
  }
}

function noProtocol(version: number): string | null {
  return version >= NO_PROTOCOL_IS_NULL_SINCE ? null : ''
}
