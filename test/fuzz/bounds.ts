// Valid requests at the bound of what one may hold: for each array of each served API as many of the smallest items as are allowed.

import { ByteWriter } from '../../src/base/bytes.ts'
import { uuidFromBytes } from '../../src/base/uuid.ts'
import { MOST_GROUP_WEIGHT } from '../../src/broker/groups.ts'
import { MOST_WEIGHT_AT_ONCE } from '../../src/broker/handler.ts'
import type { Api } from '../../src/protocol/api.ts'
import { codec } from '../../src/protocol/codec.ts'
import { writeRequestHeader } from '../../src/protocol/header.ts'
import { type ArrayType, type Member, type Plan, planOf, type Type } from '../../src/protocol/plan.ts'
import { MOST_REQUEST_WEIGHT } from '../../src/protocol/wire.ts'
import { GROUP, MEMBER, TOPIC_IDS, TOPICS } from './world.ts'

export interface BoundCase {
  readonly api: Api
  readonly version: number
  /** "topics.partitions, each in a topics of its own, distinct". */
  readonly what: string
  readonly items: number
  /** Made when it is asked for: all of them together are large. */
  frame(): Uint8Array
}

/** Where the items lie: all in one list, or each in an outermost item of its own. */
type Form = 'deep' | 'wide'
/** What they say: all the same thing that exists, or each another that does not. */
type Kind = 'same' | 'distinct'

interface Wish {
  readonly target: string
  readonly form: Form
  readonly kind: Kind
  readonly items: number
}

/** For the first and the last version of each. */
export function boundCases(apis: readonly Api[]): BoundCase[] {
  return apis.flatMap((api) => [...new Set([api.served.min, api.served.max])].flatMap((version) => casesOf(api, version)))
}

function casesOf(api: Api, version: number): BoundCase[] {
  const plan = planOf(api.request, version)
  return arraysOf(plan).flatMap((chain) => {
    const forms: readonly Form[] = chain.length > 1 ? ['deep', 'wide'] : ['deep']
    return forms.flatMap((form) =>
      (['same', 'distinct'] as const).map((kind) => boundCase(api, version, plan, chain, form, kind)),
    )
  })
}

type Chain = readonly (Member & { readonly type: ArrayType })[]

/** What is one command of a group, or must be sorted, may hold less. */
/** Answered in one turn, so they may name less. */
const AT_ONCE: ReadonlySet<string> = new Set([
  'AddRaftVoter',
  'AlterPartitionReassignments',
  'AlterReplicaLogDirs',
  'DescribeQuorum',
  'DescribeTopicPartitions',
  'ElectLeaders',
  'ListPartitionReassignments',
  'UpdateFeatures',
  'UpdateRaftVoter',
])

/** What a request of this API may weigh in all (`protocol/wire.ts`). */
export function mostWeightOf({ name }: Api): number {
  if (AT_ONCE.has(name)) return MOST_WEIGHT_AT_ONCE
  return /^(JoinGroup|LeaveGroup|SyncGroup|ListGroups)$/.test(name) ? MOST_GROUP_WEIGHT : MOST_REQUEST_WEIGHT
}

function boundCase(api: Api, version: number, plan: Plan, chain: Chain, form: Form, kind: Kind): BoundCase {
  const weights = chain.map(({ type }) => type.itemWeight)
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const last = weights.at(-1)!
  const most = mostWeightOf(api)
  const items = form === 'wide' ? Math.floor(most / all) : Math.floor((most - all + last) / last)
  const target = chain.at(-1)!.path
  const name = target.slice(plan.path.length + 1)
  return {
    api,
    version,
    what: `${name}${form === 'wide' ? `, each in ${chain[0]!.name} of its own` : ''}, ${kind}`,
    items,
    frame() {
      const to = new ByteWriter(1 << 20)
      writeRequestHeader(to, { apiKey: api.key, apiVersion: version, correlationId: 7, clientId: 'test' })
      codec(api.request, version).write(to, structOf(plan, { target, form, kind, items }, 0))
      return Buffer.from(to.toBytes())
    },
  }
}

