// Every API of Kafka 4.2: one row each, with what its two messages do not say themselves.

import { inRange, parseRange, type Range } from '../base/ranges.ts'
import { apiMessages } from './messages/index.ts'
import type { AnyMessage } from './schema.ts'

export type ListenerKind = 'broker' | 'controller'

const BROKER = ['broker'] as const
const CONTROLLER = ['controller'] as const
const BOTH = ['broker', 'controller'] as const
/** The number is taken; no version is left. */
const NOWHERE = [] as const

interface Row {
  readonly listeners: readonly ListenerKind[]
  /** A version lower than the served ones that ApiVersions must name, for clients that conclude other things from it. */
  readonly advertisedFrom?: number
  /** The last version is not settled yet and is served by nobody. */
  readonly lastIsUnstable?: boolean
  /** A broker hands it on to the active controller. */
  readonly forwarded?: boolean
}

const table = {
  // librdkafka switches features off when Produce begins above 0; versions 0 to 2 are refused all the same.
  Produce: { listeners: BROKER, advertisedFrom: 0 },
  Fetch: { listeners: BOTH },
  ListOffsets: { listeners: BROKER },
  Metadata: { listeners: BROKER },
  LeaderAndIsr: { listeners: NOWHERE },
  StopReplica: { listeners: NOWHERE },
  UpdateMetadata: { listeners: NOWHERE },
  ControlledShutdown: { listeners: NOWHERE },
  OffsetCommit: { listeners: BROKER },
  OffsetFetch: { listeners: BROKER },
  FindCoordinator: { listeners: BROKER },
  JoinGroup: { listeners: BROKER },
  Heartbeat: { listeners: BROKER },
  LeaveGroup: { listeners: BROKER },
  SyncGroup: { listeners: BROKER },
  DescribeGroups: { listeners: BROKER },
  ListGroups: { listeners: BROKER },
  SaslHandshake: { listeners: BOTH },
  ApiVersions: { listeners: BOTH },
  CreateTopics: { listeners: BOTH, forwarded: true },
  DeleteTopics: { listeners: BOTH, forwarded: true },
  DeleteRecords: { listeners: BROKER },
  InitProducerId: { listeners: BROKER, lastIsUnstable: true },
  OffsetForLeaderEpoch: { listeners: BROKER },
  AddPartitionsToTxn: { listeners: BROKER },
  AddOffsetsToTxn: { listeners: BROKER },
  EndTxn: { listeners: BROKER },
  WriteTxnMarkers: { listeners: BROKER },
  TxnOffsetCommit: { listeners: BROKER },
  DescribeAcls: { listeners: BOTH },
  CreateAcls: { listeners: BOTH, forwarded: true },
  DeleteAcls: { listeners: BOTH, forwarded: true },
  DescribeConfigs: { listeners: BOTH },
  AlterConfigs: { listeners: BOTH, forwarded: true },
  AlterReplicaLogDirs: { listeners: BROKER },
  DescribeLogDirs: { listeners: BROKER },
  SaslAuthenticate: { listeners: BOTH },
  CreatePartitions: { listeners: BOTH, forwarded: true },
  CreateDelegationToken: { listeners: BOTH, forwarded: true },
  RenewDelegationToken: { listeners: BOTH, forwarded: true },
  ExpireDelegationToken: { listeners: BOTH, forwarded: true },
  DescribeDelegationToken: { listeners: BOTH },
  DeleteGroups: { listeners: BROKER },
  ElectLeaders: { listeners: BOTH, forwarded: true },
  IncrementalAlterConfigs: { listeners: BOTH, forwarded: true },
  AlterPartitionReassignments: { listeners: BOTH, forwarded: true },
  ListPartitionReassignments: { listeners: BOTH, forwarded: true },
  OffsetDelete: { listeners: BROKER },
  DescribeClientQuotas: { listeners: BROKER },
  AlterClientQuotas: { listeners: BOTH, forwarded: true },
  DescribeUserScramCredentials: { listeners: BOTH },
  AlterUserScramCredentials: { listeners: BOTH, forwarded: true },
  Vote: { listeners: CONTROLLER },
  BeginQuorumEpoch: { listeners: CONTROLLER },
  EndQuorumEpoch: { listeners: CONTROLLER },
  DescribeQuorum: { listeners: BOTH, forwarded: true },
  AlterPartition: { listeners: CONTROLLER },
  UpdateFeatures: { listeners: BOTH, forwarded: true },
  Envelope: { listeners: CONTROLLER },
  FetchSnapshot: { listeners: CONTROLLER },
  DescribeCluster: { listeners: BOTH },
  DescribeProducers: { listeners: BROKER },
  BrokerRegistration: { listeners: CONTROLLER },
  BrokerHeartbeat: { listeners: CONTROLLER },
  UnregisterBroker: { listeners: BOTH, forwarded: true },
  DescribeTransactions: { listeners: BROKER },
  ListTransactions: { listeners: BROKER },
  AllocateProducerIds: { listeners: CONTROLLER, forwarded: true },
  ConsumerGroupHeartbeat: { listeners: BROKER },
  ConsumerGroupDescribe: { listeners: BROKER },
  ControllerRegistration: { listeners: CONTROLLER },
  GetTelemetrySubscriptions: { listeners: BROKER },
  PushTelemetry: { listeners: BROKER },
  AssignReplicasToDirs: { listeners: CONTROLLER },
  ListConfigResources: { listeners: BROKER },
  DescribeTopicPartitions: { listeners: BROKER },
  ShareGroupHeartbeat: { listeners: BROKER },
  ShareGroupDescribe: { listeners: BROKER },
  ShareFetch: { listeners: BROKER },
  ShareAcknowledge: { listeners: BROKER },
  AddRaftVoter: { listeners: BOTH, forwarded: true },
  RemoveRaftVoter: { listeners: BOTH, forwarded: true },
  UpdateRaftVoter: { listeners: CONTROLLER },
  InitializeShareGroupState: { listeners: BROKER },
  ReadShareGroupState: { listeners: BROKER },
  WriteShareGroupState: { listeners: BROKER },
  DeleteShareGroupState: { listeners: BROKER },
  ReadShareGroupStateSummary: { listeners: BROKER },
  StreamsGroupHeartbeat: { listeners: BROKER },
  StreamsGroupDescribe: { listeners: BROKER },
  DescribeShareGroupOffsets: { listeners: BROKER },
  AlterShareGroupOffsets: { listeners: BROKER },
  DeleteShareGroupOffsets: { listeners: BROKER },
} as const satisfies Record<string, Row>

