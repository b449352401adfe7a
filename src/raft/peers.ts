// The way to the other members of the quorum, given from outside: raft knows requests, answers and addresses, and no sockets.

import type { AddRaftVoterRequest, AddRaftVoterResponse } from '../protocol/messages/add-raft-voter.ts'
import type { ApiVersionsRequest, ApiVersionsResponse } from '../protocol/messages/api-versions.ts'
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../protocol/messages/begin-quorum-epoch.ts'
import type { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../protocol/messages/end-quorum-epoch.ts'
import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/messages/fetch-snapshot.ts'
import type { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../protocol/messages/remove-raft-voter.ts'
import type { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../protocol/messages/update-raft-voter.ts'
import type { VoteRequest, VoteResponse } from '../protocol/messages/vote.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Where a request goes. A bootstrap server is known by its address alone. */
export interface Peer extends Address {
  readonly id: number | null
}

/** What members of a quorum ask each other. */
export interface QuorumApis {
  readonly Vote: { readonly request: VoteRequest; readonly response: VoteResponse }
  readonly BeginQuorumEpoch: { readonly request: BeginQuorumEpochRequest; readonly response: BeginQuorumEpochResponse }
  readonly EndQuorumEpoch: { readonly request: EndQuorumEpochRequest; readonly response: EndQuorumEpochResponse }
  readonly Fetch: { readonly request: FetchRequest; readonly response: FetchResponse }
  readonly FetchSnapshot: { readonly request: FetchSnapshotRequest; readonly response: FetchSnapshotResponse }
  readonly AddRaftVoter: { readonly request: AddRaftVoterRequest; readonly response: AddRaftVoterResponse }
  readonly RemoveRaftVoter: { readonly request: RemoveRaftVoterRequest; readonly response: RemoveRaftVoterResponse }
  readonly UpdateRaftVoter: { readonly request: UpdateRaftVoterRequest; readonly response: UpdateRaftVoterResponse }
  readonly ApiVersions: { readonly request: ApiVersionsRequest; readonly response: ApiVersionsResponse }
}
export type QuorumApi = keyof QuorumApis

export interface QuorumPeers {
  /**
   * Sends one request and gives its answer; rejects where the peer cannot be reached, or the connection ended, with ConnectRefused where nobody listens
   * there and who did need not be waited for. Requests may overtake each other, be lost, or
   * arrive twice. Who asks gives up by itself after a while, so a promise may stay open as long as its connection does. Bytes in the answer stay
   * as they are until the promise's first handlers ran.
   */
  send<A extends QuorumApi>(to: Peer, api: A, request: QuorumApis[A]['request']): Promise<QuorumApis[A]['response']>
}

/** A quorum of one has nobody to ask. */
export const noPeers: QuorumPeers = { send: () => Promise.reject(new Error('this node has no peers')) }
