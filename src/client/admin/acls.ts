// Access control lists of a cluster: looked at, made and deleted.

import type { Exchange } from '../../net/peer.ts'
import { CreateAclsRequest, CreateAclsResponse } from '../../protocol/messages/create-acls.ts'
import { DeleteAclsRequest, DeleteAclsResponse } from '../../protocol/messages/delete-acls.ts'
import { DescribeAclsRequest, DescribeAclsResponse } from '../../protocol/messages/describe-acls.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import { type Acl, type AclFilter, aclKey, aclOf, creationOf, filterOf, type NewAcl, whole } from './acl.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeAclsRequest, DescribeAclsResponse> = {
  request: DescribeAclsRequest,
  response: DescribeAclsResponse,
}
const CREATE: Exchange<CreateAclsRequest, CreateAclsResponse> = { request: CreateAclsRequest, response: CreateAclsResponse }
const DELETE: Exchange<DeleteAclsRequest, DeleteAclsResponse> = { request: DeleteAclsRequest, response: DeleteAclsResponse }

export interface DeletedAcl {
  readonly acl: Acl
  /** Why this one is still there; null where it is gone. */
  readonly error: ClientError | null
}

/** Those that agree with the filter; without one, or with an empty one, all. SECURITY_DISABLED where the brokers have no authorizer. */
export async function describeAcls(link: Link, filter: AclFilter = {}, options?: CallOptions): Promise<readonly Acl[]> {
  const { resources } = await link.any(DESCRIBE, filterOf(filter), link.patience('the list of ACLs', options))
  return resources.flatMap((resource) => resource.acls.map((entry) => aclOf(resource, entry)))
}

/** Makes ACLs; one that is there already stays. By `aclKey` of each. */
export async function createAcls(link: Link, acls: readonly NewAcl[], options?: CallOptions): Promise<Outcomes<void>> {
  const patience = link.patience('creating ACLs', options)
  const { results } = await link.any(CREATE, { creations: acls.map(creationOf) }, patience)
  const outcomes = new Outcomes<void>()
  for (const [i, acl] of acls.entries()) {
    const key = aclKey(whole(acl))
    const { errorCode: code, errorMessage } = answerAt(results, i, acls.length, patience.what)
    if (code !== 0) outcomes.failed(key, brokerError(code, `creating the ACL ${key}`, errorMessage))
    else outcomes.succeeded(key, undefined)
  }
  return outcomes
}

/** Deletes the ACLs that agree with a filter, and tells which they were. By `aclKey` of each filter. */
export async function deleteAcls(
  link: Link,
  filters: readonly AclFilter[],
  options?: CallOptions,
): Promise<Outcomes<readonly DeletedAcl[]>> {
  const patience = link.patience('deleting ACLs', options)
  const { filterResults } = await link.any(DELETE, { filters: filters.map(filterOf) }, patience)
  const outcomes = new Outcomes<readonly DeletedAcl[]>()
  for (const [i, filter] of filters.entries()) {
    const key = aclKey(filter)
    const { errorCode: code, errorMessage, matchingAcls } = answerAt(filterResults, i, filters.length, patience.what)
    if (code !== 0) outcomes.failed(key, brokerError(code, `deleting the ACLs ${key}`, errorMessage))
    else outcomes.succeeded(key, matchingAcls.map(deletedOf))
  }
  return outcomes
}

type Matching = DeleteAclsResponse['filterResults'][number]['matchingAcls'][number]

function deletedOf({ errorCode: code, errorMessage, ...matching }: Matching): DeletedAcl {
  const acl = aclOf(matching, matching)
  return { acl, error: code === 0 ? null : brokerError(code, `deleting the ACL ${aclKey(acl)}`, errorMessage) }
}

/** Answers stand in the order of what was asked, and do not name it. */
function answerAt<T>(answers: readonly T[], i: number, asked: number, what: string): T {
  if (answers.length === asked) return answers[i]!
  throw new ClientError('MALFORMED_ANSWER', `${what}: ${answers.length} answers for ${asked} questions`)
}
