// RemoveRaftVoter (API 81): a controller votes on the metadata log no longer (KIP-853).

import { api } from '../../protocol/api.ts'
import type { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../protocol/messages/remove-raft-voter.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function removeRaftVoter({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'removeRaftVoter'>
}): Handler<RemoveRaftVoterRequest, RemoveRaftVoterResponse> {
  return {
    api: api('RemoveRaftVoter'),
    requires: { operation: 'Alter', resource: CLUSTER },
    handle: (request) => quorum.removeRaftVoter(request),
    refuse: (_, { code, message }) => ({ errorCode: code, errorMessage: message }),
  }
}
