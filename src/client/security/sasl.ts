// The login on a new connection, and again before its session runs out (KIP-43, KIP-152, KIP-368).

import { ConnectionLost } from '../../net/dial.ts'
import type { Ask, Exchange, Greet, Greeted } from '../../net/peer.ts'
import { type SaslClient, SaslRefused } from '../../net/sasl/mechanism.ts'
import { oauthBearer } from '../../net/sasl/oauthbearer.ts'
import { plain } from '../../net/sasl/plain.ts'
import { scram } from '../../net/sasl/scram.ts'
import type { Address } from '../../platform/network.ts'
import type { Random } from '../../platform/random.ts'
import { errorCode } from '../../protocol/errors.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/messages/sasl-handshake.ts'
import { AuthenticationError, brokerError, ClientError } from '../errors/index.ts'
import type { Credentials, OwnLogin } from './login.ts'

const HANDSHAKE: Exchange<SaslHandshakeRequest, SaslHandshakeResponse> = {
  request: SaslHandshakeRequest,
  response: SaslHandshakeResponse,
}
const AUTHENTICATE: Exchange<SaslAuthenticateRequest, SaslAuthenticateResponse> = {
  request: SaslAuthenticateRequest,
  response: SaslAuthenticateResponse,
}
const UNSUPPORTED = errorCode('UNSUPPORTED_SASL_MECHANISM')
/** No mechanism has more turns than this. */
const MAX_TURNS = 5
/** Of a session's time: then it is renewed, not at the same moment in all connections. */
const RENEW_FROM = 0.85
const RENEW_SPREAD = 0.1
const NONCE_BYTES = 24

/** A login with these credentials. */
export function saslGreet(credentials: Credentials, { random }: { random: Random }): Greet {
  return async (ask, where) => {
    if ('authenticate' in credentials) return ownGreet(credentials, ask, where, random)
    const client = clientOf(credentials, random)
    await shakeHands(ask, client.mechanism)
    let say: Uint8Array | null = await begun(client)
    let sessionLifetimeMs = 0
    for (let turn = 0; say !== null; turn++) {
      if (turn === MAX_TURNS)
        throw new AuthenticationError('ILLEGAL_SASL_STATE', `the login with ${client.mechanism} does not end`)
      const answer: SaslAuthenticateResponse = await ask(AUTHENTICATE, { authBytes: say })
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `login with ${client.mechanism}`, answer.errorMessage)
      sessionLifetimeMs = answer.sessionLifetimeMs
      say = await answered(client, answer.authBytes)
    }
    return renewal(sessionLifetimeMs, random)
  }
}

async function ownGreet({ mechanism, authenticate }: OwnLogin, ask: Ask, where: Address, random: Random): Promise<Greeted> {
  await shakeHands(ask, mechanism)
  let lifetimeMs = 0
  try {
    await authenticate(async (authBytes) => {
      const answer = await ask(AUTHENTICATE, { authBytes })
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `login with ${mechanism}`, answer.errorMessage)
      lifetimeMs = answer.sessionLifetimeMs
      return answer.authBytes
    }, where)
  } catch (thrown) {
    if (thrown instanceof ClientError || thrown instanceof ConnectionLost) throw thrown
    const message = `login with ${mechanism}: ${(thrown as Error).message}`
    throw new AuthenticationError('SASL_AUTHENTICATION_FAILED', message, { cause: thrown })
  }
  return renewal(lifetimeMs, random)
}

async function shakeHands(ask: Ask, mechanism: string): Promise<void> {
  const { errorCode: code, mechanisms } = await ask(HANDSHAKE, { mechanism })
  if (code === UNSUPPORTED) {
    const message = `the broker does not offer ${mechanism}, but ${mechanisms.join(', ')}`
    throw new AuthenticationError('UNSUPPORTED_SASL_MECHANISM', message)
  }
  if (code !== 0) throw brokerError(code, 'SaslHandshake')
}

function renewal(sessionLifetimeMs: number, random: Random): Greeted {
  const share = RENEW_FROM + RENEW_SPREAD * random.next()
  return { againInMs: sessionLifetimeMs > 0 ? sessionLifetimeMs * share : null }
}

function clientOf(credentials: Exclude<Credentials, OwnLogin>, random: Random): SaslClient {
  switch (credentials.mechanism) {
    case 'PLAIN':
      return plain(credentials)
    case 'OAUTHBEARER':
      return oauthBearer(async () => credentials.token())
    default: {
      const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('hex')
      return scram({ ...credentials, mechanism: credentials.mechanism, nonce })
    }
  }
}

async function begun(client: SaslClient): Promise<Uint8Array> {
  try {
    return await client.begin()
  } catch (thrown) {
    throw refusal(client, thrown)
  }
}

async function answered(client: SaslClient, challenge: Uint8Array): Promise<Uint8Array | null> {
  try {
    return await client.answer(challenge)
  } catch (thrown) {
    throw refusal(client, thrown)
  }
}

function refusal({ mechanism }: SaslClient, thrown: unknown): unknown {
  const message = `login with ${mechanism}: ${(thrown as Error).message}`
  // A program's own function for tokens may fail for a while.
  const isRefused = thrown instanceof SaslRefused
  return new AuthenticationError('SASL_AUTHENTICATION_FAILED', message, {
    cause: thrown,
    fatal: isRefused,
    retriable: !isRefused,
  })
}
