// Kafka's own nodes, as Kafka 3.9 writes them: where tools and people look for topics, leaders, configurations and the rest. Some numbers are texts there.

import { brokerConfigs } from '../config/broker/index.ts'
import type { Table } from '../config/keys.ts'
import type { MetadataImage, TopicImage } from '../metadata/image.ts'
import type { PartitionImage } from '../metadata/partition.ts'

/** A node as it should be. */
export interface Wanted {
  readonly path: string
  /** Null for a node without data. */
  readonly text: string | null
}

/** Nodes that every broker makes at its start where they are missing, in Kafka's order. */
export const firstNodes = [
  '/consumers',
  '/brokers',
  '/brokers/ids',
  '/brokers/topics',
  '/config',
  '/config/changes',
  '/admin',
  '/admin/delete_topics',
  '/brokers/seqid',
  '/isr_change_notification',
  '/latest_producer_id_block',
  '/log_dir_event_notification',
  '/config/topics',
  '/config/clients',
  '/config/users',
  '/config/brokers',
  '/config/ips',
  '/cluster',
] as const

/** `/feature`, as it is in a cluster in ZooKeeper mode: KRaft's features are none of its. */
export const FEATURE_TEXT = '{"features":{},"version":2,"status":1}'

/** All nodes of a topic, parents first; removed the other way round. */
export function topicNodes(topic: TopicImage, configs: ReadonlyMap<string, string>, controllerEpoch: number): Wanted[] {
  const root = `/brokers/topics/${topic.name}`
  return [
    { path: `/config/topics/${topic.name}`, text: configText(configs) },
    { path: root, text: topicText(topic) },
    { path: `${root}/partitions`, text: null },
    ...partitionNodes(topic, topic.partitions.keys(), controllerEpoch),
  ]
}

/** The nodes of some partitions, then their states. */
export function partitionNodes({ name, partitions }: TopicImage, numbers: Iterable<number>, controllerEpoch: number): Wanted[] {
  const root = `/brokers/topics/${name}/partitions`
  const some = [...numbers].flatMap((number) => partitions[number] ?? [])
  return [
    ...some.map(({ partition }) => ({ path: `${root}/${partition}`, text: null })),
    ...some.map((each) => ({ path: `${root}/${each.partition}/state`, text: stateText(each, controllerEpoch) })),
  ]
}

export function topicText({ id, partitions }: TopicImage): string {
  const by = (replicas: (partition: PartitionImage) => readonly number[], withEmpty: boolean) =>
    Object.fromEntries(
      partitions.flatMap((each) => (withEmpty || replicas(each).length > 0 ? [[each.partition, replicas(each)]] : [])),
    )
  return JSON.stringify({
    partitions: by((partition) => partition.replicas, true),
    topic_id: id,
    adding_replicas: by((partition) => partition.addingReplicas, false),
    removing_replicas: by((partition) => partition.removingReplicas, false),
    version: 3,
  })
}

function stateText({ leader, leaderEpoch, isr }: PartitionImage, controllerEpoch: number): string {
  return JSON.stringify({ controller_epoch: controllerEpoch, leader, version: 1, leader_epoch: leaderEpoch, isr })
}

/** Whether two states say the same, whichever controller wrote them: a new one leaves what is right. */
export function saysTheSame(path: string, a: string | null, b: string | null): boolean {
  if (a === b) return true
  if (a === null || b === null || !path.endsWith('/state')) return false
  const controller = /^\{"controller_epoch":\d+,/
  return a.replace(controller, '') === b.replace(controller, '')
}

export function configText(configs: ReadonlyMap<string, string>): string {
  return JSON.stringify({ version: 1, config: Object.fromEntries(configs) })
}

export const NO_CONFIG_TEXT = configText(new Map())
export const DEFAULT_ENTITY = '<default>'

/** What a broker's node, or that of all brokers where `name` is '', holds: no secrets, which Kafka would encrypt. Null where nothing was ever set. */
export function brokerConfigText(image: MetadataImage, name: string): string | null {
  const configs = image.configsOf({ type: 'broker', name })
  const shown = [...configs].filter(([key]) => !isSecret(key))
  return shown.length === 0 ? null : configText(new Map(shown))
}

const SECRET_NAME = /password|secret|jaas|private\.key|keystore\.key/

function isSecret(key: string): boolean {
  const table: Table = brokerConfigs
  return table[key]?.type === 'password' || SECRET_NAME.test(key)
}

/** `users/alice`, `users/alice/clients/<default>`, `clients/app`, `ips/127.0.0.1`: paths below `/config` with what is set for them. */
export function entityTexts(image: MetadataImage): Map<string, string> {
  const entities = new Map<string, Map<string, string>>()
  const valuesOf = (path: string) => {
    let values = entities.get(path)
    if (!values) entities.set(path, (values = new Map()))
    return values
  }
  for (const { name, mechanism, salt, storedKey, serverKey, iterations } of image.scram.values()) {
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    const text = `salt=${base64(salt)},stored_key=${base64(storedKey)},server_key=${base64(serverKey)},iterations=${iterations}`
    valuesOf(`users/${encoded(name)}`).set(SCRAM_NAMES[mechanism] ?? `SCRAM-${mechanism}`, text)
  }
  for (const { entity, values } of image.quotas.values()) {
    const path = quotaPath(entity)
    if (path) for (const [key, value] of values) valuesOf(path).set(key, quotaNumber(key, value))
  }
  return new Map([...entities].map(([path, values]) => [path, configText(values)]))
}

const SCRAM_NAMES: Record<number, string> = { 1: 'SCRAM-SHA-256', 2: 'SCRAM-SHA-512' }

function quotaPath(entity: readonly { readonly entityType: string; readonly entityName: string | null }[]): string | null {
  const nameOf = (type: string) => {
    const found = entity.find(({ entityType }) => entityType === type)
    return found
      ? found.entityName === null
        ? DEFAULT_ENTITY
        : type === 'ip'
          ? found.entityName
          : encoded(found.entityName)
      : null
  }
  const user = nameOf('user')
  const client = nameOf('client-id')
  const ip = nameOf('ip')
  if (user !== null) return client === null ? `users/${user}` : `users/${user}/clients/${client}`
  if (client !== null) return `clients/${client}`
  return ip === null ? null : `ips/${ip}`
}

/** Percent-encoded as Java's encoder does it, with %20 for a blank. */
export function encoded(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** What Kafka keeps as a floating-point number is told as one. */
const FLOATING = new Set(['request_percentage', 'controller_mutation_rate'])

function quotaNumber(key: string, value: number): string {
  return FLOATING.has(key) && Number.isInteger(value) ? `${value}.0` : String(value)
}

/** All nodes that an entity's path needs: `users/alice/clients` has no data of its own. */
export function entityNodes(path: string, text: string): Wanted[] {
  const parts = path.split('/')
  if (parts.length < 4) return [{ path: `/config/${path}`, text }]
  const [users, user, clients] = parts
  return [
    { path: `/config/${users}/${user}`, text: null },
    { path: `/config/${users}/${user}/${clients}`, text: null },
    { path: `/config/${path}`, text },
  ]
}

export const changeText = (entityPath: string): string => JSON.stringify({ version: 2, entity_path: entityPath })

const BLOCK_SIZE = 1000

/** The block of producer ids that was given last; null before the first. */
export function producerIdText(nextProducerId: number, broker: number): string | null {
  if (nextProducerId === 0) return null
  return JSON.stringify({
    version: 1,
    broker,
    block_start: String(nextProducerId - BLOCK_SIZE),
    block_end: String(nextProducerId - 1),
  })
}
