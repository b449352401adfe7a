// AddRaftVoter (API 80): another controller votes on the metadata log (KIP-853).

import { api } from '../../protocol/api.ts'
import type { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/messages/add-raft-voter.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export function addRaftVoter({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'addRaftVoter'>
}): Handler<AddRaftVoterRequest, AddRaftVoterResponse> {
  return {
    api: api('AddRaftVoter'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },
    handle: (request) => quorum.addRaftVoter(request),
    refuse: (_, { code, message }) => ({ errorCode: code, errorMessage: message }),
  }
}
