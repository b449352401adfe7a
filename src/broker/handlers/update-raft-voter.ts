// UpdateRaftVoter (API 82): a controller that votes tells where it is reached, and which kraft.version it supports (KIP-853).

import { api } from '../../protocol/api.ts'
import type { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../../protocol/messages/update-raft-voter.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export function updateRaftVoter({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'updateRaftVoter'>
}): Handler<UpdateRaftVoterRequest, UpdateRaftVoterResponse> {
  return {
    api: api('UpdateRaftVoter'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => quorum.updateRaftVoter(request),
    refuse: (_, { code }) => ({ errorCode: code }),
  }
}
