// What kafka-configs is about: kinds of entities with their names, in the order in which they were typed.

import type { Admin } from '../../../client/admin/admin.ts'
import type { ConfigResourceType } from '../../../client/admin/configs.ts'
import type { Surroundings } from '../command.ts'
import type { ConfigOptions } from './configs.ts'

/** All kinds, as --entity-type has them. */
export const entityTypes = ['topics', 'clients', 'users', 'brokers', 'ips', 'client-metrics', 'groups', 'broker-loggers'] as const
export type EntityType = (typeof entityTypes)[number]

export interface Entities {
  readonly types: readonly EntityType[]
  /** An empty one stands for the default. */
  readonly names: readonly string[]
}

export interface ConfigTask {
  readonly found: ConfigOptions
  readonly admin: Admin
  readonly around: Surroundings
  readonly entities: Entities
}

/** Options that name a kind and its entity at once. */
export const namedOptions = [
  ['topic', 'topics'],
  ['client', 'clients'],
  ['user', 'users'],
  ['broker', 'brokers'],
  ['broker-logger', 'broker-loggers'],
  ['ip', 'ips'],
  ['client-metrics', 'client-metrics'],
  ['group', 'groups'],
] as const
export const defaultOptions = [
  ['client-defaults', 'clients'],
  ['user-defaults', 'users'],
  ['broker-defaults', 'brokers'],
  ['ip-defaults', 'ips'],
] as const

export function entitiesOf(found: ConfigOptions): Entities {
  const named = namedOptions.filter(([option]) => found.has(option))
  const defaults = defaultOptions.filter(([option]) => found.has(option))
  const names = [...found.texts('entity-name')]
  const inOrder = found.order.filter((option) => option === 'entity-name' || option === 'entity-default')
  return {
    types: [
      ...(found.texts('entity-type') as readonly EntityType[]),
      ...named.map(([, type]) => type),
      ...defaults.map(([, type]) => type),
    ],
    names: [
      ...inOrder.map((option) => (option === 'entity-name' ? names.shift()! : '')),
      ...named.map(([option]) => found.text(option)!),
      ...defaults.map(() => ''),
    ],
  }
}

export const isQuotaType = (type: EntityType) => type === 'users' || type === 'clients' || type === 'ips'

/** The kinds whose configurations are resources of the brokers. */
export const resourceOf: Readonly<Partial<Record<EntityType, ConfigResourceType>>> = {
  topics: 'topic',
  brokers: 'broker',
  'broker-loggers': 'brokerLogger',
  'client-metrics': 'clientMetrics',
  groups: 'group',
}

/** One of them: "topic" of "topics". */
export const oneOfType = (type: EntityType) => type.slice(0, -1)
