// Topics for one test each.

import type { Admin } from '../client/admin/admin.ts'
import { Patience } from '../client/patience.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { TopicOptions } from './kafka.ts'

export interface TopicRooms {
  readonly admin: Admin
  readonly random: Random
  /** The test's own. */
  readonly real: Clock
  /** Whether all brokers know who leads its partitions. */
  readonly isKnown: (topic: string) => boolean
}

const KNOWN_WITHIN_MS = 10_000
const LOOK_MS = 2

/** Creates a topic whose name begins with `prefix` and is nobody else's; resolves, with the name, when all brokers know who leads it. */
export async function createTopic(
  { admin, random, real, isKnown }: TopicRooms,
  prefix: string,
  { partitions, replicationFactor, configs = {}, signal }: TopicOptions = {},
): Promise<string> {
  const name = `${prefix}-${Buffer.from(random.bytes(5)).toString('hex')}`
  const texts = Object.fromEntries(Object.entries(configs).map(([key, value]) => [key, String(value)]))
  const created = await admin.createTopics([{ name, partitions, replicationFactor, configs: texts }], { signal })
  created.all()
  const patience = new Patience({ clock: real, what: `the brokers' word on ${name}`, timeoutMs: KNOWN_WITHIN_MS, signal })
  while (!isKnown(name)) await patience.sleep(LOOK_MS)
  return name
}
