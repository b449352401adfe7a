// DescribeQuorum (API 55): who votes on the metadata log, who follows it, and how far they are. Only the leader knows.

import { api } from '../../protocol/api.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/messages/describe-quorum.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function describeQuorum({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'describeQuorum'>
}): Handler<DescribeQuorumRequest, DescribeQuorumResponse> {
  return {
    api: api('DescribeQuorum'),
    requires: { operation: 'Describe', resource: CLUSTER },
    handle: async (request) => quorum.describeQuorum(request),
    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [], nodes: [] }),
  }
}
