// A cluster as one client sees it: who its brokers are, who leads and coordinates what, and a connection to each.

import type { CommonOptions } from '../../config/client/common.ts'
import type { Exchange } from '../../net/peer.ts'
import type { Address } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { type ClientError, OptionError } from '../errors/index.ts'
import { Lifetime, Patience, type PatienceOptions } from '../patience.ts'
import type { Login } from '../security/login.ts'
import { securityOf } from '../security/security.ts'
import { Coordinators, type CoordinatorType } from './coordinators.ts'
import type { BrokerInfo, LeaderHint, Metadata, PartitionInfo, TopicInfo } from './metadata.ts'
import { MetadataKeeper } from './metadata-keeper.ts'
import type { Body, Node } from './node.ts'
import { Nodes, type Purpose } from './nodes.ts'
import { Retries } from './retries.ts'

/** What a cluster needs of a machine. */
export type ClientPlatform = Pick<Platform, 'clock' | 'random' | 'network' | 'logger' | 'offload'>

export interface ClusterOptions {
  readonly platform: ClientPlatform
  readonly options: CommonOptions
  /** Below 0 or missing: connections stay. */
  readonly connectionsMaxIdleMs?: number
  /** Requests on their way at once on a connection; missing: any number. */
  readonly maxInFlight?: number
  /** Topics that nobody asked for in so long are forgotten; missing: never. */
  readonly metadataMaxIdleMs?: number
  /** Whether asking for a topic may create it, where the brokers do that. */
  readonly createsTopics: boolean
  /** The login, where the program gives it as an object. */
  readonly sasl?: Login | undefined
}

const ANY_NUMBER = 2 ** 31 - 1

/** Errors of a request that say that another broker should have been asked, or that metadata are stale. */
const MOVED: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'NOT_CONTROLLER',
  'NETWORK_EXCEPTION',
  'TIMED_OUT',
])
const COORDINATOR_MOVED: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'TIMED_OUT',
])

export class Cluster {
  readonly platform: ClientPlatform
  readonly options: CommonOptions
  /** Ends with `close`. */
  readonly lifetime = new Lifetime()
  readonly retries: Retries
  readonly #nodes: Nodes
  readonly #keeper: MetadataKeeper
  readonly #coordinators: Coordinators

