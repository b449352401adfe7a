// DescribeGroups (API 15): the state of classic groups, with members and assignments.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts'
import { requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

/** Since this version an unknown group is an error, which comes with a text (KIP-1043); before it looked like a dead one. */
const NOT_FOUND_SINCE = 6

export function describeGroups({ groups }: { groups: GroupCoordinator }): Handler<DescribeGroupsRequest, DescribeGroupsResponse> {
  return {
    api: api('DescribeGroups'),

    async handle(request, context) {
      return {
        groups: await context.slices.map(request.groups, (groupId) =>
          describe(groupId, request.includeAuthorizedOperations, context),
        ),
      }
    },

    refuse: (request, error, { version }) => ({ groups: request.groups.map((groupId) => failure(groupId, error, version)) }),
  }

  async function describe(groupId: string, withOperations: boolean, context: RequestContext): Promise<Described> {
    try {
      requireGroup(context, 'Describe', groupId)
      const found = await groups.describe(groupId)
      if (!found && context.version >= NOT_FOUND_SINCE) return { ...notFound(groupId), groupState: 'Dead' }
      const operations = withOperations ? authorizedOperations(context, { type: 'Group', name: groupId }) : NOT_ASKED
      return { groupId, ...(found ?? { groupState: 'Dead' }), authorizedOperations: operations }
    } catch (thrown) {
      return failure(groupId, context.answerFor(thrown), context.version)
    }
  }
}

type Described = Input<Item<DescribeGroupsResponse['groups']>>

function notFound(groupId: string): Described {
  return { groupId, errorCode: errorCode('GROUP_ID_NOT_FOUND'), errorMessage: `Group ${groupId} not found.` }
}

function failure(groupId: string, error: KafkaError, version: number): Described {
  return { groupId, errorCode: error.code, errorMessage: version >= NOT_FOUND_SINCE ? error.message : null }
}
