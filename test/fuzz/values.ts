// Request bodies that get past the first check: names of what is there, small times, records that are some. And, seldom, anything.

import { ZERO_UUID } from '../../src/base/uuid.ts'
import type { Member, Plan, Type } from '../../src/protocol/plan.ts'
import type { Chance } from '../wire/random-value.ts'
import { once } from './chances.ts'
import { batchCase } from './record-batches.ts'
import { GROUP, MEMBER, TOPIC_IDS, TOPICS } from './world.ts'

const NAMES = [...TOPICS, ...TOPICS, ...TOPICS, 'doomed', 'new', 'none', '', '..', 'a/b', '__consumer_offsets', 'n'.repeat(250)]
const SMALL_TIMES = [0, 0, 1, 5, 20, -1, 100]
const OFFSETS = [0, 0, 1, 2, 3, -1, -2, -3, -4, 1000, 2 ** 53 - 1, -(2 ** 53 - 1)]
const CONFIGS = [
  'retention.ms',
  'segment.bytes',
  'cleanup.policy',
  'min.insync.replicas',
  'compression.type',
  'max.message.bytes',
]
const CONFIG_VALUES = [
  null,
  '',
  '1',
  '-1',
  '86400000',
  '1048576',
  'compact',
  'delete',
  'compact,delete',
  'gzip',
  'x',
  '9'.repeat(30),
]

/** By the name of the field, in lower case; what a message means by it is close enough. */
const WORDS: readonly (readonly [RegExp, readonly unknown[]])[] = [
  [/^(topic|topicname|topicnames|topics)$/, NAMES],
  [/^(groupid|groupsnames|groups|coordinatorkeys|key)$/, [GROUP, GROUP, GROUP, 'other', '', 'g'.repeat(300)]],
  [/^(memberid|leader)$/, [MEMBER, MEMBER, '', 'nobody']],
  [/^groupinstanceid$/, [null, null, 'static', 'other']],
  [/^generationid|generationidormemberepoch|memberepoch$/, [1, 1, 1, 0, -1, 0x7fffffff]],
  [/^topicid$/, [...TOPIC_IDS, ...TOPIC_IDS, ...TOPIC_IDS, ZERO_UUID, 'AQIDBAUGBwgJCgsMDQ4PEA']],
  [/^(partition|partitionindex|partitionid|partitionindexes|partitions|index)$/, [0, 0, 0, 1, 1, 2, -1, 0x7fffffff]],
  [/epoch$/, [0, 0, -1, -1, 1, 0x7fffffff, -0x80000000]],
  [/(timeoutms|maxwaitms|timeout)$/, SMALL_TIMES],
  [/^sessiontimeoutms$/, [6000, 10_000, 300_000, 0, -1, 0x7fffffff]],
  [/(offset|timestamp)$/, OFFSETS],
  [/(maxbytes|minbytes)$/, [0, 1, 100, 1 << 20, 1 << 20, -1, 0x7fffffff]],
  [/^acks$/, [-1, -1, 1, 1, 0, 2]],
  [/^resourcetype$/, [2, 2, 2, 4, 8, 16, 32, 0, 127]],
  [/^resourcename$/, [...TOPICS, ...TOPICS, '1', '', 'x', 'fuzz-group']],
  [/^(configs?|configname|configurationkeys)$/, CONFIGS],
  [/^value$/, CONFIG_VALUES],
  [/^numpartitions$/, [1, 1, 2, -1, 0, 50, 0x7fffffff, -0x80000000]],
  [/^count$/, [3, 4, 2, 1, 0, -1, 50, 0x7fffffff]],
  [/^replicationfactor$/, [1, 1, 1, -1, 0, 3, 0x7fff]],
  [/^brokerids?$/, [1, 0, 2, -1]],
  [/^protocoltype$/, ['consumer', 'consumer', '', 'connect', null]],
  [/^(protocolname)$/, ['range', 'range', 'roundrobin', null]],
  [/^(keytype)$/, [0, 0, 1, 2, 7]],
  [/^(sessionid)$/, [0, 0, 0, 1, -1, 0x7fffffff]],
  [/^(transactionalid)$/, [null, null, null, 'txn', '']],
]

