// IncrementalAlterConfigs (API 44) and AlterConfigs (API 33), for every kind of resource that keeps its configurations in the metadata log.

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { NO_LEADER } from '../partition.ts'
import { type MetadataRecord, partitionChange, record } from '../records.ts'
import { type ConfigResource, resourceNumber, resourceTypeOf } from '../resources.ts'
import type { Controller } from './controller.ts'
import { requireLegalName } from './topic-names.ts'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly (Resource & {
    /** Operations: 0 set, 1 delete, 2 append to a list, 3 take from a list. */
    readonly configs: readonly { readonly name: string; readonly configOperation: number; readonly value: string | null }[]
  })[]
  readonly validateOnly: boolean
}

export interface AlterConfigsRequest {
  /** The whole set: keys that are not named are removed. */
  readonly resources: readonly (Resource & {
    readonly configs: readonly { readonly name: string; readonly value: string | null }[]
  })[]
  readonly validateOnly: boolean
}

export interface AlteredResource {
  errorCode: number
  errorMessage: string | null
  resourceType: number
  resourceName: string
}

type Answer = Decision<MetadataRecord, { throttleTimeMs: number; responses: AlteredResource[] }>
type Values = ReadonlyMap<string, string>

/** Of one resource, in one request. */
const MOST_CONFIGS = 1000

const MIN_ISR = 'min.insync.replicas'
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

export function incrementalAlterConfigs(controller: Controller, request: IncrementalAlterConfigsRequest): Answer {
  return alter(controller, request, (resource, { configs }) => {
    const values = new Map(controller.image.configsOf(resource))
    for (const { name, configOperation, value } of configs) {
      const after = operated(controller, resource, { name, value, operation: configOperation, current: values.get(name) })
      if (after === null) values.delete(name)
      else values.set(name, after)
    }
    return values
  })
}

export function alterConfigs(controller: Controller, request: AlterConfigsRequest): Answer {
  return alter(controller, request, (_, { configs }) => new Map(configs.map(({ name, value }) => [name, given(name, value)])))
}

/** The records that give a new topic its configurations, and the values that it then has. Throws INVALID_CONFIG. */
export function topicConfigRecords(
  controller: Controller,
  name: string,
  configs: readonly { readonly name: string; readonly value: string | null }[],
): { records: MetadataRecord[]; values: Values } {
  requireFew(configs)
  const empty = configs.filter(({ value }) => value === null).map((config) => config.name)
  if (empty.length > 0) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${empty.join(', ')}`)
  const values = new Map(configs.map((config) => [config.name, given(config.name, config.value)]))
  return { records: changes(controller, { type: 'topic', name }, new Map(), values), values }
}

/** What each resource is answered with that stands in the request more than once. */
export function namedTwice(): KafkaError {
  return new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
}

type Of<T> = T extends { readonly resources: readonly (infer R)[] } ? R : never

function alter<Q extends IncrementalAlterConfigsRequest | AlterConfigsRequest>(
  controller: Controller,
  request: Q,
  valuesAfter: (resource: ConfigResource, asked: Of<Q>) => Values,
): Answer {
  const counts = new Map<string, number>()
  const place = ({ resourceType, resourceName }: Resource) => `${resourceType} ${resourceName}`
  for (const asked of request.resources) counts.set(place(asked), (counts.get(place(asked)) ?? 0) + 1)
  const records: MetadataRecord[] = []
  const twice = namedTwice() // one for all: making them is dear
  const responses = request.resources.map((asked): AlteredResource => {
    const { resourceType, resourceName } = asked
    if (counts.get(place(asked))! > 1) return { errorCode: twice.code, errorMessage: twice.message, resourceType, resourceName }
    try {
      requireFew(asked.configs)
      requireDistinctKeys(asked.configs)
      const resource = requireResource(controller, asked)
      const before = controller.image.configsOf(resource)
      records.push(...changes(controller, resource, before, valuesAfter(resource, asked as Of<Q>)))
      return { errorCode: 0, errorMessage: null, resourceType, resourceName }
    } catch (thrown) {
      const { code, message } = KafkaError.of(thrown)
      return { errorCode: code, errorMessage: message, resourceType, resourceName }
    }
  })
  return decide({ throttleTimeMs: 0, responses }, request.validateOnly ? [] : records)
}

function requireFew({ length }: { readonly length: number }): void {
  if (length > MOST_CONFIGS)
    throw new KafkaError('INVALID_REQUEST', `${length} configurations of one resource; ${MOST_CONFIGS} are allowed in a request`)
}

function requireDistinctKeys(configs: readonly { readonly name: string }[]): void {
  if (new Set(configs.map(({ name }) => name)).size === configs.length) return
  throw new KafkaError('INVALID_REQUEST', 'a configuration key stands in the request more than once')
}

/** The resource that a request names. Throws INVALID_REQUEST, INVALID_TOPIC_EXCEPTION or UNKNOWN_TOPIC_OR_PARTITION. */
function requireResource({ image }: Controller, { resourceType, resourceName: name }: Resource): ConfigResource {
  const type = resourceTypeOf(resourceType)
  const refuse = (why: string) => new KafkaError('INVALID_REQUEST', why)
  switch (type) {
    case 'topic':
      if (name === '') throw refuse('Default topic resources are not allowed.')
      requireLegalName(name)
      if (!image.topic(name)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
      return { type, name }
    case 'broker':
      if (name !== '' && !/^\d+$/.test(name)) throw refuse(`Node id must be an integer, but it is: ${name}`)
      return { type, name }
    case 'group':
      if (name === '') throw refuse('Default group resources are not allowed.')
      return { type, name }
    case 'clientMetrics':
      if (name === '') throw refuse("Subscription name can't be empty")
      return { type, name }
    case 'brokerLogger':
      throw refuse('log levels are not kept in the metadata; ask the broker itself')
    case undefined:
      throw refuse(`Unknown resource type ${resourceType}`)
  }
}

interface Operation {
  readonly name: string
  readonly value: string | null
  readonly operation: number
  readonly current: string | undefined
}

/** The value after one operation; null where none is left. */
function operated(
  controller: Controller,
  resource: ConfigResource,
  { name, value, operation, current }: Operation,
): string | null {
  switch (operation) {
    case SET:
      return given(name, value)
    case DELETE:
      return null
    case APPEND:
    case SUBTRACT: {
      const word = operation === APPEND ? 'APPEND to' : 'SUBTRACT from'
      const { rules } = controller.settings
      if (!rules.isList(resource, name))
        throw new KafkaError('INVALID_CONFIG', `Can't ${word} key ${name} because its type is not LIST.`)
      const before = entries(current ?? rules.defaultOf(resource, name) ?? '')
      const named = entries(given(name, value))
      const after = operation === APPEND ? [...new Set([...before, ...named])] : before.filter((entry) => !named.includes(entry))
      return after.join(',')
    }
    default:
      throw new KafkaError('INVALID_REQUEST', `${operation} is no operation on a configuration; 0 to 3 are`)
  }
}

