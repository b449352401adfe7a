// Quotas of users, clients and addresses (KIP-546).

import type { Exchange } from '../../net/peer.ts'
import { AlterClientQuotasRequest, AlterClientQuotasResponse } from '../../protocol/messages/alter-client-quotas.ts'
import { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from '../../protocol/messages/describe-client-quotas.ts'
import { brokerError } from '../errors/index.ts'
import type { CallOptions, Link } from './link.ts'

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

/** Quotas of entities that match all parts of the filter; with `isStrict` those with other parts besides do not count. */
export async function describeClientQuotas(
  link: Link,
  filter: readonly QuotaFilter[],
  { isStrict = false, ...options }: CallOptions & { readonly isStrict?: boolean } = {},
): Promise<readonly QuotaDescription[]> {
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

/** Sets quotas; null takes one away. Throws the first that a broker refuses. */
export async function alterClientQuotas(
  link: Link,
  changes: readonly { readonly entity: QuotaEntity; readonly changes: Readonly<Record<string, number | null>> }[],
  { validateOnly = false, ...options }: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<void> {
  const patience = link.patience('changing quotas', options)
  const entries = changes.map(({ entity, changes: values }) => ({
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName: entityName ?? null })),
    ops: Object.entries(values).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }))
  const answer = await link.controller(ALTER, { entries, validateOnly }, patience)
  for (const { errorCode: code, errorMessage } of answer.entries) {
    if (code !== 0) throw brokerError(code, patience.what, errorMessage)
  }
}
