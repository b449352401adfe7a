// SCRAM credentials of users (KIP-554). The password does not leave the client: what brokers keep is computed here.

import type { Exchange } from '../../net/peer.ts'
import { MOST_ITERATIONS, type ScramMechanism, saltedPassword } from '../../net/sasl/scram.ts'
import {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from '../../protocol/messages/alter-user-scram-credentials.ts'
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/describe-user-scram-credentials.ts'
import { brokerError } from '../errors/index.ts'
import type { CallOptions, Link } from './link.ts'
import { numbered, type Unknown } from './numbered.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse> = {
  request: DescribeUserScramCredentialsRequest,
  response: DescribeUserScramCredentialsResponse,
}
const ALTER: Exchange<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse> = {
  request: AlterUserScramCredentialsRequest,
  response: AlterUserScramCredentialsResponse,
}
const mechanisms = numbered<ScramMechanism>({ 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 })
/** What Kafka's tools take. */
const USUAL_ITERATIONS = 4096
const SALT_BYTES = 24

export interface ScramCredential {
  readonly mechanism: ScramMechanism | Unknown
  readonly iterations: number
}

export interface ScramUpsertion {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly operation: 'upsert'
  readonly password: string
  /** Missing: 4096. Brokers take 4096 to 16384. */
  readonly iterations?: number | undefined
  /** Missing: 24 random bytes. */
  readonly salt?: Uint8Array | undefined
}

export interface ScramDeletion {
  readonly user: string
  readonly mechanism: ScramMechanism
  readonly operation: 'delete'
}

export type ScramAlteration = ScramUpsertion | ScramDeletion

/** Which credentials each of these users has, or all users that have some. One that has none fails with RESOURCE_NOT_FOUND where it was named. */
export async function describeUserScramCredentials(
  link: Link,
  users?: readonly string[],
  options?: CallOptions,
): Promise<Outcomes<readonly ScramCredential[]>> {
  const body = { users: users?.map((name) => ({ name })) ?? null }
  const patience = link.patience('SCRAM credentials', options)
  const { results } = await link.any(DESCRIBE, body, patience)
  const outcomes = new Outcomes<readonly ScramCredential[]>()
  for (const { user, errorCode: code, errorMessage, credentialInfos } of results) {
    if (code !== 0) outcomes.failed(user, brokerError(code, `the SCRAM credentials of ${user}`, errorMessage))
    else {
      const credentials = credentialInfos.map(({ mechanism, iterations }) => ({
        mechanism: mechanisms.wordOf(mechanism),
        iterations,
      }))
      outcomes.succeeded(user, credentials)
    }
  }
  return outcomes.settle(users ?? [], patience.what)
}

/** Gives users other passwords, or takes credentials away; each user once in a call (DUPLICATE_RESOURCE). */
export async function alterUserScramCredentials(
  link: Link,
  alterations: readonly ScramAlteration[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const outcomes = new Outcomes<void>()
  for (const alteration of alterations) {
    const wrong = whatIsWrong(alteration)
    const what = `the SCRAM credentials of ${alteration.user}`
    if (wrong !== null) outcomes.failed(alteration.user, brokerError('UNACCEPTABLE_CREDENTIAL', what, wrong))
  }
  const sound = alterations.filter(({ user }) => !outcomes.errors.has(user))
  if (sound.length === 0) return outcomes
  const body = {
    upsertions: await Promise.all(sound.flatMap((each) => (each.operation === 'upsert' ? [upsertionOf(link, each)] : []))),
    deletions: sound.flatMap((each) => (each.operation === 'delete' ? [deletionOf(each)] : [])),
  }
  // Computing is not what the time is for.
  const patience = link.patience('changing SCRAM credentials', options)
  const { results } = await link.controller(ALTER, body, patience)
  for (const { user, errorCode: code, errorMessage } of results) {
    if (code !== 0) outcomes.failed(user, brokerError(code, `the SCRAM credentials of ${user}`, errorMessage))
    else outcomes.succeeded(user, undefined)
  }
  return outcomes.settle(
    sound.map(({ user }) => user),
    patience.what,
  )
}

/** What a broker could not see any more when the password is salted, or would never be asked. */
function whatIsWrong(alteration: ScramAlteration): string | null {
  if (alteration.user === '') return 'the name of the user is empty'
  if (alteration.operation === 'delete') return null
  const { password, iterations = USUAL_ITERATIONS } = alteration
  if (password === '') return 'the password is empty'
  const isSound = Number.isInteger(iterations) && iterations >= 1 && iterations <= MOST_ITERATIONS
  return isSound ? null : `iterations=${iterations} is not valid; brokers take 4096 to 16384`
}

async function upsertionOf(link: Link, { user, mechanism, password, iterations = USUAL_ITERATIONS, salt }: ScramUpsertion) {
  const number = mechanisms.numberOf('mechanism', mechanism)
  const used = salt ?? link.cluster.platform.random.bytes(SALT_BYTES)
  const salted = await saltedPassword(mechanism, password, used, iterations)
  return { name: user, mechanism: number, iterations, salt: used, saltedPassword: salted }
}

function deletionOf({ user, mechanism }: ScramDeletion) {
  return { name: user, mechanism: mechanisms.numberOf('mechanism', mechanism) }
}
