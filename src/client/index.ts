// Odradek's client, for any Kafka: what programs import as `odradek/client`.

export * from './errors/index.ts'
export * as serdes from './serde/index.ts'
export type { Deserializer, Serde, SerdeContext, Serializer } from './serde/serde.ts'
