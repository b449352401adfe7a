// The commands with Kafka's names. Each is loaded when it is asked for; a command that stands here has a bin.

import type { RunCommand } from './command.ts'

export const kafkaCommands: Readonly<Record<string, () => Promise<RunCommand>>> = {
  'kafka-broker-api-versions': async () => (await import('./commands/broker-api-versions.ts')).brokerApiVersions,
  'kafka-cluster': async () => (await import('./commands/cluster.ts')).cluster,
  'kafka-configs': async () => (await import('./commands/configs.ts')).configs,
  'kafka-consumer-groups': async () => (await import('./commands/consumer-groups.ts')).consumerGroups,
  'kafka-delete-records': async () => (await import('./commands/delete-records.ts')).deleteRecords,
  'kafka-features': async () => (await import('./commands/features.ts')).features,
  'kafka-get-offsets': async () => (await import('./commands/get-offsets.ts')).getOffsets,
  'kafka-groups': async () => (await import('./commands/groups.ts')).groups,
  'kafka-leader-election': async () => (await import('./commands/leader-election.ts')).leaderElection,
  'kafka-log-dirs': async () => (await import('./commands/log-dirs.ts')).logDirs,
  'kafka-metadata-quorum': async () => (await import('./commands/metadata-quorum.ts')).metadataQuorum,
  'kafka-topics': async () => (await import('./commands/topics.ts')).topics,
}
