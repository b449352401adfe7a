// Fetch (API 1) as controllers answer it: the metadata log, for those who replicate it. Brokers answer their own in `fetch.ts`.

import { api } from '../../protocol/api.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function quorumFetch({ quorum }: { readonly quorum: Pick<QuorumService, 'fetch'> }): Handler<FetchRequest, FetchResponse> {
  return {
    api: api('Fetch'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request, { gone }) => quorum.fetch(request, gone),
    refuse: (_, error) => ({ errorCode: error.code, responses: [] }),
  }
}