function entries(text: string): string[] {
  return text === '' ? [] : text.split(',').map((entry) => entry.trim())
}

function given(name: string, value: string | null): string {
  if (value === null) throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${name}`)
  return value
}

/** The records from one set of values to another, after they were found legal. Nothing is written for what stays. */
function changes(controller: Controller, resource: ConfigResource, before: Values, after: Values): MetadataRecord[] {
  const changed = new Set([...before.keys(), ...after.keys()].filter((name) => before.get(name) !== after.get(name)))
  controller.settings.rules.validate(resource, after, changed)
  guardMinIsr(controller, resource, changed, after)
  const records = [...changed].map((name) =>
    record('ConfigRecord', {
      resourceType: resourceNumber(resource.type),
      resourceName: resource.name,
      name,
      value: after.get(name) ?? null,
    }),
  )
  if (!changed.has(MIN_ISR) || !controller.image.hasEligibleLeaderReplicas) return records
  // A partition's ELR was built for the old minimum, so it no longer says who has everything (KIP-966).
  const cleared = record('ClearElrRecord', { topicName: resource.type === 'topic' ? resource.name : '' })
  return [...records, cleared, ...stillEligible(controller, resource)]
}

/** Where nobody leads, nothing is committed whatever the minimum is: who could be elected still can, and there may be nobody else. */
function stillEligible({ image }: Controller, { type, name }: ConfigResource): MetadataRecord[] {
  const topic = type === 'topic' ? image.topic(name) : undefined
  const topics = type === 'topic' ? (topic ? [topic] : []) : image.topics.values()
  const kept: MetadataRecord[] = []
  for (const { id, partitions } of topics) {
    for (const { partition, leader, elr, lastKnownElr } of partitions) {
      if (leader !== NO_LEADER || elr.length + lastKnownElr.length === 0) continue
      kept.push(partitionChange(id, partition, { eligibleLeaderReplicas: elr, lastKnownElr }))
    }
  }
  return kept
}

/** What switching eligible leader replicas on takes: one minimum for the whole cluster, and none of a single broker's own. */
export function minIsrForElr({ image, settings }: Controller): MetadataRecord[] {
  const cluster = { type: 'broker', name: '' } as const
  const value = settings.rules.defaultOf(cluster, MIN_ISR) ?? '1'
  const added = image.configsOf(cluster).has(MIN_ISR) ? [] : [minIsrRecord('', value)]
  const removed = [...image.configs.values()]
    .filter(({ resource: { type, name }, values }) => type === 'broker' && name !== '' && values.has(MIN_ISR))
    .map(({ resource }) => minIsrRecord(resource.name, null))
  return [...added, ...removed]
}

function minIsrRecord(broker: string, value: string | null): MetadataRecord {
  return record('ConfigRecord', { resourceType: resourceNumber('broker'), resourceName: broker, name: MIN_ISR, value })
}

/** With eligible leader replicas, all brokers must agree on the minimum, and there must be one. */
function guardMinIsr({ image }: Controller, resource: ConfigResource, changed: ReadonlySet<string>, after: Values): void {
  if (resource.type !== 'broker' || !changed.has(MIN_ISR) || !image.hasEligibleLeaderReplicas) return
  if (resource.name !== '') {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Broker-level ${MIN_ISR} cannot be altered while eligible leader replicas are enabled.`,
    )
  }
  if (!after.has(MIN_ISR)) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Cluster-level ${MIN_ISR} cannot be removed while eligible leader replicas are enabled.`,
    )
  }
}
