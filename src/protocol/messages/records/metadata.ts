// Records in __cluster_metadata; apiKey is the type that stands before the version.

import {
  array,
  bool,
  bytes,
  float64,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  tagged,
  uint16,
  uuid,
} from '../../schema.ts'

export const AbortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  apiKey: 25,
  versions: '0',
  flexible: '0+',
  fields: { reason: tagged(0, nullable(string())) },
})
export type AbortTransactionRecord = Infer<typeof AbortTransactionRecord>

export const AccessControlEntryRecord = message({
  name: 'AccessControlEntryRecord',
  apiKey: 18,
  versions: '0',
  flexible: '0+',
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
})
export type AccessControlEntryRecord = Infer<typeof AccessControlEntryRecord>

export const BeginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  apiKey: 23,
  versions: '0',
  flexible: '0+',
  fields: { name: tagged(0, nullable(string())) },
})
export type BeginTransactionRecord = Infer<typeof BeginTransactionRecord>

export const BrokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  apiKey: 17,
  versions: '0-2',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: tagged(0, int8()),
    inControlledShutdown: tagged(1, int8({ versions: '1+' })),
    logDirs: tagged(2, array(uuid(), { versions: '2+' })),
  },
})
export type BrokerRegistrationChangeRecord = Infer<typeof BrokerRegistrationChangeRecord>

export const ClearElrRecord = message({
  name: 'ClearElrRecord',
  apiKey: 28,
  versions: '0',
  flexible: '0+',
  fields: { topicName: string() },
})
export type ClearElrRecord = Infer<typeof ClearElrRecord>

export const ClientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  apiKey: 14,
  versions: '0',
  flexible: '0+',
  fields: {
    entity: array({ entityType: string(), entityName: nullable(string(), { initiallyNull: false }) }),
    key: string(),
    value: float64(),
    remove: bool(),
  },
})
export type ClientQuotaRecord = Infer<typeof ClientQuotaRecord>

export const ConfigRecord = message({
  name: 'ConfigRecord',
  apiKey: 4,
  versions: '0',
  flexible: '0+',
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: nullable(string(), { initiallyNull: false }),
  },
})
export type ConfigRecord = Infer<typeof ConfigRecord>

export const DelegationTokenRecord = message({
  name: 'DelegationTokenRecord',
  apiKey: 10,
  versions: '0',
  flexible: '0+',
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  },
})
export type DelegationTokenRecord = Infer<typeof DelegationTokenRecord>

export const EndTransactionRecord = message({
  name: 'EndTransactionRecord',
  apiKey: 24,
  versions: '0',
  flexible: '0+',
  fields: {},
})
export type EndTransactionRecord = Infer<typeof EndTransactionRecord>

export const FeatureLevelRecord = message({
  name: 'FeatureLevelRecord',
  apiKey: 12,
  versions: '0',
  flexible: '0+',
  fields: { name: string(), featureLevel: int16() },
})
export type FeatureLevelRecord = Infer<typeof FeatureLevelRecord>

export const FenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  apiKey: 7,
  versions: '0',
  flexible: '0+',
  fields: { id: int32(), epoch: int64() },
})
export type FenceBrokerRecord = Infer<typeof FenceBrokerRecord>

export const NoOpRecord = message({ name: 'NoOpRecord', apiKey: 20, versions: '0', flexible: '0+', fields: {} })
export type NoOpRecord = Infer<typeof NoOpRecord>

export const PartitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  apiKey: 5,
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ initial: -1 }),
    topicId: uuid(),
    isr: tagged(0, nullable(array(int32()))),
    leader: tagged(1, int32({ initial: -2 })),
    replicas: tagged(2, nullable(array(int32()))),
    removingReplicas: tagged(3, nullable(array(int32()))),
    addingReplicas: tagged(4, nullable(array(int32()))),
    leaderRecoveryState: tagged(5, int8({ initial: -1 })),
    directories: tagged(8, nullable(array(uuid(), { versions: '1+' }))),
    eligibleLeaderReplicas: tagged(6, nullable(array(int32(), { versions: '2+' }))),
    lastKnownElr: tagged(7, nullable(array(int32(), { versions: '2+' }))),
  },
})
export type PartitionChangeRecord = Infer<typeof PartitionChangeRecord>

