// FetchSnapshot (API 59): a piece of a snapshot of the metadata log, for a replica that is too far behind (KIP-630).

import { api } from '../../protocol/api.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../../protocol/messages/fetch-snapshot.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function fetchSnapshot({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'fetchSnapshot'>
}): Handler<FetchSnapshotRequest, FetchSnapshotResponse> {
  return {
    api: api('FetchSnapshot'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => quorum.fetchSnapshot(request),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }
}
