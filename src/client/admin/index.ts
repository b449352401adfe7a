// The types of the admin client, as programs import them.

export type { ClusterDescription, ClusterNode } from './cluster.ts'
export type { ConfigChange, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource } from './configs.ts'
export { resourceKey } from './configs.ts'
export type { ElectionType } from './elections.ts'
export type { FeaturesDescription, FeatureUpdate, FeatureUpdateType } from './features.ts'
export type { CommittedOffset } from './group-offsets.ts'
export type { GroupDescription, GroupFilter, GroupListing, GroupState, GroupType, MemberDescription } from './groups.ts'
export type { CallOptions } from './link.ts'
export type { LogDir, LogDirReplica } from './log-dirs.ts'
export { type Outcomes, partitionKey } from './outcomes.ts'
export type { QuorumDescription, QuorumReplica } from './quorum.ts'
export type { QuotaDescription, QuotaEntity, QuotaEntityType, QuotaFilter } from './quotas.ts'
export type { Reassignment } from './reassignments.ts'
export type { ListedOffset, OffsetSpec } from './records.ts'
export type {
  CreatedTopic,
  NewPartitions,
  NewTopic,
  PartitionDescription,
  TopicDescription,
  TopicListing,
} from './topics.ts'
