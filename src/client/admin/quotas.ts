// Quotas of users, clients and addresses (KIP-546).

import type { Exchange } from '../../net/peer.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from '../../protocol/messages/describe-client-quotas.ts'
import { brokerError } from '../errors/index.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeClientQuotasRequest, DescribeClientQuotasResponse> = {
  request: DescribeClientQuotasRequest,
  response: DescribeClientQuotasResponse,
}
const ALTER: Exchange<AlterClientQuotasRequest, AlterClientQuotasResponse> = {
  request: AlterClientQuotasRequest,
  response: AlterClientQuotasResponse,
}

export type QuotaEntityType = 'user' | 'client-id' | 'ip'

/** What a quota is for: a user, a client, a client of a user, or an address; null stands for all that have none of their own. */
export type QuotaEntity = Readonly<Partial<Record<QuotaEntityType, string | null>>>

export interface QuotaFilter {
  readonly type: QuotaEntityType
  /** Null: the default; missing: any name. */
  readonly name?: string | null | undefined
}

export interface QuotaDescription {
  readonly entity: QuotaEntity
  /** By Kafka's names, such as producer_byte_rate. */
  readonly quotas: Readonly<Record<string, number>>
}

const matchTypes = { exact: 0, default: 1, any: 2 } as const

/** Under which key an entity stands in outcomes: `user=alice,client-id`, where a type without a name is the default of all. */
export function quotaKey(entity: QuotaEntity): string {
  return partsOf(entity)
    .map(([type, name]) => (name === null ? type : `${type}=${name}`))
    .sort()
    .reverse()
    .join(',')
}

/** What is undefined is left out: it does not stand for the default. */
function partsOf(entity: QuotaEntity): [type: string, name: string | null][] {
  return Object.entries(entity).flatMap(([type, name]) => (name === undefined ? [] : [[type, name]]))
}

/** Quotas of entities that match all parts of the filter; without one of all. With `isStrict` those with other parts besides do not count. */
export async function describeClientQuotas(
  link: Link,
  filter: readonly QuotaFilter[] = [],
  options: CallOptions & { readonly isStrict?: boolean | undefined } = {},
): Promise<readonly QuotaDescription[]> {
  const { isStrict = false } = options
  const components = filter.map(({ type, name }) => ({
    entityType: type,
    matchType: name === undefined ? matchTypes.any : name === null ? matchTypes.default : matchTypes.exact,
    match: name ?? null,
  }))
  const answer = await link.any(DESCRIBE, { components, strict: isStrict }, link.patience('quotas', options))
  return (answer.entries ?? []).map(({ entity, values }) => ({
    entity: Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }))
}

/** Sets quotas; null takes one away. By `quotaKey` of each entity. */
export async function alterClientQuotas(
  link: Link,
  changes: readonly { readonly entity: QuotaEntity; readonly changes: Readonly<Record<string, number | null>> }[],
  options: CallOptions & { readonly validateOnly?: boolean | undefined } = {},
): Promise<Outcomes<void>> {
  const { validateOnly = false } = options
  const patience = link.patience('changing quotas', options)
  const entries = changes.map(({ entity, changes: values }) => ({
    entity: partsOf(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }))
  const answer = await link.controller(ALTER, { entries, validateOnly }, patience)
  const outcomes = new Outcomes<void>()
  for (const { entity, errorCode: code, errorMessage } of answer.entries) {
    const key = quotaKey(Object.fromEntries(entity.map(({ entityType, entityName }) => [entityType, entityName])))
    if (code !== 0) outcomes.failed(key, brokerError(code, `changing the quotas of ${key}`, errorMessage))
    else outcomes.succeeded(key, undefined)
  }
  return outcomes.settle(
    changes.map(({ entity }) => quotaKey(entity)),
    patience.what,
  )
}