/** Every array, with those around it, the outermost first. */
function arraysOf(plan: Plan): Chain[] {
  return plan.members.flatMap((member): Chain[] => {
    if (member.place === 'absent') return []
    const { type } = member
    const within =
      type.kind === 'struct' ? type.plan : type.kind === 'array' && type.item.kind === 'struct' ? type.item.plan : null
    const inner = within ? arraysOf(within) : []
    if (type.kind !== 'array') return inner
    const self = { ...member, type }
    return [[self], ...inner.map((chain) => [self, ...chain])]
  })
}

function structOf(plan: Plan, wish: Wish, index: number): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const member of plan.members) if (member.place !== 'absent') value[member.name] = memberOf(member, wish, index)
  return value
}

function memberOf({ name, path, type, initial, place }: Member, wish: Wish, index: number): unknown {
  const isOnTheWay = wish.target === path || wish.target.startsWith(`${path}.`)
  if (place === 'tagged' && !isOnTheWay) return initial
  if (type.kind === 'array') {
    if (!isOnTheWay) return []
    const isLong = wish.form === 'deep' ? path === wish.target : index === 0 && isOutermost(path, wish.target)
    return Array.from({ length: isLong ? wish.items : 1 }, (_, i) => itemOf(name, path, type.item, wish, isLong ? i : index))
  }
  return type.kind === 'struct' && !isOnTheWay ? initial : itemOf(name, path, type, wish, index, initial)
}

// "Request.topics" of "Request.topics.partitions"
const isOutermost = (path: string, target: string) => path.split('.').length === 2 && target.startsWith(path)

function itemOf(name: string, path: string, type: Type, wish: Wish, index: number, initial: unknown = undefined): unknown {
  if (type.kind === 'struct') return structOf(type.plan, wish, index)
  const isInside = path.split('.').length > 2 || wish.target === path
  if (!isInside) return OUTSIDE[name] ?? initial
  switch (type.kind) {
    case 'string':
      if (wish.kind === 'distinct') return `n${index.toString(36)}`
      return INSIDE.find(([pattern]) => pattern.test(path))?.[1] ?? TOPICS[0]
    case 'uuid':
      return wish.kind === 'same' ? TOPIC_IDS[0] : numbered(index)
    case 'int32':
      if (!/(index|partition|partitions|indexes)$/i.test(name)) return name === 'numPartitions' ? 1 : (initial ?? index)
      return wish.kind === 'same' ? 0 : index
    case 'int16':
      return name === 'replicationFactor' ? 1 : (initial ?? index % 0x7fff)
    case 'int8':
      return name === 'resourceType' ? 2 : (initial ?? index % 0x7f)
    case 'records':
      return null
    default:
      return initial
  }
}

/** Fields of the request itself; what is not named has its initial value. */
const OUTSIDE: Readonly<Record<string, unknown>> = {
  groupId: GROUP,
  memberId: MEMBER,
  protocolType: 'consumer',
  protocolName: 'range',
  generationId: 1,
  generationIdOrMemberEpoch: 1,
  sessionTimeoutMs: 300_000,
  acks: -1,
  maxBytes: 1 << 20,
  responsePartitionLimit: 2000,
  transactionalId: null,
}

const INSIDE: readonly (readonly [RegExp, string])[] = [
  [/(group|coordinatorKeys)/i, GROUP],
  [/LeaveGroup|SyncGroup/, MEMBER],
  [/protocols/, 'range'],
  [/(configs|configurationKeys)/, 'retention.ms'],
]

function numbered(index: number): string {
  const bytes = Buffer.alloc(16, 0x55)
  bytes.writeInt32BE(index)
  return uuidFromBytes(bytes)
}
