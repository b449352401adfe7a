// The serdes, as programs import them.

export type { Deserializer, Serde, SerdeContext, Serializer } from './serde.ts'
export { bytes, float64, int32, int64, json, safeInt64, string } from './serdes.ts'
