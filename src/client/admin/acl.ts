// Who may do what with which resources (KIP-11, KIP-290): access control lists as programs write them, and as they stand on the wire.

import { type Numbered, numbered, type Unknown } from './numbered.ts'

export type AclResourceType = 'topic' | 'group' | 'cluster' | 'transactionalId' | 'delegationToken' | 'user'
/** `prefixed`: all resources whose names begin so. */
export type AclPatternType = 'literal' | 'prefixed'
export type AclOperation =
  | 'all'
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'clusterAction'
  | 'describeConfigs'
  | 'alterConfigs'
  | 'idempotentWrite'
  | 'createTokens'
  | 'describeTokens'
  | 'twoPhaseCommit'
export type AclPermissionType = 'allow' | 'deny'

/** Of types, operations and permissions; of patterns as well. */
const ANY = 1

const resourceTypes = numbered<AclResourceType>({
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
})
const patternTypes = numbered<AclPatternType>({ literal: 3, prefixed: 4 })
/** `match`: every pattern that speaks of this resource, be it literal, prefixed or `*`. */
const patternFilters = numbered<AclPatternType | 'match'>({ match: 2, literal: 3, prefixed: 4 })
const operationNumbers = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const satisfies Record<AclOperation, number>
const operations = numbered<AclOperation>(operationNumbers)
const permissionTypes = numbered<AclPermissionType>({ deny: 2, allow: 3 })

/** One as it stands in a cluster. `unknown` where the broker is newer than this client. */
export interface Acl {
  readonly resourceType: AclResourceType | Unknown
  /** `*` for all; of the cluster: `kafka-cluster`. */
  readonly resourceName: string
  readonly patternType: AclPatternType | Unknown
  /** Such as `User:alice`; `User:*` for everybody. */
  readonly principal: string
  /** An address, or `*` for all. */
  readonly host: string
  readonly operation: AclOperation | Unknown
  readonly permissionType: AclPermissionType | Unknown
}

/** One that is to be made: a literal name, and all hosts, unless it says otherwise. */
export interface NewAcl {
  readonly resourceType: AclResourceType
  readonly resourceName: string
  readonly patternType?: AclPatternType | undefined
  readonly principal: string
  readonly host?: string | undefined
  readonly operation: AclOperation
  readonly permissionType: AclPermissionType
}

/** Those that agree with all that is named. */
export interface AclFilter {
  readonly resourceType?: AclResourceType | undefined
  readonly resourceName?: string | undefined
  /** `match`: every pattern that speaks of `resourceName`, be it literal, prefixed or `*`. */
  readonly patternType?: AclPatternType | 'match' | undefined
  readonly principal?: string | undefined
  readonly host?: string | undefined
  readonly operation?: AclOperation | undefined
  readonly permissionType?: AclPermissionType | undefined
}

/** Under which key an ACL, or a filter, stands in outcomes. */
export function aclKey(acl: AclFilter | Acl): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  const parts = [permissionType, principal, operation, resourceType, patternType, resourceName, host]
  return parts.map((part) => part ?? 'any').join(' ')
}

/** With what is left out by the one who makes it. */
export function whole({ patternType = 'literal', host = '*', ...acl }: NewAcl) {
  return { ...acl, patternType, host }
}

/** As CreateAcls has it. */
export function creationOf(acl: NewAcl) {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = whole(acl)
  return {
    resourceType: resourceTypes.numberOf('resourceType', resourceType),
    resourceName,
    resourcePatternType: patternTypes.numberOf('patternType', patternType),
    principal,
    host,
    operation: operations.numberOf('operation', operation),
    permissionType: permissionTypes.numberOf('permissionType', permissionType),
  }
}

/** As DescribeAcls and DeleteAcls have it. */
export function filterOf({ resourceName, principal, host, ...filter }: AclFilter) {
  return {
    resourceTypeFilter: numberOrAny(resourceTypes, 'resourceType', filter.resourceType),
    resourceNameFilter: resourceName ?? null,
    patternTypeFilter: numberOrAny(patternFilters, 'patternType', filter.patternType),
    principalFilter: principal ?? null,
    hostFilter: host ?? null,
    operation: numberOrAny(operations, 'operation', filter.operation),
    permissionType: numberOrAny(permissionTypes, 'permissionType', filter.permissionType),
  }
}

function numberOrAny<W extends string>(words: Numbered<W>, option: string, word: W | undefined): number {
  return word === undefined ? ANY : words.numberOf(option, word)
}

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
}

interface Entry {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** As answers tell it. */
export function aclOf({ resourceType, resourceName, patternType }: Resource, entry: Entry): Acl {
  return {
    resourceType: resourceTypes.wordOf(resourceType),
    resourceName,
    patternType: patternTypes.wordOf(patternType),
    principal: entry.principal,
    host: entry.host,
    operation: operations.wordOf(entry.operation),
    permissionType: permissionTypes.wordOf(entry.permissionType),
  }
}

/** What a broker says where it was not asked. */
const NOT_ASKED = -2147483648

/** What the one who asks may do with a resource: a bit for each operation (KIP-430). Null where the broker does not tell. */
export function operationsOf(bits: number): readonly AclOperation[] | null {
  if (bits === NOT_ASKED) return null
  return (Object.keys(operationNumbers) as AclOperation[]).filter((operation) => (bits >> operationNumbers[operation]) & 1)
}
