// ListGroups (API 16): the groups that this broker coordinates; clients ask every broker.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import type { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import { MOST_GROUP_WEIGHT } from '../groups.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function listGroups({ groups }: { groups: GroupCoordinator }): Handler<ListGroupsRequest, ListGroupsResponse> {
  return {
    api: api('ListGroups'),
    mostWeight: MOST_GROUP_WEIGHT,

    async handle(request, context) {
      const found = await groups.list(request)
      if (context.may('Describe', CLUSTER)) return { errorCode: 0, groups: found }
      return { errorCode: 0, groups: found.filter(({ groupId }) => context.may('Describe', { type: 'Group', name: groupId })) }
    },

    refuse: (_, error) => ({ errorCode: error.code }),
  }
}
