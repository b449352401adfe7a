// Assigners of programs, as the client takes them.

import type { OwnAssignor } from '../../client/consumer/index.ts'
import { KafkaJSNonRetriableError } from '../errors/classes.ts'
import type { Assigner, Cluster, Logger, PartitionAssigner } from '../types/index.ts'

/** The assigners that a consumer was given, as the client takes them. */
export function assignorsOf(
  given: readonly PartitionAssigner[],
  { cluster, groupId, logger }: { cluster: Cluster; groupId: string; logger: Logger },
): OwnAssignor[] {
  return given.map((create) => {
    const assigner = create({ cluster, groupId, logger })
    if (typeof assigner?.assign !== 'function' || typeof assigner.protocol !== 'function')
      throw new KafkaJSNonRetriableError('a partition assigner needs the functions assign and protocol')
    return assignorOf(assigner)
  })
}

function assignorOf(assigner: Assigner): OwnAssignor {
  return {
    name: assigner.name,
    subscription: (topics) => assigner.protocol({ topics: [...topics] }).metadata,
    async assign(members, topics) {
      const group = members.map(({ memberId, metadata }) => ({ memberId, memberMetadata: Buffer.from(metadata) }))
      const shares = await assigner.assign({ members: group, topics: [...topics] })
      return shares.map(({ memberId, memberAssignment }) => ({ memberId, assignment: memberAssignment }))
    },
  }
}
