// Every API that a controller serves at its own listeners. ApiVersions there is made out of this list.

import type { LoadedConfig } from '../../config/load.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import type { BrokerWatch } from '../broker-watch.ts'
import type { AnyHandler } from '../handler.ts'
import type { MetadataNode } from '../metadata-node.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Predecessors } from '../predecessors.ts'
import { addRaftVoter } from './add-raft-voter.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'
import { alterPartition } from './alter-partition.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { apiVersions } from './api-versions.ts'
import { assignReplicasToDirs } from './assign-replicas-to-dirs.ts'
import { beginQuorumEpoch } from './begin-quorum-epoch.ts'
import { brokerHeartbeat } from './broker-heartbeat.ts'
import { brokerRegistration } from './broker-registration.ts'
import { controllerRegistration } from './controller-registration.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeQuorum } from './describe-quorum.ts'
import { electLeaders } from './elect-leaders.ts'
import { endQuorumEpoch } from './end-quorum-epoch.ts'
import { envelope } from './envelope.ts'
import { fetchSnapshot } from './fetch-snapshot.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { quorumFetch } from './quorum-fetch.ts'
import { removeRaftVoter } from './remove-raft-voter.ts'
import { unregisterBroker } from './unregister-broker.ts'
import { updateFeatures } from './update-features.ts'
import { updateRaftVoter } from './update-raft-voter.ts'
import { vote } from './vote.ts'

export interface ControllerApiRooms {
  readonly loaded: LoadedConfig
  readonly clusterId: string
  readonly metadata: MetadataNode
  readonly watch: BrokerWatch | null
  readonly predecessors: Predecessors | null
  /** Of these very handlers: a request may come inside another one. */
  readonly pipeline: () => Pipeline
}

export function controllerApis({
  loaded,
  clusterId,
  metadata,
  watch,
  predecessors,
  pipeline,
}: ControllerApiRooms): readonly AnyHandler[] {
  const { controller, configs, publisher, log } = metadata
  const image = (): MetadataImage => publisher.image
  const nodeId = loaded.config['node.id']
  const quorum = metadata.raft?.service
  const served: AnyHandler[] = [
    apiVersions({
      image,
      metadataOffset: () => publisher.endOffset - 1,
      kraftVersion: () => metadata.raft?.kraftVersion ?? 0,
      served: () => served.map(({ api }) => api).sort((a, b) => a.key - b.key),
    }),
    describeCluster({ image, clusterId, controllerId: () => log.leaderId ?? -1, isController: true }),
    ...(quorum ? quorumApis(quorum) : []),
    brokerRegistration({ controller, clusterId, watch, predecessors }),
    brokerHeartbeat({ controller, watch }),
    controllerRegistration({ controller }),
    allocateProducerIds({ controller }),
    alterPartition({ controller }),
    assignReplicasToDirs({ controller }),
    unregisterBroker({ controller }),
    updateFeatures({ controller, quorum: quorum ?? null }),
    createTopics({ controller, defaultPartitions: () => configs.broker['num.partitions'] }),
    deleteTopics({ controller, image, isEnabled: () => configs.broker['delete.topic.enable'] }),
    createPartitions({ controller, image }),
    alterPartitionReassignments({ controller }),
    listPartitionReassignments({ controller }),
    electLeaders({ controller }),
    describeConfigs({ image, layers: () => configs.layers, nodeId }),
    alterConfigs({ controller, nodeId: null }),
    incrementalAlterConfigs({ controller, nodeId: null }),
    envelope({
      inner: (request, origin, receivedAt) => pipeline().inner(request, origin, receivedAt),
      isActive: () => controller.isActive,
    }),
  ]
  return served
}

/** What the members of a quorum ask each other. */
function quorumApis(quorum: QuorumService): AnyHandler[] {
  return [
    quorumFetch({ quorum }),
    vote({ quorum }),
    beginQuorumEpoch({ quorum }),
    endQuorumEpoch({ quorum }),
    fetchSnapshot({ quorum }),
    describeQuorum({ quorum }),
    addRaftVoter({ quorum }),
    removeRaftVoter({ quorum }),
    updateRaftVoter({ quorum }),
  ]
}
