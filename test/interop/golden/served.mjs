/** The APIs whose recorded answers count, by the names the corpus uses; grows with what the broker advertises. */
export const servedApis = new Set([
  'ApiVersions',
  'Metadata',
  'DescribeCluster',
  'DescribeTopicPartitions',
  'CreateTopics',
  'DeleteTopics',
  'CreatePartitions',
  'ElectLeaders',
  'AlterPartitionReassignments',
  'ListPartitionReassignments',
  'UnregisterBroker',
  'UpdateFeatures',
  'DescribeQuorum',
  'AddRaftVoter',
  'RemoveRaftVoter',
  'DescribeConfigs',
  'AlterConfigs',
  'IncrementalAlterConfigs',
  'ListConfigResources',
  'Produce',
  'Fetch',
  'ListOffsets',
  'OffsetForLeaderEpoch',
  'DeleteRecords',
  'AlterReplicaLogDirs',
  'DescribeLogDirs',
  'DescribeProducers',
  'InitProducerId',
  'FindCoordinator',
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'LeaveGroup',
  'OffsetCommit',
  'OffsetFetch',
  'OffsetDelete',
  'DescribeGroups',
  'ListGroups',
  'DeleteGroups',
])

/** Groups of cases about what is not served yet, even where they use a served API on the way. */
export const laterGroups = new Set(['transactions', 'consumergroups', 'sharegroups', 'streamsgroups', 'sasl'])

/** Whether the answer to a case of the corpus has to be Kafka's. */
export function isMust({ id, api }) {
  return !laterGroups.has(id.split('/')[0]) && (api === undefined || api === null || servedApis.has(api))
}
