// What replication asks of the rest of the cluster. Whoever composes a node gives these: over real connections, simulated ones, or none.

import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { ListOffsetsRequest, ListOffsetsResponse } from '../protocol/messages/list-offsets.ts'
import type { Input } from '../protocol/schema.ts'
import type { Partition } from './partition.ts'
import type { ThrottleRules } from './replication-quota.ts'

/** What the leader of a partition asks the controller for (AlterPartition, API 56). Who asks, and with which broker epoch, the keeper adds. */
export interface IsrChange {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  /** Of the partition as the leader knows it: the controller refuses a change of anything else with INVALID_UPDATE_VERSION. */
  readonly partitionEpoch: number
  /**
   * Each with the broker epoch that the leader knows of it (KIP-903), -1 where it knows none. A list without the leader itself says that the leader
   * found its own copy damaged and wants another one of these to lead; Apache's controller answers that with INVALID_REQUEST.
   */
  readonly newIsr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
  /** 0: recovered, which a leader says with any change (KIP-704). */
  readonly leaderRecoveryState: number
}

/** The partition as the controller has it after the change. */
export interface IsrChanged {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly leaderRecoveryState: number
  readonly partitionEpoch: number
}

export interface IsrKeeper {
  /**
   * Carries one change to the active controller, to the next one where that is gone, as often as it takes. Rejects with the KafkaError that the
   * controller gave the partition or the request; a keeper may gather changes of many partitions into one request, one under way at a time.
   */
  alter(change: IsrChange): Promise<IsrChanged>
}

/** A connection of one fetcher to one leader, opened with the first request. Requests that are sent while another one is under way follow it. */
export interface LeaderClient {
  /**
   * Rejects where the leader cannot be reached, does not answer within `replica.socket.timeout.ms` (beyond the request's own wait), or the client
   * was closed. The records of the answer stay as they are until the next fetch, which nobody begins before the last one is over.
   */
  fetch(request: Input<FetchRequest>): Promise<FetchResponse>
  listOffsets(request: Input<ListOffsetsRequest>): Promise<ListOffsetsResponse>
  /** For good: what is under way rejects. Who goes on makes a new client, which connects at once. */
  close(): void
}

/** Brokers as the metadata has them. */
export interface BrokerView {
  /** The epoch of its registration; null where there is none, or it is fenced or shutting down: such a broker does not join the in-sync replicas. */
  activeEpochOf(brokerId: number): number | null
  /** `broker.rack`; null without one. */
  rackOf(brokerId: number): string | null
}

/** Configurations of the broker under Kafka's own names, as they are at the moment of the question. The whole BrokerConfig fits. */
export interface ReplicationConfig {
  readonly 'alter.log.dirs.replication.quota.window.num': number
  readonly 'alter.log.dirs.replication.quota.window.size.seconds': number
  readonly 'num.replica.fetchers': number
  readonly 'replica.fetch.backoff.ms': number
  readonly 'replica.fetch.max.bytes': number
  readonly 'replica.fetch.min.bytes': number
  readonly 'replica.fetch.response.max.bytes': number
  readonly 'replica.fetch.wait.max.ms': number
  readonly 'replica.lag.time.max.ms': number
  readonly 'replica.selector.class': string | null
  readonly 'replication.quota.window.num': number
  readonly 'replication.quota.window.size.seconds': number
}

/** Everything that a broker of several needs, and one that is alone does without. */
export interface ReplicationLinks {
  readonly brokers: BrokerView
  readonly isrKeeper: IsrKeeper
  /** Makes a client; nothing is sent before its first request. `clientId` is what the connection calls itself. */
  connect(leaderId: number, clientId: string): LeaderClient
  /** The epoch that this broker is registered with; -1 before. */
  readonly brokerEpoch: () => number
  /** Whether the controller heard of this broker within its session: else another may lead by now what this one believes to lead. */
  readonly isHeard: () => boolean
  readonly config: () => ReplicationConfig
  /** Of replicas that an operator throttles while they are made anew (KIP-73); missing: nothing is throttled. */
  readonly throttles?: { readonly leader: ThrottleRules; readonly follower: ThrottleRules }
  /** Takes room on the partition's disk for what a leader sent; throws KAFKA_STORAGE_ERROR where too little is left. Missing: nobody counts. */
  readonly takeRoom?: (partition: Partition, bytes: number) => void
}
