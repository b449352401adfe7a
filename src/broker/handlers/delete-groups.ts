// DeleteGroups (API 42): groups without members go, with the offsets they committed.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/messages/delete-groups.ts'
import { requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

export function deleteGroups({ groups }: { groups: GroupCoordinator }): Handler<DeleteGroupsRequest, DeleteGroupsResponse> {
  return {
    api: api('DeleteGroups'),

    async handle({ groupsNames }, context) {
      const distinct = [...new Set(groupsNames)]
      return {
        results: await context.slices.map(distinct, async (groupId) => ({
          groupId,
          errorCode: await deleteOne(groupId, context),
        })),
      }
    },

    refuse: ({ groupsNames }, error) => ({
      results: [...new Set(groupsNames)].map((groupId) => ({ groupId, errorCode: error.code })),
    }),
  }

  async function deleteOne(groupId: string, context: RequestContext): Promise<number> {
    try {
      requireGroup(context, 'Delete', groupId)
      return errorCode(await groups.deleteGroup(groupId))
    } catch (thrown) {
      return context.answerFor(thrown).code
    }
  }
}