const TEXTS = ['', 'a', 'range', 'consumer', 'grüße', '日本語🌱', 'y'.repeat(24), 'z'.repeat(300), '\0', '%s/../..', '*']

/** How many items an array may have. */
export interface Sizes {
  readonly items: number
  /** One array, the first that comes by, may have so many more. */
  many: number
}

/** A body that the codec can write. Fields outside the version are left out. */
export function requestBody(plan: Plan, chance: Chance, sizes: Sizes): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const member of plan.members) {
    if (member.place === 'absent' || (member.place === 'tagged' && once(chance, 2))) continue
    value[member.name] = memberValue(member, chance, sizes)
  }
  return value
}

function memberValue({ name, path, type }: Member, chance: Chance, sizes: Sizes): unknown {
  const words = wordsFor(name, path)
  if (type.kind === 'array') return arrayOf(type, words, chance, sizes)
  if (!words || once(chance, 12)) return anything(type, chance, sizes)
  return fitting(type, chance.oneOf(words), chance, sizes)
}

function arrayOf(type: Type & { kind: 'array' }, words: readonly unknown[] | undefined, chance: Chance, sizes: Sizes): unknown {
  if (type.nullable && once(chance, 5)) return null
  let length = once(chance, 8) ? 0 : 1 + chance.below(sizes.items)
  if (sizes.many > 0) {
    length = sizes.many
    sizes.many = 0
  }
  return Array.from({ length }, () =>
    words && !once(chance, 12) ? fitting(type.item, chance.oneOf(words), chance, sizes) : anything(type.item, chance, sizes),
  )
}

// "name" means a topic, a group, a configuration or a protocol, by what stands around it.
function wordsFor(name: string, path: string): readonly unknown[] | undefined {
  const key = name.toLowerCase()
  if (key === 'name') {
    if (/configs/i.test(path)) return CONFIGS
    if (/protocols/i.test(path)) return ['range', 'roundrobin']
    return NAMES
  }
  if (/^DeleteTopics/.test(path) && /topic|name/.test(key)) return ['doomed', 'new', 'none', ...TOPICS.slice(2)]
  return WORDS.find(([pattern]) => pattern.test(key))?.[1]
}

/** The word, if a field of this type can hold it. */
function fitting(type: Type, word: unknown, chance: Chance, sizes: Sizes): unknown {
  const fits =
    word === null
      ? 'nullable' in type && type.nullable
      : type.kind === 'string' || type.kind === 'uuid'
        ? typeof word === 'string' && (type.kind === 'string' || word.length === 22)
        : type.kind === 'int64'
          ? typeof word === 'number'
          : typeof word === 'number' && Math.abs(word) < (LIMITS[type.kind] ?? 0)
  return fits ? word : anything(type, chance, sizes)
}

const LIMITS: Readonly<Partial<Record<Type['kind'], number>>> = { int8: 0x80, int16: 0x8000, int32: 0x8000_0000 }

function anything(type: Type, chance: Chance, sizes: Sizes): unknown {
  if ('nullable' in type && type.nullable && once(chance, 5)) return null
  switch (type.kind) {
    case 'bool':
      return once(chance, 2)
    case 'int8':
      return chance.oneOf([0, 1, 2, -1, 127, -128])
    case 'int16':
      return chance.oneOf([0, 1, -1, 0x7fff, -0x8000, chance.below(0x8000)])
    case 'uint16':
      return chance.oneOf([0, 1, 0xffff])
    case 'int32':
      return chance.oneOf([0, 1, 2, -1, 0x7fffffff, -0x80000000, chance.below(1000)])
    case 'uint32':
      return chance.oneOf([0, 1, 0xffffffff])
    case 'int64':
      return chance.oneOf(OFFSETS)
    case 'exactInt64':
      return chance.oneOf([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])
    case 'float64':
      return chance.oneOf([0, -1.5, Number.MAX_VALUE, Infinity, Number.NaN])
    case 'uuid':
      return chance.oneOf([...TOPIC_IDS, ZERO_UUID])
    case 'string':
      return chance.oneOf(TEXTS)
    case 'bytes':
      return chance.bytes(chance.below(40))
    case 'records':
      return batchCase(chance, 3000).bytes
    case 'array':
      return arrayOf(type, undefined, chance, sizes)
    case 'struct':
      return requestBody(type.plan, chance, sizes)
  }
}