export const PartitionRecord = message({
  name: 'PartitionRecord',
  apiKey: 3,
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ initial: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ initial: -1 }),
    leaderRecoveryState: tagged(0, int8()),
    leaderEpoch: int32({ initial: -1 }),
    partitionEpoch: int32({ initial: -1 }),
    directories: array(uuid(), { versions: '1+' }),
    eligibleLeaderReplicas: tagged(1, nullable(array(int32(), { versions: '2+' }))),
    lastKnownElr: tagged(2, nullable(array(int32(), { versions: '2+' }))),
  },
})
export type PartitionRecord = Infer<typeof PartitionRecord>

export const ProducerIdsRecord = message({
  name: 'ProducerIdsRecord',
  apiKey: 15,
  versions: '0',
  flexible: '0+',
  fields: { brokerId: int32(), brokerEpoch: int64({ initial: -1 }), nextProducerId: int64() },
})
export type ProducerIdsRecord = Infer<typeof ProducerIdsRecord>

export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  apiKey: 0,
  versions: '0-3',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ versions: '2+' }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array({ name: string(), host: string(), port: uint16(), securityProtocol: int16() }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    rack: nullable(string(), { initiallyNull: false }),
    fenced: bool({ initial: true }),
    inControlledShutdown: bool({ versions: '1+' }),
    logDirs: tagged(0, array(uuid(), { versions: '3+' })),
  },
})
export type RegisterBrokerRecord = Infer<typeof RegisterBrokerRecord>

export const RegisterControllerRecord = message({
  name: 'RegisterControllerRecord',
  apiKey: 27,
  versions: '0',
  flexible: '0+',
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array({ name: string(), host: string(), port: uint16(), securityProtocol: int16() }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
  },
})
export type RegisterControllerRecord = Infer<typeof RegisterControllerRecord>

export const RemoveAccessControlEntryRecord = message({
  name: 'RemoveAccessControlEntryRecord',
  apiKey: 19,
  versions: '0',
  flexible: '0+',
  fields: { id: uuid() },
})
export type RemoveAccessControlEntryRecord = Infer<typeof RemoveAccessControlEntryRecord>

export const RemoveDelegationTokenRecord = message({
  name: 'RemoveDelegationTokenRecord',
  apiKey: 26,
  versions: '0',
  flexible: '0+',
  fields: { tokenId: string() },
})
export type RemoveDelegationTokenRecord = Infer<typeof RemoveDelegationTokenRecord>

export const RemoveTopicRecord = message({
  name: 'RemoveTopicRecord',
  apiKey: 9,
  versions: '0',
  flexible: '0+',
  fields: { topicId: uuid() },
})
export type RemoveTopicRecord = Infer<typeof RemoveTopicRecord>

export const RemoveUserScramCredentialRecord = message({
  name: 'RemoveUserScramCredentialRecord',
  apiKey: 22,
  versions: '0',
  flexible: '0+',
  fields: { name: string(), mechanism: int8() },
})
export type RemoveUserScramCredentialRecord = Infer<typeof RemoveUserScramCredentialRecord>

export const TopicRecord = message({
  name: 'TopicRecord',
  apiKey: 2,
  versions: '0',
  flexible: '0+',
  fields: { name: string(), topicId: uuid() },
})
export type TopicRecord = Infer<typeof TopicRecord>

export const UnfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  apiKey: 8,
  versions: '0',
  flexible: '0+',
  fields: { id: int32(), epoch: int64() },
})
export type UnfenceBrokerRecord = Infer<typeof UnfenceBrokerRecord>

export const UnregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  apiKey: 1,
  versions: '0',
  flexible: '0+',
  fields: { brokerId: int32(), brokerEpoch: int64() },
})
export type UnregisterBrokerRecord = Infer<typeof UnregisterBrokerRecord>

export const UserScramCredentialRecord = message({
  name: 'UserScramCredentialRecord',
  apiKey: 11,
  versions: '0',
  flexible: '0+',
  fields: { name: string(), mechanism: int8(), salt: bytes(), storedKey: bytes(), serverKey: bytes(), iterations: int32() },
})
export type UserScramCredentialRecord = Infer<typeof UserScramCredentialRecord>

export const ZkMigrationStateRecord = message({
  name: 'ZkMigrationStateRecord',
  apiKey: 21,
  versions: '0',
  flexible: '0+',
  fields: { zkMigrationState: int8() },
})
export type ZkMigrationStateRecord = Infer<typeof ZkMigrationStateRecord>
