// The admin client: looks at a cluster and changes it. Each call is a function of its subject's file; here they have one client.

import { type AdminOptions, adminOptions } from '../../config/client/admin.ts'
import { type ClientPlatform, Cluster } from '../cluster/cluster.ts'
import { OptionError } from '../errors/index.ts'
import { type Given, resolveOptions } from '../options/resolve.ts'
import { defaultPlatform } from '../platform.ts'
import type { Login } from '../security/login.ts'
import { createAcls, deleteAcls, describeAcls } from './acls.ts'
import { newClientInstanceId } from './client-instance.ts'
import { describeApiVersions, describeCluster, unregisterBroker } from './cluster.ts'
import { describeConfigs, incrementalAlterConfigs, listConfigResources } from './configs.ts'
import {
  createDelegationToken,
  describeDelegationToken,
  expireDelegationToken,
  renewDelegationToken,
} from './delegation-tokens.ts'
import { electLeaders } from './elections.ts'
import { describeFeatures, updateFeatures } from './features.ts'
import { describeClassicGroups, describeConsumerGroups } from './group-descriptions.ts'
import { removeMembersFromConsumerGroup } from './group-members.ts'
import { alterGroupOffsets, deleteGroupOffsets, listGroupOffsets } from './group-offsets.ts'
import { deleteGroups, listGroups } from './groups.ts'
import { type CallOptions, Link } from './link.ts'
import { describeLogDirs } from './log-dirs.ts'
import { abortTransaction, describeProducers } from './producers.ts'
import { addRaftVoter, describeQuorum, removeRaftVoter } from './quorum.ts'
import { alterClientQuotas, describeClientQuotas } from './quotas.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignments.ts'
import { deleteRecords, listOffsets } from './records.ts'
import { alterReplicaLogDirs, describeReplicaLogDirs } from './replica-log-dirs.ts'
import { alterUserScramCredentials, describeUserScramCredentials } from './scram-credentials.ts'
import { alterShareGroupOffsets, deleteShareGroupOffsets, describeShareGroups, listShareGroupOffsets } from './share-groups.ts'
import { describeStreamsGroups } from './streams-groups.ts'
import { describeTopics } from './topic-descriptions.ts'
import { createPartitions, createTopics, deleteTopics, listTopics } from './topics.ts'
import { describeTransactions, fenceProducers, forceTerminateTransaction, listTransactions } from './transactions.ts'

/** The rest of a call's arguments, behind the link. */
type Rest<F> = F extends (link: Link, ...rest: infer R) => unknown ? R : never

/** Whom to ask first: brokers, or controllers in their place (KIP-919). */
type Entrance =
  | { readonly bootstrapServers: string | readonly string[]; readonly bootstrapControllers?: undefined }
  | { readonly bootstrapControllers: string | readonly string[]; readonly bootstrapServers?: undefined }

/** Kafka's options in camelCase, and what only a program can give. */
export type AdminConfig = Omit<Given<typeof adminOptions>, 'bootstrapServers' | 'bootstrapControllers'> &
  Entrance & {
    /** The login, where securityProtocol has one: name and password, or where tokens come from. */
    readonly sasl?: Login | undefined
    /** The machine it runs on; a simulated one, for example. Default: this one. */
    readonly platform?: ClientPlatform | undefined
  }

export class Admin implements AsyncDisposable {
  readonly #link: Link
  #clientInstanceId: string | null = null

