// The protocol of Kafka 4.2 as a library: every message as a typed schema, a codec for each version of it, the table of APIs and of errors.
//
//   const request = codec(MetadataRequest, 13)
//   request.write(writer, { topics: null })

export { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
export { ZERO_UUID } from '../base/uuid.ts'
export * from './api.ts'
export { type Codec, codec } from './codec.ts'
export * from './errors.ts'
export { readRequestHeader, readResponseHeader, writeRequestHeader, writeResponseHeader } from './header.ts'
export * from './messages/all.ts'
export * from './messages/index.ts'
export type { AnyMessage, Infer, Input, Item, Message } from './schema.ts'
