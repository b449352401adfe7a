// What other members, and tools, ask of this member of the quorum: one function an API, from Kafka's request to Kafka's response.

import type { Clock } from '../platform/clock.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../protocol/messages/describe-quorum.ts'
import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/messages/fetch-snapshot.ts'
import { describeQuorum } from './describe.ts'
import type { QuorumDriver } from './driver.ts'
import { type FetchServer, isSameCluster } from './fetch-server.ts'
import type { QuorumApis } from './peers.ts'
import type { Answer, ShortAsk } from './quorum/events.ts'
import type { QuorumState } from './quorum.ts'
import { beginEpochAsk, endEpochAsk, epochResponse, refused, voteAsk, voteResponse } from './wire/asked.ts'

export interface QuorumServiceOptions {
  readonly driver: QuorumDriver
  readonly fetches: FetchServer
  readonly state: QuorumState
  readonly clock: Clock
  readonly clusterId: string | null
}

/** All of them reject with BROKER_NOT_AVAILABLE once this node takes part no longer. */
export class QuorumService {
  readonly #options: QuorumServiceOptions

  constructor(options: QuorumServiceOptions) {
    this.#options = options
  }

  vote(request: QuorumApis['Vote']['request']): Promise<QuorumApis['Vote']['response']> {
    return this.#answer(request.clusterId, voteAsk(request), voteResponse)
  }

  beginQuorumEpoch(request: QuorumApis['BeginQuorumEpoch']['request']): Promise<QuorumApis['BeginQuorumEpoch']['response']> {
    return this.#answer(request.clusterId, beginEpochAsk(request), epochResponse)
  }

  endQuorumEpoch(request: QuorumApis['EndQuorumEpoch']['request']): Promise<QuorumApis['EndQuorumEpoch']['response']> {
    return this.#answer(request.clusterId, endEpochAsk(request), epochResponse)
  }

  /** A replica's Fetch of the metadata log; waits as long as the request allows, or until `gone`. */
  fetch(request: FetchRequest, gone?: AbortSignal): Promise<FetchResponse> {
    return this.#options.fetches.fetch(request, gone)
  }

  fetchSnapshot(request: FetchSnapshotRequest): Promise<FetchSnapshotResponse> {
    return this.#options.fetches.fetchSnapshot(request)
  }

  describeQuorum(request: DescribeQuorumRequest): DescribeQuorumResponse {
    const { state, clock } = this.#options
    return describeQuorum(state, request, { now: clock.monotonic(), timestamp: clock.now() })
  }

  async #answer<R>(
    clusterId: string | null,
    ask: ShortAsk | null,
    response: (answer: Answer) => R,
  ): Promise<R | ReturnType<typeof refused>> {
    const { driver, clusterId: own } = this.#options
    if (!isSameCluster(own, clusterId)) return refused('INCONSISTENT_CLUSTER_ID')
    if (!ask) return refused('UNKNOWN_TOPIC_OR_PARTITION')
    return response(await driver.ask(ask))
  }
}
