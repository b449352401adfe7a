// The connections of a node to the others, one for each purpose, as Apache Kafka has them: what one of them waits for does not hold up the rest.

import { BufferPool, type PooledBytes } from '../base/buffer-pool.ts'
import type { BrokerConfig } from '../config/broker/index.ts'
import type { ReplicaVersions } from '../metadata/features.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { ConnectionLost } from '../net/dial.ts'
import { FrameMemory } from '../net/frame-memory.ts'
import { type Exchange, Peer } from '../net/peer.ts'
import type { Address } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from '../protocol/messages/add-raft-voter.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../protocol/messages/api-versions.ts'
import { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from '../protocol/messages/begin-quorum-epoch.ts'
import { EndQuorumEpochRequest, EndQuorumEpochResponse } from '../protocol/messages/end-quorum-epoch.ts'
import { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/messages/fetch-snapshot.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../protocol/messages/list-offsets.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../protocol/messages/remove-raft-voter.ts'
import { UpdateRaftVoterRequest, UpdateRaftVoterResponse } from '../protocol/messages/update-raft-voter.ts'
import { VoteRequest, VoteResponse } from '../protocol/messages/vote.ts'
import type { QuorumApi, QuorumPeers } from '../raft/peers.ts'
import type { LeaderClient } from '../replication/links.ts'

export interface ConnectionsOptions {
  readonly platform: Pick<Platform, 'network' | 'clock' | 'random'>
  readonly config: BrokerConfig
  /** Told of every answer with the error INCONSISTENT_CLUSTER_ID, and of every other one. */
  readonly onQuorumAnswer?: (from: Address, errorCode: number, to: QuorumApi) => void
  /** Told of every request to another member that was not answered. */
  readonly onQuorumSilence?: (to: Address, why: unknown) => void
}

/** Kafka's pauses before a lost connection is made again, in milliseconds. */
const RECONNECT_MS = 50
const QUORUM_RECONNECT_MAX_MS = 500
/** Fetches that may follow each other without waiting. */
const FETCHES_IN_FLIGHT = 5
const QUORUM_IN_FLIGHT = 5
/** Of leaders' answers, kept for the next ones: a fetcher has one at a time, of 10 MiB at most where nobody changed that. */
const IDLE_FRAMES = 24 * 1024 * 1024
/** Beside the records of a leader's answer. */
const ROOM_FOR_HEADERS = 256 * 1024

const QUORUM: { readonly [A in QuorumApi]: Exchange<unknown, unknown> } = {
  Vote: { request: VoteRequest, response: VoteResponse },
  BeginQuorumEpoch: { request: BeginQuorumEpochRequest, response: BeginQuorumEpochResponse },
  EndQuorumEpoch: { request: EndQuorumEpochRequest, response: EndQuorumEpochResponse },
  Fetch: { request: FetchRequest, response: FetchResponse },
  FetchSnapshot: { request: FetchSnapshotRequest, response: FetchSnapshotResponse },
  AddRaftVoter: { request: AddRaftVoterRequest, response: AddRaftVoterResponse },
  RemoveRaftVoter: { request: RemoveRaftVoterRequest, response: RemoveRaftVoterResponse },
  UpdateRaftVoter: { request: UpdateRaftVoterRequest, response: UpdateRaftVoterResponse },
  ApiVersions: { request: ApiVersionsRequest, response: ApiVersionsResponse },
}
const FETCH = { request: FetchRequest, response: FetchResponse }
const LIST_OFFSETS = { request: ListOffsetsRequest, response: ListOffsetsResponse }

export class Connections {
  readonly #options: ConnectionsOptions
  readonly #quorum = new Map<string, Peer>()
  readonly #all = new Set<Peer>()
  /** What leaders send, megabyte after megabyte: fresh memory would cost more than filling it does. */
  readonly #fetched: FrameMemory
  #isOver = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
    const largest = options.config['replica.fetch.response.max.bytes'] + ROOM_FOR_HEADERS
    this.#fetched = new FrameMemory(new BufferPool(IDLE_FRAMES), Math.min(largest, IDLE_FRAMES))
  }

  /** To the other members of the quorum, one connection each; they call themselves `raft-client-<id>`. */
  readonly quorum: QuorumPeers = {
    send: async (to, api, request) => {
      const { onQuorumAnswer, onQuorumSilence } = this.#options
      try {
        const answer = await this.#askQuorum(to, api, request as object)
        onQuorumAnswer?.(to, (answer as { errorCode: number }).errorCode, api)
        return answer as never
      } catch (thrown) {
        onQuorumSilence?.(to, thrown)
        throw thrown
      }
    },
  }

  async #askQuorum(to: Address, api: QuorumApi, request: object): Promise<unknown> {
    try {
      return await this.#quorumPeer(to).send(QUORUM[api], request)
    } catch (thrown) {
      const isTold = this.#options.config['node.loss.probe.enable']
      throw isTold && thrown instanceof ConnectionLost && thrown.isRefused ? thrown.cause : thrown
    }
  }

  #quorumPeer({ host, port }: Address): Peer {
    const key = `${host}:${port}`
    const known = this.#quorum.get(key)
    if (known) return known
    const { config } = this.#options
    const peer = this.#peer({
      address: () => ({ host, port }),
      clientId: `raft-client-${config['node.id']}`,
      requestTimeoutMs: config['controller.quorum.request.timeout.ms'],
      reconnectBackoffMaxMs: QUORUM_RECONNECT_MAX_MS,
      maxInFlight: QUORUM_IN_FLIGHT,
      asksVersions: true,
    })
    this.#quorum.set(key, peer)
    return peer
  }

  /**
   * A connection to whichever controller `address` names, for one purpose. It calls itself by the bare node id. A controller at a listener for clients does
   * not tell what it serves to others, so there nobody asks.
   */
  controller(address: () => Address | null, asksVersions: boolean): Peer {
    const { config } = this.#options
    return this.#peer({
      address,
      clientId: String(config['node.id']),
      requestTimeoutMs: config['controller.socket.timeout.ms'],
      reconnectBackoffMaxMs: RECONNECT_MS,
      maxInFlight: 1,
      asksVersions,
    })
  }

  /** A fetcher's connection to the leader of partitions. No versions are asked for: the cluster's metadata.version says which are spoken. */
  leader(address: () => Address | null, clientId: string, versions: () => ReplicaVersions): LeaderClient {
    const { config } = this.#options
    const timeoutMs = config['replica.socket.timeout.ms']
    const peer = this.#peer({
      address,
      clientId,
      requestTimeoutMs: timeoutMs,
      reconnectBackoffMaxMs: RECONNECT_MS,
      maxInFlight: FETCHES_IN_FLIGHT,
      asksVersions: false,
      memory: this.#fetched,
    })
    let held: PooledBytes | null = null
    const hold = (frame: PooledBytes) => {
      held = frame
    }
    return {
      fetch: (request) => {
        held?.release()
        held = null
        const { fetch: version } = versions()
        return peer.send(FETCH, request, { timeoutMs: timeoutMs + (request.maxWaitMs ?? 0), version, hold })
      },
      listOffsets: (request) => peer.send(LIST_OFFSETS, request, { version: versions().listOffsets }),
      close: () => {
        peer.close()
        this.#all.delete(peer) // fetchers come and go with the leaders
      },
    }
  }

  #peer(options: {
    address: () => Address | null
    clientId: string
    requestTimeoutMs: number
    reconnectBackoffMaxMs: number
    maxInFlight: number
    asksVersions: boolean
    memory?: FrameMemory
  }): Peer {
    const { platform, config } = this.#options
    const peer = new Peer({
      ...platform,
      ...options,
      connectTimeoutMs: config['socket.connection.setup.timeout.ms'],
      reconnectBackoffMs: RECONNECT_MS,
    })
    this.#all.add(peer)
    if (this.#isOver) peer.close()
    return peer
  }

  /** Ends all of them; whoever waits for an answer is refused. */
  close(): void {
    this.#isOver = true
    for (const peer of this.#all) peer.close()
  }
}

/** Where other brokers reach a broker: at the listener that all of the cluster name for it. Null while it is not registered there. */
export function brokerAddress(image: MetadataImage, brokerId: number, listener: string): Address | null {
  const endpoint = image.brokers.get(brokerId)?.endPoints.find(({ name }) => name === listener)
  return endpoint ? { host: endpoint.host, port: endpoint.port } : null
}
