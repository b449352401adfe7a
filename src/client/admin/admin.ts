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

  /** All topics, internal ones too, in the order in which the broker tells them. */
  listTopics(...rest: Rest<typeof listTopics>) {
    return listTopics(this.#link, ...rest)
  }

  /** Topics with the leaders and replicas of their partitions. By name, or by id where they were given so. */
  describeTopics(...rest: Rest<typeof describeTopics>) {
    return describeTopics(this.#link, ...rest)
  }

  /** Creates topics, or only checks whether it could. */
  createTopics(...rest: Rest<typeof createTopics>) {
    return createTopics(this.#link, ...rest)
  }

  /** Gives topics more partitions. */
  createPartitions(...rest: Rest<typeof createPartitions>) {
    return createPartitions(this.#link, ...rest)
  }

  /** Deletes topics with all their records. By name, or by id where they were given so. */
  deleteTopics(...rest: Rest<typeof deleteTopics>) {
    return deleteTopics(this.#link, ...rest)
  }

  /** All values of each resource. A broker's own are asked of itself. */
  describeConfigs(...rest: Rest<typeof describeConfigs>) {
    return describeConfigs(this.#link, ...rest)
  }

  /** Changes single values of each resource: all of its changes, or none. */
  incrementalAlterConfigs(...rest: Rest<typeof incrementalAlterConfigs>) {
    return incrementalAlterConfigs(this.#link, ...rest)
  }

  /** Names of what has a configuration, of these kinds or of all. Before Kafka 4.1 only `clientMetrics` can be listed. */
  listConfigResources(...rest: Rest<typeof listConfigResources>) {
    return listConfigResources(this.#link, ...rest)
  }

  /** Quotas of entities that match all parts of the filter; without one of all. With `isStrict` those with other parts besides do not count. */
  describeClientQuotas(...rest: Rest<typeof describeClientQuotas>) {
    return describeClientQuotas(this.#link, ...rest)
  }

  /** Sets quotas; null takes one away. By `quotaKey` of each entity. */
  alterClientQuotas(...rest: Rest<typeof alterClientQuotas>) {
    return alterClientQuotas(this.#link, ...rest)
  }

  /** Those that agree with the filter; without one, or with an empty one, all. SECURITY_DISABLED where the brokers have no authorizer. */
  describeAcls(...rest: Rest<typeof describeAcls>) {
    return describeAcls(this.#link, ...rest)
  }

  /** Makes ACLs; one that is there already stays. By `aclKey` of each. */
  createAcls(...rest: Rest<typeof createAcls>) {
    return createAcls(this.#link, ...rest)
  }

  /** Deletes the ACLs that agree with a filter, and tells which they were. By `aclKey` of each filter. */
  deleteAcls(...rest: Rest<typeof deleteAcls>) {
    return deleteAcls(this.#link, ...rest)
  }

  /** Which credentials each of these users has, or all users that have some. One that has none fails with RESOURCE_NOT_FOUND where it was named. */
  describeUserScramCredentials(...rest: Rest<typeof describeUserScramCredentials>) {
    return describeUserScramCredentials(this.#link, ...rest)
  }

  /** Gives users other passwords, or takes credentials away; each user once in a call (DUPLICATE_RESOURCE). */
  alterUserScramCredentials(...rest: Rest<typeof alterUserScramCredentials>) {
    return alterUserScramCredentials(this.#link, ...rest)
  }

  /** A token for who asks, or for somebody else. The connection must be one with a login that is no token itself (DELEGATION_TOKEN_REQUEST_NOT_ALLOWED). */
  createDelegationToken(...rest: Rest<typeof createDelegationToken>) {
    return createDelegationToken(this.#link, ...rest)
  }

  /** Lets a token live longer: `renewPeriodMs` from now, or as long as the broker gives. Gives when it ends, in milliseconds since 1970. */
  renewDelegationToken(...rest: Rest<typeof renewDelegationToken>) {
    return renewDelegationToken(this.#link, ...rest)
  }

  /** Ends a token at once, or `expiryPeriodMs` from now. Gives when it ends, in milliseconds since 1970. */
  expireDelegationToken(...rest: Rest<typeof expireDelegationToken>) {
    return expireDelegationToken(this.#link, ...rest)
  }

  /** The tokens that these own, or may renew, as far as who asks may see them; without `owners` all of them. */
  describeDelegationToken(...rest: Rest<typeof describeDelegationToken>) {
    return describeDelegationToken(this.#link, ...rest)
  }

  /** All groups that the brokers coordinate. Throws what one of them says, where it says nothing else. */
  listGroups(...rest: Rest<typeof listGroups>) {
    return listGroups(this.#link, ...rest)
  }

  /** Consumer groups of both protocols, with their members and what each has. */
  describeConsumerGroups(...rest: Rest<typeof describeConsumerGroups>) {
    return describeConsumerGroups(this.#link, ...rest)
  }

  /** Groups of the classic protocol, whatever their members are: consumers, workers of Connect. */
  describeClassicGroups(...rest: Rest<typeof describeClassicGroups>) {
    return describeClassicGroups(this.#link, ...rest)
  }

  /** Share groups with their members and what each has. */
  describeShareGroups(...rest: Rest<typeof describeShareGroups>) {
    return describeShareGroups(this.#link, ...rest)
  }

  /** Streams groups with their topologies, members and tasks. */
  describeStreamsGroups(...rest: Rest<typeof describeStreamsGroups>) {
    return describeStreamsGroups(this.#link, ...rest)
  }

  /**
   * Sends members away; those that live join again. By instance id, or by member id where there is none. Throws where the group as a whole refuses, such as
   * GROUP_ID_NOT_FOUND.
   */
  removeMembersFromConsumerGroup(...rest: Rest<typeof removeMembersFromConsumerGroup>) {
    return removeMembersFromConsumerGroup(this.#link, ...rest)
  }

  /** Deletes groups of any kind that have no members, with their offsets. */
  deleteGroups(...rest: Rest<typeof deleteGroups>) {
    return deleteGroups(this.#link, ...rest)
  }

  /** What the group has committed, for these partitions or for all. */
  listGroupOffsets(...rest: Rest<typeof listGroupOffsets>) {
    return listGroupOffsets(this.#link, ...rest)
  }

  /** Commits in place of a group that has no members. */
  alterGroupOffsets(...rest: Rest<typeof alterGroupOffsets>) {
    return alterGroupOffsets(this.#link, ...rest)
  }

  /** Takes committed offsets away, of topics that the group is not subscribed to at the moment. */
  deleteGroupOffsets(...rest: Rest<typeof deleteGroupOffsets>) {
    return deleteGroupOffsets(this.#link, ...rest)
  }

  /** Where the group stands, in these partitions or in all that it knows. */
  listShareGroupOffsets(...rest: Rest<typeof listShareGroupOffsets>) {
    return listShareGroupOffsets(this.#link, ...rest)
  }

  /** Lets a group that has no members go on elsewhere. */
  alterShareGroupOffsets(...rest: Rest<typeof alterShareGroupOffsets>) {
    return alterShareGroupOffsets(this.#link, ...rest)
  }

  /** Forgets where a group that has no members stands in these topics. By topic. */
  deleteShareGroupOffsets(...rest: Rest<typeof deleteShareGroupOffsets>) {
    return deleteShareGroupOffsets(this.#link, ...rest)
  }

  /** The offset at a place or a time, of each partition. */
  listOffsets(...rest: Rest<typeof listOffsets>) {
    return listOffsets(this.#link, ...rest)
  }

  /** Deletes all records below `offset` (exclusive), or with -1 all that there are; gives the first offset that is left. */
  deleteRecords(...rest: Rest<typeof deleteRecords>) {
    return deleteRecords(this.#link, ...rest)
  }

  /** The producers that each partition remembers, as its leader says or, with `brokerId`, as that replica does. */
  describeProducers(...rest: Rest<typeof describeProducers>) {
    return describeProducers(this.#link, ...rest)
  }

  /**
   * Ends a transaction in one partition, for its coordinator, which knows nothing of it any more: what it wrote there is aborted. For transactions that
   * `describeProducers` shows as open and `describeTransactions` does not; any other is better ended with `forceTerminateTransaction`.
   */
  abortTransaction(...rest: Rest<typeof abortTransaction>) {
    return abortTransaction(this.#link, ...rest)
  }

  /** What the coordinator of each transactional id knows. TRANSACTIONAL_ID_NOT_FOUND for one that it does not know. */
  describeTransactions(...rest: Rest<typeof describeTransactions>) {
    return describeTransactions(this.#link, ...rest)
  }

  /** Those that agree with the filter, of all coordinators. Throws what one of them says, where it says nothing else. */
  listTransactions(...rest: Rest<typeof listTransactions>) {
    return listTransactions(this.#link, ...rest)
  }

  /** Shuts out every producer that has one of these ids: its open transaction is aborted, and its next call fails with PRODUCER_FENCED. */
  fenceProducers(...rest: Rest<typeof fenceProducers>) {
    return fenceProducers(this.#link, ...rest)
  }

  /** Aborts the transaction that is open under this id, and shuts out its producer. */
  forceTerminateTransaction(...rest: Rest<typeof forceTerminateTransaction>) {
    return forceTerminateTransaction(this.#link, ...rest)
  }

  /** The directories of each broker, by its id as text. */
  describeLogDirs(...rest: Rest<typeof describeLogDirs>) {
    return describeLogDirs(this.#link, ...rest)
  }

  /** Where each replica lies. */
  describeReplicaLogDirs(...rest: Rest<typeof describeReplicaLogDirs>) {
    return describeReplicaLogDirs(this.#link, ...rest)
  }

  /** Begins to move replicas into other directories of their brokers; one that is not there yet will be made there. It goes on when this has answered. */
  alterReplicaLogDirs(...rest: Rest<typeof alterReplicaLogDirs>) {
    return alterReplicaLogDirs(this.#link, ...rest)
  }

  /** Begins to move replicas to these brokers, the first of which should lead; null ends what is under way. It goes on when this has answered. */
  alterPartitionReassignments(...rest: Rest<typeof alterPartitionReassignments>) {
    return alterPartitionReassignments(this.#link, ...rest)
  }

  /** Those under way, of these partitions or of all. */
  listPartitionReassignments(...rest: Rest<typeof listPartitionReassignments>) {
    return listPartitionReassignments(this.#link, ...rest)
  }

  /** The brokers of the cluster, or its controllers. */
  describeCluster(...rest: Rest<typeof describeCluster>) {
    return describeCluster(this.#link, ...rest)
  }

  /** The versions of each API that the broker serves, of each broker by its id as text. */
  describeApiVersions(...rest: Rest<typeof describeApiVersions>) {
    return describeApiVersions(this.#link, ...rest)
  }

  /** Takes a broker off the cluster's list; one that lives would come back. */
  unregisterBroker(...rest: Rest<typeof unregisterBroker>) {
    return unregisterBroker(this.#link, ...rest)
  }

  /** Elects for these partitions, or for all that need it; one that needs none fails with ELECTION_NOT_NEEDED where it was named. */
  electLeaders(...rest: Rest<typeof electLeaders>) {
    return electLeaders(this.#link, ...rest)
  }

  /** The quorum of the metadata log. */
  describeQuorum(...rest: Rest<typeof describeQuorum>) {
    return describeQuorum(this.#link, ...rest)
  }

  /** Lets a controller vote that follows the quorum already (KIP-853). */
  addRaftVoter(...rest: Rest<typeof addRaftVoter>) {
    return addRaftVoter(this.#link, ...rest)
  }

  /** Takes a voter out of the quorum (KIP-853). */
  removeRaftVoter(...rest: Rest<typeof removeRaftVoter>) {
    return removeRaftVoter(this.#link, ...rest)
  }

  /** What a node says of features: any broker, or a certain one. */
  describeFeatures(...rest: Rest<typeof describeFeatures>) {
    return describeFeatures(this.#link, ...rest)
  }

  /** Changes levels: all of them, or none. */
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
