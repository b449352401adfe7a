// Vote (API 52): a member of the metadata quorum asks for a vote, or whether it would get one.

import { api } from '../../protocol/api.ts'
import type { VoteRequest, VoteResponse } from '../../protocol/messages/vote.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function vote({ quorum }: { readonly quorum: Pick<QuorumService, 'vote'> }): Handler<VoteRequest, VoteResponse> {
  return {
    api: api('Vote'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => quorum.vote(request),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }
}
