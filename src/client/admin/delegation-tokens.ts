// Delegation tokens (KIP-48): a secret that lets others log in as their owner for a while, by SCRAM, without its password.

import type { Exchange } from '../../net/peer.ts'
import { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from '../../protocol/messages/create-delegation-token.ts'
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from '../../protocol/messages/describe-delegation-token.ts'
import { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from '../../protocol/messages/expire-delegation-token.ts'
import { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from '../../protocol/messages/renew-delegation-token.ts'
import { OptionError } from '../errors/index.ts'
import type { CallOptions, Link } from './link.ts'

const CREATE: Exchange<CreateDelegationTokenRequest, CreateDelegationTokenResponse> = {
  request: CreateDelegationTokenRequest,
  response: CreateDelegationTokenResponse,
}
const RENEW: Exchange<RenewDelegationTokenRequest, RenewDelegationTokenResponse> = {
  request: RenewDelegationTokenRequest,
  response: RenewDelegationTokenResponse,
}
const EXPIRE: Exchange<ExpireDelegationTokenRequest, ExpireDelegationTokenResponse> = {
  request: ExpireDelegationTokenRequest,
  response: ExpireDelegationTokenResponse,
}
const DESCRIBE: Exchange<DescribeDelegationTokenRequest, DescribeDelegationTokenResponse> = {
  request: DescribeDelegationTokenRequest,
  response: DescribeDelegationTokenResponse,
}
/** KIP-373: tokens for somebody else. */
const FIRST_WITH_OWNER = 3
/** As long as the broker allows. */
const LONGEST = -1
const AT_ONCE = -1

export interface DelegationToken {
  /** The name that one logs in with. */
  readonly tokenId: string
  /** The secret. */
  readonly hmac: Uint8Array
  /** The secret as the password that one logs in with: `sasl: { username: tokenId, password, isToken: true }`. */
  readonly password: string
  /** Such as `User:alice`: who is logged in with it. */
  readonly owner: string
  /** Who asked for it; null where the broker is too old to tell. */
  readonly requester: string | null
  /** Who may renew it, besides the owner. */
  readonly renewers: readonly string[]
  /** Milliseconds since 1970. */
  readonly issueTimestamp: number
  /** It ends then unless it is renewed. */
  readonly expiryTimestamp: number
  /** It cannot be renewed beyond. */
  readonly maxTimestamp: number
}

export interface NewDelegationToken extends CallOptions {
  /** Such as `User:alice`; missing: who asks. */
  readonly owner?: string | undefined
  /** Who may renew it, besides the owner. */
  readonly renewers?: readonly string[] | undefined
  /** Milliseconds; missing: as long as the broker allows. */
  readonly maxLifetimeMs?: number | undefined
}

/** A token for who asks, or for somebody else. The connection must be one with a login that is no token itself (DELEGATION_TOKEN_REQUEST_NOT_ALLOWED). */
export async function createDelegationToken(link: Link, options: NewDelegationToken = {}): Promise<DelegationToken> {
  const { owner, renewers = [], maxLifetimeMs = LONGEST } = options
  const named = owner === undefined ? null : principalOf('owner', owner)
  const body = (version: number) => {
    if (named) link.needs(version, FIRST_WITH_OWNER, 'tokens for somebody else')
    return {
      ...(named ? { ownerPrincipalType: named.principalType, ownerPrincipalName: named.principalName } : ownerIsAsker(version)),
      renewers: renewers.map((renewer) => principalOf('renewers', renewer)),
      maxLifetimeMs,
    }
  }
  const { issueTimestampMs, expiryTimestampMs, maxTimestampMs, ...told } = await link.any(
    CREATE,
    body,
    link.patience('creating a delegation token', options),
  )
  return {
    ...tokenOf(told),
    renewers: [...renewers],
    issueTimestamp: issueTimestampMs,
    expiryTimestamp: expiryTimestampMs,
    maxTimestamp: maxTimestampMs,
  }
}

/** Lets a token live longer: `renewPeriodMs` from now, or as long as the broker gives. Gives when it ends, in milliseconds since 1970. */
export async function renewDelegationToken(
  link: Link,
  hmac: Uint8Array,
  options: CallOptions & { readonly renewPeriodMs?: number | undefined } = {},
): Promise<number> {
  const { renewPeriodMs = LONGEST } = options
  const patience = link.patience('renewing a delegation token', options)
  return (await link.any(RENEW, { hmac, renewPeriodMs }, patience)).expiryTimestampMs
}

/** Ends a token at once, or `expiryPeriodMs` from now. Gives when it ends, in milliseconds since 1970. */
export async function expireDelegationToken(
  link: Link,
  hmac: Uint8Array,
  options: CallOptions & { readonly expiryPeriodMs?: number | undefined } = {},
): Promise<number> {
  const { expiryPeriodMs = AT_ONCE } = options
  const patience = link.patience('ending a delegation token', options)
  return (await link.any(EXPIRE, { hmac, expiryTimePeriodMs: expiryPeriodMs }, patience)).expiryTimestampMs
}

/** The tokens that these own, or may renew, as far as who asks may see them; without `owners` all of them. */
export async function describeDelegationToken(
  link: Link,
  options: CallOptions & { readonly owners?: readonly string[] | undefined } = {},
): Promise<readonly DelegationToken[]> {
  const { owners } = options
  const body = { owners: owners?.map((owner) => principalOf('owners', owner)) ?? null }
  const { tokens } = await link.any(DESCRIBE, body, link.patience('the list of delegation tokens', options))
  return tokens.map(({ renewers, issueTimestamp, expiryTimestamp, maxTimestamp, ...told }) => ({
    ...tokenOf(told),
    renewers: renewers.map(({ principalType, principalName }) => `${principalType}:${principalName}`),
    issueTimestamp,
    expiryTimestamp,
    maxTimestamp,
  }))
}

/** An older version has no owner, and would not be written with one. */
const ownerIsAsker = (version: number) =>
  version < FIRST_WITH_OWNER ? {} : { ownerPrincipalType: null, ownerPrincipalName: null }

type Told = Pick<
  CreateDelegationTokenResponse,
  'principalType' | 'principalName' | 'tokenRequesterPrincipalType' | 'tokenRequesterPrincipalName' | 'tokenId' | 'hmac'
>

function tokenOf({ principalType, principalName, tokenRequesterPrincipalType, tokenRequesterPrincipalName, ...told }: Told) {
  const { tokenId } = told
  // A copy: what is read is a view of the whole answer.
  const hmac = Uint8Array.from(told.hmac)
  return {
    tokenId,
    hmac,
    password: Buffer.from(hmac).toString('base64'),
    owner: `${principalType}:${principalName}`,
    requester: tokenRequesterPrincipalName === '' ? null : `${tokenRequesterPrincipalType}:${tokenRequesterPrincipalName}`,
  }
}

/** `User:alice`; the name may hold colons itself. */
function principalOf(option: string, text: string) {
  const colon = text.indexOf(':')
  if (colon < 1) throw new OptionError(option, `${option}=${text} is not valid; allowed: a type and a name, such as User:alice`)
  return { principalType: text.slice(0, colon), principalName: text.slice(colon + 1) }
}
