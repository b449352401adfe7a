// The admin client: looks at a cluster and changes it. Each call is a function of its subject's file; here they have one client.

import { type AdminOptions, adminOptions } from '../../config/client/admin.ts'
import { type ClientPlatform, Cluster } from '../cluster/cluster.ts'
import { type Given, resolveOptions } from '../options/resolve.ts'
import { defaultPlatform } from '../platform.ts'
import type { Login } from '../security/login.ts'
import { describeApiVersions, describeCluster, unregisterBroker } from './cluster.ts'
import { describeConfigs, incrementalAlterConfigs, listConfigResources } from './configs.ts'
import { electLeaders } from './elections.ts'
import { describeFeatures, updateFeatures } from './features.ts'
import { alterGroupOffsets, deleteGroupOffsets, listGroupOffsets } from './group-offsets.ts'
import { deleteGroups, describeConsumerGroups, listGroups } from './groups.ts'
import { Link } from './link.ts'
import { describeLogDirs } from './log-dirs.ts'
import { addRaftVoter, describeQuorum, removeRaftVoter } from './quorum.ts'
import { alterClientQuotas, describeClientQuotas } from './quotas.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignments.ts'
import { deleteRecords, listOffsets } from './records.ts'
import { createPartitions, createTopics, deleteTopics, describeTopics, listTopics } from './topics.ts'

/** The rest of a call's arguments, behind the link. */
type Rest<F> = F extends (link: Link, ...rest: infer R) => unknown ? R : never

/** Kafka's options in camelCase, and what only a program can give. */
export interface AdminConfig extends Omit<Given<typeof adminOptions>, 'bootstrapServers'> {
  readonly bootstrapServers: string | readonly string[]
  /** The login, where securityProtocol has one: name and password, or where tokens come from. */
  readonly sasl?: Login
  /** The machine it runs on; a simulated one, for example. Default: this one. */
  readonly platform?: ClientPlatform
}

export class Admin implements AsyncDisposable {
  readonly #link: Link

  /** Connects when something is asked. Throws an OptionError that names the option, its value and what is allowed. */
  constructor(config: AdminConfig) {
    const { platform = defaultPlatform(), sasl } = config
    const options: AdminOptions = resolveOptions(adminOptions, config, ['platform', 'sasl'])
    const { connectionsMaxIdleMs, defaultApiTimeoutMs } = options
    this.#link = new Link(
      new Cluster({ platform, options, sasl, connectionsMaxIdleMs, createsTopics: false }),
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

  listGroups(...rest: Rest<typeof listGroups>) {
    return listGroups(this.#link, ...rest)
  }

  describeConsumerGroups(...rest: Rest<typeof describeConsumerGroups>) {
    return describeConsumerGroups(this.#link, ...rest)
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

  listOffsets(...rest: Rest<typeof listOffsets>) {
    return listOffsets(this.#link, ...rest)
  }

  deleteRecords(...rest: Rest<typeof deleteRecords>) {
    return deleteRecords(this.#link, ...rest)
  }

  describeLogDirs(...rest: Rest<typeof describeLogDirs>) {
    return describeLogDirs(this.#link, ...rest)
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

  /** Ends all connections; calls under way fail. */
  close(): void {
    this.#link.cluster.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}
