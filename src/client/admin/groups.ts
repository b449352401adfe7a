// Groups of every kind: consumer groups of both protocols, share groups, streams groups.

import type { Exchange } from '../../net/peer.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/messages/delete-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import { brokerError } from '../errors/index.ts'
import { outcomesOfEach } from './each.ts'
import { type CallOptions, type Link, onlyOne } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const LIST: Exchange<ListGroupsRequest, ListGroupsResponse> = { request: ListGroupsRequest, response: ListGroupsResponse }
const DELETE: Exchange<DeleteGroupsRequest, DeleteGroupsResponse> = {
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
}
const FIRST_WITH_STATES = 4
const FIRST_WITH_TYPES = 5

/** As brokers call them; others may come. */
export type GroupType = 'Classic' | 'Consumer' | 'Share' | 'Streams' | (string & {})
export type GroupState =
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'
  | 'Empty'
  | 'Assigning'
  | 'Reconciling'
  | 'NotReady'
  | (string & {})

export interface GroupListing {
  readonly groupId: string
  /** "consumer" with members that are consumers; empty for a group that only commits. */
  readonly protocolType: string
  /** Empty where the broker is too old to tell. */
  readonly state: GroupState
  /** Empty where the broker is too old to tell. */
  readonly type: GroupType
}

export interface GroupFilter extends CallOptions {
  /** Only groups in these states; missing or empty: in any. */
  readonly states?: readonly GroupState[] | undefined
  /** Only groups of these types; missing or empty: of any. */
  readonly types?: readonly GroupType[] | undefined
  /** Only groups whose members speak one of these, such as "consumer"; missing or empty: any. */
  readonly protocolTypes?: readonly string[] | undefined
}

export interface DescribeGroupsOptions extends CallOptions {
  /** Tells also what the one who asks may do with each group. */
  readonly includeAuthorizedOperations?: boolean | undefined
}

/** All groups that the brokers coordinate. Throws what one of them says, where it says nothing else. */
export async function listGroups(link: Link, options: GroupFilter = {}): Promise<readonly GroupListing[]> {
  const { states = [], types = [], protocolTypes = [] } = options
  const patience = link.patience('the list of groups', options)
  const found = new Map<string, GroupListing>()
  const body = (version: number) => ({
    ...(version >= FIRST_WITH_STATES || states.length > 0 ? { statesFilter: [...states] } : {}),
    ...(version >= FIRST_WITH_TYPES || types.length > 0 ? { typesFilter: [...types] } : {}),
  })
  for (const { groups } of (await link.allBrokers(LIST, body, patience)).values()) {
    for (const { groupId, protocolType, groupState, groupType } of groups) {
      if (protocolTypes.length > 0 && !protocolTypes.includes(protocolType)) continue
      found.set(groupId, { groupId, protocolType, state: groupState, type: called(groupType) })
    }
  }
  return [...found.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

/** Brokers do not agree on the first letter. */
const called = (type: string): GroupType => type.slice(0, 1).toUpperCase() + type.slice(1)

/** Deletes groups of any kind that have no members, with their offsets. */
export function deleteGroups(link: Link, groupIds: readonly string[], options?: CallOptions): Promise<Outcomes<void>> {
  const patience = link.patience('deleting groups', options)
  return outcomesOfEach(groupIds, (groupId) =>
    link.coordinator('group', groupId, patience, async (node) => {
      const { results } = await link.send(node, DELETE, { groupsNames: [groupId] }, patience)
      const { errorCode: code } = onlyOne(results, `group ${groupId}`)
      if (code !== 0) throw brokerError(code, `deleting ${groupId}`)
    }),
  )
}
