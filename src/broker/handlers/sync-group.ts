// SyncGroup (API 14): the leader hands in everyone's assignment, the others wait for theirs.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { SyncGroupRequest, SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { MOST_GROUP_WEIGHT, requireGroup } from '../groups.ts'
import type { Handler } from '../handler.ts'

/** Since this version a member names the protocol that it believes in (KIP-559). */
const NAMES_PROTOCOL_SINCE = 5

export function syncGroup({ groups }: { groups: GroupCoordinator }): Handler<SyncGroupRequest, SyncGroupResponse> {
  return {
    api: api('SyncGroup'),
    mostWeight: MOST_GROUP_WEIGHT,

    async handle(request, context) {
      if (context.version >= NAMES_PROTOCOL_SINCE && (request.protocolType === null || request.protocolName === null)) {
        throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', 'protocol type and name are missing')
      }
      requireGroup(context, 'Read', request.groupId)
      const { error, ...answer } = await groups.sync(request)
      return { ...answer, errorCode: errorCode(error) }
    },

    refuse: (_, error) => ({ errorCode: error.code }),
  }
}
