// The types of the admin client, as programs import them.

export type {
  Acl,
  AclFilter,
  AclOperation,
  AclPatternType,
  AclPermissionType,
  AclResourceType,
  NewAcl,
} from './acl.ts'
export { aclKey } from './acl.ts'
export type { DeletedAcl } from './acls.ts'
export type { ClusterDescription, ClusterNode, DescribeClusterOptions } from './cluster.ts'
export type { ConfigSource } from './config-source.ts'
export type {
  ConfigChange,
  ConfigEntry,
  ConfigOperation,
  ConfigResource,
  ConfigResourceType,
  ConfigType,
  DescribeConfigsOptions,
} from './configs.ts'
export { resourceKey } from './configs.ts'
export type { DelegationToken, NewDelegationToken } from './delegation-tokens.ts'
export type { ElectionType } from './elections.ts'
export type { FeaturesDescription, FeatureUpdate, FeatureUpdateType } from './features.ts'
export type { GroupDescription, MemberDescription } from './group-descriptions.ts'
export type { RemoveMembersOptions } from './group-members.ts'
export type { CommittedOffset } from './group-offsets.ts'
export type { DescribeGroupsOptions, GroupFilter, GroupListing, GroupState, GroupType } from './groups.ts'
export { type GroupLagOptions, groupLag, type PartitionLag } from './lag.ts'
export type { CallOptions } from './link.ts'
export type { LogDir, LogDirReplica } from './log-dirs.ts'
export { type Outcomes, partitionKey, replicaKey } from './outcomes.ts'
export type { HangingTransaction, ProducerState } from './producers.ts'
export type { NewRaftVoter, QuorumDescription, QuorumReplica, RaftVoter } from './quorum.ts'
export type { ChangeOptions } from './quota-retries.ts'
export type { QuotaDescription, QuotaEntity, QuotaEntityType, QuotaFilter } from './quotas.ts'
export { quotaKey } from './quotas.ts'
export type { Reassignment } from './reassignments.ts'
export type { IsolationLevel, ListedOffset, OffsetPlace, OffsetSpec } from './records.ts'
export type { Replica, ReplicaLogDirs, ReplicaPlace } from './replica-log-dirs.ts'
export type { ScramAlteration, ScramCredential, ScramDeletion, ScramUpsertion } from './scram-credentials.ts'
export type { ShareGroupDescription, ShareGroupOffset, ShareMemberDescription } from './share-groups.ts'
export type {
  StreamsAssignment,
  StreamsGroupDescription,
  StreamsInternalTopic,
  StreamsMemberDescription,
  StreamsSubtopology,
  StreamsTaskOffset,
  StreamsTasks,
} from './streams-groups.ts'
export type { DescribeTopicsOptions, PartitionDescription, TopicDescription } from './topic-descriptions.ts'
export type { CreatedConfig, CreatedTopic, NewPartitions, NewTopic, TopicCollection, TopicListing } from './topics.ts'
export type {
  FencedProducer,
  TransactionDescription,
  TransactionFilter,
  TransactionListing,
  TransactionState,
} from './transactions.ts'
