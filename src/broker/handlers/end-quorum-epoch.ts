// EndQuorumEpoch (API 54): the leader of the metadata quorum goes, and says who should stand next.

import { api } from '../../protocol/api.ts'
import type { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../../protocol/messages/end-quorum-epoch.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function endQuorumEpoch({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'endQuorumEpoch'>
}): Handler<EndQuorumEpochRequest, EndQuorumEpochResponse> {
  return {
    api: api('EndQuorumEpoch'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => quorum.endQuorumEpoch(request),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }
}
