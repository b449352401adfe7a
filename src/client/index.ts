// Odradek's client, for any Kafka: what programs import as `odradek/client`.

export type { BearerToken } from '../net/sasl/oauthbearer.ts'
export type { ClientPlatform } from './cluster/cluster.ts'
export type { BrokerInfo, PartitionInfo, TopicInfo } from './cluster/metadata.ts'
export * from './errors/index.ts'
export type { WaitOptions } from './patience.ts'
export type { KeyedRecord, Partitioner } from './producer/partitioner.ts'
export { type CloseOptions, Producer, type ProducerConfig } from './producer/producer.ts'
export type { HeadersInput, ProducerRecord, RecordMetadata } from './producer/record.ts'
export type { GroupMetadata, OffsetsToCommit, OffsetToCommit } from './producer/transaction-calls.ts'
export type { Login, PasswordLogin, TokenLogin } from './security/login.ts'
export * as serdes from './serde/index.ts'
export type { Deserializer, Serde, SerdeContext, Serializer } from './serde/serde.ts'