  constructor({
    platform,
    options,
    connectionsMaxIdleMs = -1,
    maxInFlight,
    metadataMaxIdleMs,
    createsTopics,
    sasl,
  }: ClusterOptions) {
    this.platform = platform
    this.options = options
    const backoff = { initialMs: options.retryBackoffMs, maxMs: Math.max(options.retryBackoffMs, options.retryBackoffMaxMs) }
    const { clock, random } = platform
    const { lifetime } = this
    this.#nodes = new Nodes({
      platform: { clock, random },
      ...securityOf(options, sasl, platform),
      clientId: options.clientId,
      bootstrap: options.bootstrapServers.map(serverAddress),
      requestTimeoutMs: options.requestTimeoutMs,
      connectTimeoutMs: options.socketConnectionSetupTimeoutMs,
      connectTimeoutMaxMs: Math.max(options.socketConnectionSetupTimeoutMs, options.socketConnectionSetupTimeoutMaxMs),
      reconnectBackoffMs: options.reconnectBackoffMs,
      reconnectBackoffMaxMs: Math.max(options.reconnectBackoffMs, options.reconnectBackoffMaxMs),
      maxIdleMs: connectionsMaxIdleMs < 0 ? undefined : connectionsMaxIdleMs,
      maxInFlight: maxInFlight ?? ANY_NUMBER,
      onLost: () => this.#keeper.invalidate(),
    })
    this.retries = new Retries({ random, backoff, nodes: this.#nodes, lifetime, requestTimeoutMs: options.requestTimeoutMs })
    this.#keeper = new MetadataKeeper({
      clock,
      random,
      nodes: this.#nodes,
      lifetime,
      backoff,
      maxAgeMs: options.metadataMaxAgeMs,
      maxIdleMs: metadataMaxIdleMs,
      rebootstraps: options.metadataRecoveryStrategy === 'rebootstrap',
      createsTopics,
    })
    this.#coordinators = new Coordinators(this.#nodes, this.retries)
  }

  /** What is known now. */
  get metadata(): Metadata {
    return this.#keeper.metadata
  }

  /** How long somebody waits for `what`. */
  patience(what: string, { timeoutMs, signal }: Omit<PatienceOptions, 'clock' | 'what' | 'lifetime'> = {}): Patience {
    return new Patience({
      clock: this.platform.clock,
      what,
      signal,
      lifetime: this.lifetime,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
  }

  /** Runs `run` whenever something new is known; returns what ends it. */
  onMetadata(run: (metadata: Metadata) => void): () => void {
    return this.#keeper.onChange(run)
  }

  /** Asks for all topics of the cluster from now on, until what is returned is called. */
  wantAllTopics(): () => void {
    return this.#keeper.wantAll()
  }

  /** The topic as far as it is known now; it is kept fresh from now on. */
  peekTopic(name: string): TopicInfo | undefined {
    return this.#keeper.peek(name)
  }

  /** Nobody needs the topic any more. */
  forgetTopic(name: string): void {
    this.#keeper.forget(name)
  }

  /** The topics, asking until all are known. Throws what the brokers say of one that will not be there by itself, and a TimeoutError. */
  topics(names: readonly string[], patience: Patience): Promise<readonly TopicInfo[]> {
    return this.#keeper.topics(names, patience)
  }

  /** Metadata that were asked for after this call. */
  refresh(patience: Patience): Promise<Metadata> {
    return this.#keeper.refresh(patience)
  }

  /** Something turned out to be stale; asked for soon. */
  invalidate(): void {
    this.#keeper.invalidate()
  }

  /** Asks for metadata soon where this error says that they are stale. */
  heed({ code }: ClientError): void {
    if (MOVED.has(code)) this.invalidate()
  }

  /** What the former leader of a partition said of the new one (KIP-951). */
  learnLeader(topic: string, partition: number, hint: LeaderHint, endpoints: readonly BrokerInfo[]): void {
    this.#keeper.learnLeader(topic, partition, hint, endpoints)
  }

  /** The partition as far as it is known; undefined for one that is not. */
  partition(topic: string, index: number): PartitionInfo | undefined {
    return this.metadata.partition(topic, index)
  }

  /** The broker with this id. Ask for it again each time: a broker that was gone is another object when it is back. */
  node(id: number, purpose: Purpose = 'data'): Node {
    return this.#nodes.node(id, purpose)
  }

  /** Asks what any broker answers, once around. */
  askAny<Req, Res>(exchange: Exchange<Req, Res>, body: Body<Req>, patience: Patience, purpose: Purpose = 'data'): Promise<Res> {
    return this.retries.askAny(purpose, exchange, body, patience)
  }

  /** The coordinator; looked for as long as the patience lasts. */
  async coordinator(type: CoordinatorType, key: string, patience: Patience): Promise<Node> {
    return this.#nodes.node(await this.#coordinators.find(type, key, patience), 'coordinator')
  }

  /** Forgets the coordinator where this error says that it is another one, or cannot be reached. */
  heedCoordinator(type: CoordinatorType, key: string, { code }: ClientError): void {
    if (COORDINATOR_MOVED.has(code)) this.#coordinators.forget(type, key)
  }

  /** Ends all connections and waits; nothing is left running. */
  close(): void {
    this.lifetime.end()
    this.#nodes.close()
  }
}

/** host:port of a bootstrap server; an IPv6 address stands in brackets. A name of a protocol before it is left out, as Kafka does. */
export function serverAddress(text: string): Address {
  const found = /^(?:[A-Za-z_]+:\/\/)?(?:\[([0-9a-fA-F:.%]+)\]|([^\s[\]:/]+)):(\d{1,5})$/.exec(text.trim())
  const port = Number(found?.[3])
  if (!found || port < 1 || port > 65_535) {
    throw new OptionError('bootstrapServers', `bootstrapServers=${text} is not valid; allowed: host:port, such as localhost:9092`)
  }
  return { host: (found[1] ?? found[2])!, port }
}
