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
  DescribeGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  ListGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  ApiVersions: { golden: ['apiversions'], interop: [...EVERYBODY, 'bad-input', 'pack'] },
  CreateTopics: {
    golden: ['createtopics'],
    interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'crash', ...SUITES, 'admin'],
  },
  DeleteTopics: { golden: ['createtopics'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  DeleteRecords: { golden: ['deleterecords'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  // Its recorded exchanges stand among the transactions, which are not served yet.
  InitProducerId: { golden: [], interop: ['confluent-kafka', 'apache-tools', 'crash'] },
  OffsetForLeaderEpoch: { golden: ['listoffsets'], interop: [] },
  DescribeConfigs: { golden: ['configs'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  AlterConfigs: { golden: ['configs'], interop: ['kafkajs'] },
  AlterReplicaLogDirs: { golden: ['admin'], interop: ['apache-tools', 'admin'] },
  DescribeLogDirs: { golden: ['admin'], interop: ['apache-tools', 'cluster', 'admin'] },
  CreatePartitions: { golden: ['createtopics'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  DeleteGroups: { golden: ['classicgroups'], interop: ['kafkajs', 'confluent-kafka', 'apache-tools', 'admin'] },
  IncrementalAlterConfigs: { golden: ['configs'], interop: ['confluent-kafka', 'apache-tools', 'admin'] },
  OffsetDelete: { golden: ['classicgroups'], interop: ['apache-tools', 'admin'] },
  DescribeCluster: { golden: ['metadata'], interop: ['apache-tools', 'confluent-kafka', 'admin'] },
  DescribeProducers: { golden: ['produce'], interop: ['admin'] },
  ElectLeaders: { golden: ['admin'], interop: ['cluster', 'admin'] },
  AlterPartitionReassignments: { golden: ['admin'], interop: ['cluster', 'admin'] },
  ListPartitionReassignments: { golden: ['admin'], interop: ['cluster', 'admin'] },
  UnregisterBroker: { golden: ['admin'], interop: ['admin'] },
  UpdateFeatures: { golden: ['admin'], interop: ['voters', 'admin'] },
  DescribeQuorum: { golden: ['admin'], interop: ['cluster', 'admin'] },
  ListConfigResources: { golden: ['configs'], interop: ['admin'] },
  DescribeTopicPartitions: { golden: ['metadata'], interop: ['apache-tools', 'admin'] },
  AddRaftVoter: { golden: ['admin'], interop: ['voters', 'admin'] },
  RemoveRaftVoter: { golden: ['admin'], interop: ['voters', 'admin'] },
}