  /**
   * Connects when something is asked. With `bootstrapControllers` it asks controllers alone; what only brokers know fails with UNSUPPORTED_VERSION then.
   * Throws an OptionError that names the option, its value and what is allowed.
   */
  constructor(config: AdminConfig) {
    const { platform = defaultPlatform(), sasl } = config
    const options: AdminOptions = resolveOptions(adminOptions, config, ['platform', 'sasl'])
    const { connectionsMaxIdleMs, defaultApiTimeoutMs, bootstrapControllers } = options
    this.#link = new Link(
      new Cluster({
        platform,
        options: { ...options, bootstrapServers: entranceOf(options) },
        sasl,
        connectionsMaxIdleMs,
        createsTopics: false,
        asksControllers: bootstrapControllers !== null,
      }),
      defaultApiTimeoutMs,
    )
  }

  listTopics(...rest: Rest<typeof listTopics>) {
    return listTopics(this.#link, ...rest)
  }

  describeTopics(...rest: Rest<typeof describeTopics>) {
    return describeTopics(this.#link, ...rest)
  }

  createTopics(...rest: Rest<typeof createTopics>) {
    return createTopics(this.#link, ...rest)
  }

  createPartitions(...rest: Rest<typeof createPartitions>) {
    return createPartitions(this.#link, ...rest)
  }

  deleteTopics(...rest: Rest<typeof deleteTopics>) {
    return deleteTopics(this.#link, ...rest)
  }

  describeConfigs(...rest: Rest<typeof describeConfigs>) {
    return describeConfigs(this.#link, ...rest)
  }

  incrementalAlterConfigs(...rest: Rest<typeof incrementalAlterConfigs>) {
    return incrementalAlterConfigs(this.#link, ...rest)
  }

  listConfigResources(...rest: Rest<typeof listConfigResources>) {
    return listConfigResources(this.#link, ...rest)
  }

  describeClientQuotas(...rest: Rest<typeof describeClientQuotas>) {
    return describeClientQuotas(this.#link, ...rest)
  }

  alterClientQuotas(...rest: Rest<typeof alterClientQuotas>) {
    return alterClientQuotas(this.#link, ...rest)
  }

  describeAcls(...rest: Rest<typeof describeAcls>) {
    return describeAcls(this.#link, ...rest)
  }

  createAcls(...rest: Rest<typeof createAcls>) {
    return createAcls(this.#link, ...rest)
  }

  deleteAcls(...rest: Rest<typeof deleteAcls>) {
    return deleteAcls(this.#link, ...rest)
  }

  describeUserScramCredentials(...rest: Rest<typeof describeUserScramCredentials>) {
    return describeUserScramCredentials(this.#link, ...rest)
  }

  alterUserScramCredentials(...rest: Rest<typeof alterUserScramCredentials>) {
    return alterUserScramCredentials(this.#link, ...rest)
  }

  createDelegationToken(...rest: Rest<typeof createDelegationToken>) {
    return createDelegationToken(this.#link, ...rest)
  }

  renewDelegationToken(...rest: Rest<typeof renewDelegationToken>) {
    return renewDelegationToken(this.#link, ...rest)
  }

  expireDelegationToken(...rest: Rest<typeof expireDelegationToken>) {
    return expireDelegationToken(this.#link, ...rest)
  }

  describeDelegationToken(...rest: Rest<typeof describeDelegationToken>) {
    return describeDelegationToken(this.#link, ...rest)
  }

  listGroups(...rest: Rest<typeof listGroups>) {
    return listGroups(this.#link, ...rest)
  }

  describeConsumerGroups(...rest: Rest<typeof describeConsumerGroups>) {
    return describeConsumerGroups(this.#link, ...rest)
  }

  describeClassicGroups(...rest: Rest<typeof describeClassicGroups>) {
    return describeClassicGroups(this.#link, ...rest)
  }

  describeShareGroups(...rest: Rest<typeof describeShareGroups>) {
    return describeShareGroups(this.#link, ...rest)
  }

  describeStreamsGroups(...rest: Rest<typeof describeStreamsGroups>) {
    return describeStreamsGroups(this.#link, ...rest)
  }

  removeMembersFromConsumerGroup(...rest: Rest<typeof removeMembersFromConsumerGroup>) {
    return removeMembersFromConsumerGroup(this.#link, ...rest)
  }

  deleteGroups(...rest: Rest<typeof deleteGroups>) {
    return deleteGroups(this.#link, ...rest)
  }

  listGroupOffsets(...rest: Rest<typeof listGroupOffsets>) {
    return listGroupOffsets(this.#link, ...rest)
  }

  alterGroupOffsets(...rest: Rest<typeof alterGroupOffsets>) {
    return alterGroupOffsets(this.#link, ...rest)
  }

  deleteGroupOffsets(...rest: Rest<typeof deleteGroupOffsets>) {
    return deleteGroupOffsets(this.#link, ...rest)
  }

  listShareGroupOffsets(...rest: Rest<typeof listShareGroupOffsets>) {
    return listShareGroupOffsets(this.#link, ...rest)
  }

  alterShareGroupOffsets(...rest: Rest<typeof alterShareGroupOffsets>) {
    return alterShareGroupOffsets(this.#link, ...rest)
  }

  deleteShareGroupOffsets(...rest: Rest<typeof deleteShareGroupOffsets>) {
    return deleteShareGroupOffsets(this.#link, ...rest)
  }

  listOffsets(...rest: Rest<typeof listOffsets>) {
    return listOffsets(this.#link, ...rest)
  }

  deleteRecords(...rest: Rest<typeof deleteRecords>) {
    return deleteRecords(this.#link, ...rest)
  }

  describeProducers(...rest: Rest<typeof describeProducers>) {
    return describeProducers(this.#link, ...rest)
  }

  abortTransaction(...rest: Rest<typeof abortTransaction>) {
    return abortTransaction(this.#link, ...rest)
  }

  describeTransactions(...rest: Rest<typeof describeTransactions>) {
    return describeTransactions(this.#link, ...rest)
  }

  listTransactions(...rest: Rest<typeof listTransactions>) {
    return listTransactions(this.#link, ...rest)
  }

  fenceProducers(...rest: Rest<typeof fenceProducers>) {
    return fenceProducers(this.#link, ...rest)
  }

  forceTerminateTransaction(...rest: Rest<typeof forceTerminateTransaction>) {
    return forceTerminateTransaction(this.#link, ...rest)
  }

  describeLogDirs(...rest: Rest<typeof describeLogDirs>) {
    return describeLogDirs(this.#link, ...rest)
  }

  describeReplicaLogDirs(...rest: Rest<typeof describeReplicaLogDirs>) {
    return describeReplicaLogDirs(this.#link, ...rest)
  }

  alterReplicaLogDirs(...rest: Rest<typeof alterReplicaLogDirs>) {
    return alterReplicaLogDirs(this.#link, ...rest)
  }

  alterPartitionReassignments(...rest: Rest<typeof alterPartitionReassignments>) {
    return alterPartitionReassignments(this.#link, ...rest)
  }

  listPartitionReassignments(...rest: Rest<typeof listPartitionReassignments>) {
    return listPartitionReassignments(this.#link, ...rest)
  }

  describeCluster(...rest: Rest<typeof describeCluster>) {
    return describeCluster(this.#link, ...rest)
  }

  describeApiVersions(...rest: Rest<typeof describeApiVersions>) {
    return describeApiVersions(this.#link, ...rest)
  }

  unregisterBroker(...rest: Rest<typeof unregisterBroker>) {
    return unregisterBroker(this.#link, ...rest)
  }

  electLeaders(...rest: Rest<typeof electLeaders>) {
    return electLeaders(this.#link, ...rest)
  }

  describeQuorum(...rest: Rest<typeof describeQuorum>) {
    return describeQuorum(this.#link, ...rest)
  }

  addRaftVoter(...rest: Rest<typeof addRaftVoter>) {
    return addRaftVoter(this.#link, ...rest)
  }

  removeRaftVoter(...rest: Rest<typeof removeRaftVoter>) {
    return removeRaftVoter(this.#link, ...rest)
  }

  describeFeatures(...rest: Rest<typeof describeFeatures>) {
    return describeFeatures(this.#link, ...rest)
  }

  updateFeatures(...rest: Rest<typeof updateFeatures>) {
    return updateFeatures(this.#link, ...rest)
  }

  /** The id under which brokers know this client, the same for all its life (KIP-714). UNSUPPORTED_VERSION where they take in no metrics. */
  async clientInstanceId(options?: CallOptions): Promise<string> {
    if (this.#clientInstanceId !== null) return this.#clientInstanceId
    const id = await newClientInstanceId(this.#link, options)
    // Where two have asked at once, both are told the first one.
    this.#clientInstanceId ??= id
    return this.#clientInstanceId
  }

  /** Ends all connections; calls under way fail. */
  close(): void {
    this.#link.cluster.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

function entranceOf({ bootstrapServers, bootstrapControllers }: AdminOptions): readonly string[] {
  if (bootstrapServers !== null && bootstrapControllers !== null) {
    const message = 'bootstrapServers and bootstrapControllers do not go together; allowed: one of them'
    throw new OptionError('bootstrapControllers', message)
  }
  const entrance = bootstrapServers ?? bootstrapControllers
  if (entrance === null) {
    throw new OptionError(
      'bootstrapServers',
      'bootstrapServers is missing; allowed: some brokers as host:port, such as localhost:9092',
    )
  }
  return entrance
}
