/** Quotas of users, which Apache Kafka serves and ours only keeps: set and read by bare requests at one broker. */
import { Writer } from '../lib/wire.mjs'

const [DESCRIBE_CLIENT_QUOTAS, ALTER_CLIENT_QUOTAS] = [48, 49]
const EXACTLY = 0

/** AlterClientQuotas v0: the bytes a second that a user may produce. Gives the error. */
export async function setQuota(connection, user, bytesPerSecond) {
  const float = Buffer.alloc(8)
  float.writeDoubleBE(bytesPerSecond)
  const entity = (w) => w.array(['user'], (v, type) => v.string(type).string(user))
  const one = (w) => entity(w).array(['producer_byte_rate'], (v, key) => v.string(key).raw(float).int8(0))
  const reader = await connection.ask(ALTER_CLIENT_QUOTAS, 0, new Writer().array([user], one).int8(0).done())
  reader.int32()
  return reader.array((r) => r.int16())[0]
}

/** DescribeClientQuotas v0: what a user may produce, as this broker knows the metadata; null where it has no quota. */
export async function quotaOf(connection, user) {
  const filter = (w, type) => w.string(type).int8(EXACTLY).string(user)
  const reader = await connection.ask(DESCRIBE_CLIENT_QUOTAS, 0, new Writer().array(['user'], filter).int8(0).done())
  reader.int32()
  const error = reader.int16()
  if (error !== 0) throw new Error(`DescribeClientQuotas: error ${error} ${reader.string() ?? ''}`)
  reader.string()
  const value = (r) => [r.string(), r.bytes.readDoubleBE((r.at += 8) - 8)]
  const [found] = reader.array((r) => ({ entity: r.array((e) => [e.string(), e.string()]), values: r.array(value) }))
  return found?.values[0][1] ?? null
}
