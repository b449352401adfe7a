// A drop-in for KafkaJS 2.2: the same names, on Odradek's client. What programs import as `odradek/kafkajs`.

export { AssignerProtocol } from './assigner-protocol.ts'
export { PartitionAssigners } from './assigners.ts'
export { CompressionCodecs } from './codecs.ts'
export {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  CompressionTypes,
  ConfigResourceTypes,
  ConfigSource,
  logLevel,
  ResourcePatternTypes,
} from './constants.ts'
export * from './errors/classes.ts'
export * from './errors/special.ts'
export { Kafka } from './kafka.ts'
export { Partitioners } from './partitioners.ts'
export type * from './types/index.ts'
