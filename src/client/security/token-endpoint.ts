// One question to a token endpoint, and what its answer says (RFC 6749, sections 4.4 and 5).

import type { Secret } from '../../config/secret.ts'
import { SaslRefused } from '../../net/sasl/mechanism.ts'
import { AddressRefused, type Https, type HttpsAnswer } from '../../platform/https.ts'
import { type Address, serverText, TlsRefused, type TlsSettings } from '../../platform/network.ts'

export interface Endpoint {
  readonly address: Address
  /** With the query. */
  readonly path: string
  readonly mayBePrivate: boolean
}

export interface ClientCredentials {
  readonly id: string
  readonly secret: Secret
  readonly scope: string | null
  /** Whether both are URL-encoded in the header. */
  readonly encodes: boolean
}

export interface TokenEndpointOptions {
  readonly https: Https
  readonly endpoint: Endpoint
  readonly credentials: ClientCredentials
  readonly tls: TlsSettings
  readonly connectTimeoutMs: number | null
  readonly answerTimeoutMs: number | null
  readonly signal: AbortSignal
}

export interface AccessToken {
  readonly value: string
  /** From when it was given; null where nobody says. */
  readonly lifetimeMs: number | null
  /** Milliseconds since 1970, as the token itself says; null where it does not. */
  readonly expiresAt: number | null
}

const TIMEOUT_MS = 10_000
/** No broker takes a longer one (sasl.server.max.receive.size). */
const MAX_ANSWER_BYTES = 512 * 1024
/** What is wrong for now: asked again, it may be right. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504])
/** The words that an endpoint may say it with. Nothing else of an answer is told to anybody. */
const REASONS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
])

/** Asks once. Rejects with SaslRefused where asking again would not help, and with another Error where it may. No message has a secret in it. */
export function tokenEndpoint({
  https,
  endpoint,
  credentials,
  tls,
  ...options
}: TokenEndpointOptions): () => Promise<AccessToken> {
  const where = `the token endpoint ${serverText(endpoint.address)}`
  return async () => {
    let answer: HttpsAnswer
    try {
      answer = await https.post({
        ...endpoint,
        tls,
        headers: {
          Accept: 'application/json',
          Authorization: authorization(credentials),
          'Cache-Control': 'no-cache',
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: form({ grant_type: 'client_credentials', ...(credentials.scope === null ? {} : { scope: credentials.scope }) }),
        connectTimeoutMs: options.connectTimeoutMs ?? TIMEOUT_MS,
        answerTimeoutMs: options.answerTimeoutMs ?? TIMEOUT_MS,
        maxAnswerBytes: MAX_ANSWER_BYTES,
        signal: options.signal,
      })
    } catch (why) {
      if (options.signal.aborted) throw why
      throw unreachable(where, why as Error)
    }
    if (answer.status !== 200 && answer.status !== 201) throw refusal(where, answer)
    return tokenOf(where, answer)
  }
}

function authorization({ id, secret, encodes }: ClientCredentials): string {
  const encoded = (text: string) => (encodes ? form({ text }).slice('text='.length) : text)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret.reveal())}`).toString('base64')}`
}

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields).toString()

function unreachable(where: string, why: Error): Error {
  const advice = why instanceof AddressRefused ? '; saslOauthbearerAllowedUrls may allow it' : ''
  const Kind = why instanceof AddressRefused || why instanceof TlsRefused ? SaslRefused : Error
  return new Kind(`${where} gives no token: ${why.message}${advice}`, { cause: why })
}

function refusal(where: string, { status, body }: HttpsAnswer): Error {
  if (status >= 300 && status < 400)
    return new SaslRefused(`${where} answers with ${status}: it redirects, which is not followed`)
  const error = fieldsOf(body)['error']
  const reason = typeof error === 'string' && REASONS.has(error) ? `${status} ${error}` : `${status}`
  const Kind = PASSING.has(status) ? Error : SaslRefused
  return new Kind(`${where} gives no token: it answers with ${reason}`)
}

function tokenOf(where: string, { body }: HttpsAnswer): AccessToken {
  const { access_token: access, id_token: id, expires_in: seconds } = fieldsOf(body)
  const value = [access, id].find((each) => typeof each === 'string' && each !== '')
  if (value === undefined) throw new SaslRefused(`${where} answers without an access_token`)
  const lifetime = Number(seconds ?? Number.NaN)
  return {
    value: value as string,
    lifetimeMs: lifetime > 0 && Number.isFinite(lifetime) ? lifetime * 1000 : null,
    expiresAt: expiryOf(value as string),
  }
}

/** The claim `exp` of a JSON web token; nobody but the broker can check the rest of it. */
function expiryOf(token: string): number | null {
  const [, claims = '', signature] = token.split('.')
  if (signature === undefined) return null
  const { exp } = fieldsOf(Buffer.from(claims, 'base64url'))
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null
}

/** Of a JSON object; of anything else none. */
function fieldsOf(json: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(json))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
