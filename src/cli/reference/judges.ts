// Who judges what is served: groups of recorded answers (test/data, replayed by `npm run interop`), and judges of test/interop.

import type { ApiName } from '../../protocol/api.ts'

export interface Judged {
  /** Groups of exchanges recorded with Apache Kafka 4.2. */
  readonly golden: readonly string[]
  /** Judges that use the API on their way, by the names that `npm run interop -- --list` prints. */
  readonly interop: readonly string[]
}

const CLIENTS = ['kafkajs', 'kafka-python', 'confluent-kafka', 'apache-tools'] as const
const SUITES = ['peers-kafka-python', 'peers-franz-go', 'peers-node-clients', 'peers-java-clients'] as const
const EVERYBODY = [...CLIENTS, ...SUITES] as const

/** Every served API has a row here; a test sees to it that the names exist. */
export const judgedBy: Readonly<Partial<Record<ApiName, Judged>>> = {
  Produce: { golden: ['produce'], interop: [...EVERYBODY, 'crash', 'directories'] },
  Fetch: { golden: ['fetch'], interop: [...EVERYBODY, 'crash', 'directories'] },
  ListOffsets: { golden: ['listoffsets'], interop: EVERYBODY },
  Metadata: { golden: ['metadata'], interop: [...EVERYBODY, 'bad-input'] },
  OffsetCommit: { golden: ['classicgroups'], interop: EVERYBODY },
  OffsetFetch: { golden: ['classicgroups'], interop: EVERYBODY },
  FindCoordinator: { golden: ['findcoordinator'], interop: EVERYBODY },
  JoinGroup: { golden: ['classicgroups'], interop: EVERYBODY },
  Heartbeat: { golden: ['classicgroups'], interop: EVERYBODY },
  LeaveGroup: { golden: ['classicgroups'], interop: EVERYBODY },
  SyncGroup: { golden: ['classicgroups'], interop: EVERYBODY },
  DescribeGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  ListGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  ApiVersions: { golden: ['apiversions'], interop: [...EVERYBODY, 'bad-input', 'pack'] },
  CreateTopics: { golden: ['createtopics'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'crash', ...SUITES] },
  DeleteTopics: { golden: ['createtopics'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  DeleteRecords: { golden: ['deleterecords'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  // Its recorded exchanges stand among the transactions, which are not served yet.
  InitProducerId: { golden: [], interop: ['confluent-kafka', 'apache-tools', 'crash'] },
  OffsetForLeaderEpoch: { golden: ['listoffsets'], interop: [] },
  DescribeConfigs: { golden: ['configs'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  AlterConfigs: { golden: ['configs'], interop: ['kafkajs'] },
  AlterReplicaLogDirs: { golden: ['admin'], interop: ['apache-tools'] },
  DescribeLogDirs: { golden: ['admin'], interop: ['apache-tools', 'cluster'] },
  CreatePartitions: { golden: ['createtopics'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  DeleteGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools'] },
  IncrementalAlterConfigs: { golden: ['configs'], interop: ['confluent-kafka', 'apache-tools'] },
  OffsetDelete: { golden: ['classicgroups'], interop: ['apache-tools'] },
  DescribeCluster: { golden: ['metadata'], interop: ['apache-tools', 'confluent-kafka'] },
  DescribeProducers: { golden: ['produce'], interop: [] },
  ElectLeaders: { golden: ['admin'], interop: ['cluster'] },
  AlterPartitionReassignments: { golden: ['admin'], interop: ['cluster'] },
  ListPartitionReassignments: { golden: ['admin'], interop: ['cluster'] },
  UnregisterBroker: { golden: ['admin'], interop: [] },
  UpdateFeatures: { golden: ['admin'], interop: ['voters'] },
  DescribeQuorum: { golden: ['admin'], interop: ['cluster'] },
  ListConfigResources: { golden: ['configs'], interop: [] },
  DescribeTopicPartitions: { golden: ['metadata'], interop: ['apache-tools'] },
  AddRaftVoter: { golden: ['admin'], interop: ['voters'] },
  RemoveRaftVoter: { golden: ['admin'], interop: ['voters'] },
}