/** An API by Kafka's name. */
export type ApiName = keyof typeof table

export interface Api {
  readonly key: number
  readonly name: ApiName
  readonly request: AnyMessage
  readonly response: AnyMessage
  /** On which kinds of listeners Kafka answers it. */
  readonly listeners: readonly ListenerKind[]
  /** Versions that Kafka 4.2 answers; empty for an API that is gone. */
  readonly served: Range
  /** Versions that ApiVersions tells. */
  readonly advertised: Range
  /** Versions with variable-length integers, tagged fields and the newer headers; open at the end. */
  readonly flexible: Range
  readonly forwarded: boolean
}

/** By key; `apis[key].key === key`. */
export const apis: readonly Api[] = apiMessages.map(([request, response]) => {
  const name = request.name.replace(/Request$/, '') as ApiName
  const { listeners, advertisedFrom, lastIsUnstable = false, forwarded = false }: Row = table[name]
  const { min, max } = parseRange(request.versions)
  const served = { min, max: lastIsUnstable ? max - 1 : max }
  const advertised = { min: advertisedFrom ?? min, max: served.max }
  const flexible = parseRange(request.flexible)
  return { key: request.apiKey!, name, request, response, listeners, served, advertised, flexible, forwarded }
})

const byName = new Map(apis.map((api) => [api.name, api]))

export function api(name: ApiName): Api {
  return byName.get(name)!
}

/** Undefined for a number that Kafka 4.2 does not know. */
export function apiByKey(key: number): Api | undefined {
  return apis[key]
}

/** Headers by version: 1 and 2 of requests (KIP-482). Answers for unknown versions too, as far as a header can be read without knowing the rest. */
export function requestHeaderVersion(key: number, version: number): 1 | 2 {
  const flexible = apiByKey(key)?.flexible
  return flexible && inRange(flexible, version) ? 2 : 1
}

const API_VERSIONS = 18

/** ApiVersions always answers with header 0: a client must be able to read it before it knows anything (KIP-511). */
export function responseHeaderVersion(key: number, version: number): 0 | 1 {
  return key !== API_VERSIONS && requestHeaderVersion(key, version) === 2 ? 1 : 0
}
