// Access control lists.

import type { Exchange } from '../../net/peer.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../protocol/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/messages/describe-acls.ts'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from '../constants.ts'
import { protocolError } from '../errors/translate.ts'
import { told } from '../retry.ts'
import type { AclEntry, AclFilter, DeleteAclResponse, DescribeAclResponse } from '../types/index.ts'
import { checkNumber, need } from './checks.ts'
import type { Desk } from './desk.ts'

const CREATE: Exchange<CreateAclsRequest, CreateAclsResponse> = { request: CreateAclsRequest, response: CreateAclsResponse }
const DESCRIBE: Exchange<DescribeAclsRequest, DescribeAclsResponse> = {
  request: DescribeAclsRequest,
  response: DescribeAclsResponse,
}
const DELETE: Exchange<DeleteAclsRequest, DeleteAclsResponse> = { request: DeleteAclsRequest, response: DeleteAclsResponse }

export async function create({ link, retry }: Desk, { acl }: { acl: AclEntry[] }): Promise<boolean> {
  need(Array.isArray(acl), `Invalid ACL array ${acl}`)
  need(acl.length > 0, 'Empty ACL array')
  for (const name of ['principal', 'host', 'resourceName'] as const) {
    const isRight = acl.every((entry) => typeof entry[name] === 'string')
    need(isRight, `Invalid ACL array, the ${name}s have to be a valid string`)
  }
  for (const entry of acl) checkNumbers(entry)
  const creations = acl.map((entry) => ({
    resourceType: entry.resourceType as number,
    resourceName: entry.resourceName,
    resourcePatternType: entry.resourcePatternType as number,
    principal: entry.principal,
    host: entry.host,
    operation: entry.operation as number,
    permissionType: entry.permissionType as number,
  }))
  const { results } = await told(retry, () => link.controller(CREATE, { creations }, link.patience('creating ACLs')))
  for (const { errorCode, errorMessage } of results) if (errorCode !== 0) throw protocolError(errorCode, errorMessage)
  return true
}

export async function describe({ link, retry }: Desk, filter: AclFilter): Promise<DescribeAclResponse> {
  checkFilter(filter, 'Invalid')
  const answer = await told(retry, () => link.any(DESCRIBE, filterOf(filter), link.patience('ACLs')))
  return {
    throttleTime: answer.throttleTimeMs,
    errorCode: 0,
    resources: answer.resources.map(({ resourceType, resourceName, patternType, acls }) => ({
      resourceType,
      resourceName,
      resourcePatternType: patternType,
      acls: acls.map(({ principal, host, operation, permissionType }) => ({ principal, host, operation, permissionType })),
    })),
  }
}

export async function remove({ link, retry }: Desk, { filters }: { filters: AclFilter[] }): Promise<DeleteAclResponse> {
  need(Array.isArray(filters), `Invalid ACL Filter array ${filters}`)
  need(filters.length > 0, 'Empty ACL Filter array')
  for (const filter of filters) checkFilter(filter, 'Invalid ACL Filter array:')
  const body = { filters: filters.map(filterOf) }
  const answer = await told(retry, () => link.controller(DELETE, body, link.patience('deleting ACLs')))
  return {
    throttleTime: answer.throttleTimeMs,
    filterResponses: answer.filterResults.map(({ errorCode, errorMessage, matchingAcls }) => {
      if (errorCode !== 0) throw protocolError(errorCode, errorMessage)
      return {
        errorCode,
        errorMessage: errorMessage as string,
        matchingAcls: matchingAcls.map(({ patternType, errorMessage: why, ...acl }) => ({
          ...acl,
          errorMessage: why as string,
          resourcePatternType: patternType,
        })),
      }
    }),
  }
}

function checkFilter(filter: AclFilter, begin: string): void {
  for (const name of ['principal', 'host', 'resourceName'] as const) {
    const isRight = filter[name] === undefined || typeof filter[name] === 'string'
    need(isRight, `${begin} ${name}, the ${name} has to be a valid string`)
  }
  checkNumbers(filter)
}

type Numbered = Pick<AclFilter, 'operation' | 'resourcePatternType' | 'permissionType' | 'resourceType'>

function checkNumbers({ operation, resourcePatternType, permissionType, resourceType }: Numbered): void {
  checkNumber(operation, AclOperationTypes, 'operation type')
  checkNumber(resourcePatternType, ResourcePatternTypes, 'resource pattern type')
  checkNumber(permissionType, AclPermissionTypes, 'permission type')
  checkNumber(resourceType, AclResourceTypes, 'resource type')
}

/** What is left out matches everything. */
function filterOf(filter: AclFilter) {
  const { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType } = filter
  return {
    resourceTypeFilter: resourceType as number,
    resourceNameFilter: resourceName ?? null,
    patternTypeFilter: resourcePatternType as number,
    principalFilter: principal ?? null,
    hostFilter: host ?? null,
    operation: operation as number,
    permissionType: permissionType as number,
  }
}
