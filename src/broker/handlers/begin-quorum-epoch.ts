// BeginQuorumEpoch (API 53): a new leader of the metadata quorum makes itself known to the voters.

import { api } from '../../protocol/api.ts'
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../../protocol/messages/begin-quorum-epoch.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function beginQuorumEpoch({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'beginQuorumEpoch'>
}): Handler<BeginQuorumEpochRequest, BeginQuorumEpochResponse> {
  return {
    api: api('BeginQuorumEpoch'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => quorum.beginQuorumEpoch(request),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }
}
