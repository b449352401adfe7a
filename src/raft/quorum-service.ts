// What other members, and tools, ask of this member of the quorum: one function an API, from Kafka's request to Kafka's response.

import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../protocol/messages/describe-quorum.ts'
import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/messages/fetch-snapshot.ts'
import { describeQuorum } from './describe.ts'
import type { QuorumDriver } from './driver.ts'
import { type FetchServer, isSameCluster } from './fetch-server.ts'
import type { QuorumApis } from './peers.ts'
import type { Answer, ChangeAsk, ShortAsk } from './quorum/events.ts'
import { standing } from './quorum/state.ts'
import type { QuorumState } from './quorum.ts'
import { beginEpochAsk, endEpochAsk, epochResponse, refused, voteAsk, voteResponse } from './wire/asked.ts'
import { addAsk, changeResponse, removeAsk, updateAsk, updateResponse } from './wire/changes.ts'

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

  // ---- who votes (KIP-853): answered by the leader alone, all others say NOT_LEADER_OR_FOLLOWER

  /** Resolves when the new voter's record is committed, or written where that is enough. */
  addRaftVoter(request: QuorumApis['AddRaftVoter']['request']): Promise<QuorumApis['AddRaftVoter']['response']> {
    return this.#change(request.clusterId, addAsk(request)).then(changeResponse)
  }

  removeRaftVoter(request: QuorumApis['RemoveRaftVoter']['request']): Promise<QuorumApis['RemoveRaftVoter']['response']> {
    return this.#change(request.clusterId, removeAsk(request)).then(changeResponse)
  }

  /** Resolves when the leader has written it. */
  updateRaftVoter(request: QuorumApis['UpdateRaftVoter']['request']): Promise<QuorumApis['UpdateRaftVoter']['response']> {
    return this.#change(request.clusterId, updateAsk(request)).then(updateResponse)
  }

  /** Lets the quorum go on with a later kraft.version; with `isTrial` says only whether it could. Rejects with a KafkaError where it cannot. */
  async raiseKraftVersion(kraftVersion: number, isTrial: boolean): Promise<void> {
    const { error, message } = await this.#change(null, { kind: 'raiseVersion', kraftVersion, isTrial })
    if (error !== 'NONE') throw new KafkaError(error, message)
  }

  #change(clusterId: string | null, ask: ChangeAsk): Promise<Answer> {
    const { driver, clusterId: own, state } = this.#options
    if (isSameCluster(own, clusterId)) return driver.change(ask)
    const message = `The given id "${clusterId}" doesn't match the cluster id "${own}"`
    return Promise.resolve({ ...standing(state, 'INCONSISTENT_CLUSTER_ID'), message })
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
