// What the handlers of group requests share: who asks, whether they may, and which topics there are.

import type { Asker } from '../coordinator/group/answers.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Operation, RequestContext } from './handler.ts'

/** What one command of a group may hold: 10,000 members, protocols or filters. */
export const MOST_GROUP_WEIGHT = 40_000

/** What group requests need of the metadata: topics by name and by id, and which partitions they have. */
export type KnownTopics = Pick<MetadataImage, 'topic' | 'topicsById' | 'partition'>

/** GROUP_AUTHORIZATION_FAILED unless the principal may do this to the group. */
export function requireGroup(context: RequestContext, operation: Operation, groupId: string): void {
  if (context.may(operation, { type: 'Group', name: groupId })) return
  throw new KafkaError('GROUP_AUTHORIZATION_FAILED', `${context.principal} may not ${operation} group ${groupId}`)
}

export function asker({ version, clientId, clientHost }: RequestContext): Asker {
  return { version, clientId: clientId ?? '', clientHost }
}
