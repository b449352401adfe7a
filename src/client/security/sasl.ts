// The login on a new connection, and again before its session runs out (KIP-43, KIP-152, KIP-368).

import type { Exchange, Greet } from '../../net/peer.ts'
import { type SaslClient, SaslRefused } from '../../net/sasl/mechanism.ts'
import { oauthBearer } from '../../net/sasl/oauthbearer.ts'
import { plain } from '../../net/sasl/plain.ts'
import { scram } from '../../net/sasl/scram.ts'
import type { Random } from '../../platform/random.ts'
import { errorCode } from '../../protocol/errors.ts'
import { SaslAuthenticateRequest, SaslAuthenticateResponse } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshakeRequest, SaslHandshakeResponse } from '../../protocol/messages/sasl-handshake.ts'
import { AuthenticationError, brokerError } from '../errors/index.ts'
import type { Credentials } from './login.ts'

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
  return async (ask) => {
    const client = clientOf(credentials, random)
    const { errorCode: code, mechanisms } = await ask(HANDSHAKE, { mechanism: client.mechanism })
    if (code === UNSUPPORTED) {
      const message = `the broker does not offer ${client.mechanism}, but ${mechanisms.join(', ')}`
      throw new AuthenticationError('UNSUPPORTED_SASL_MECHANISM', message)
    }
    if (code !== 0) throw brokerError(code, 'SaslHandshake')
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
    const share = RENEW_FROM + RENEW_SPREAD * random.next()
    return { againInMs: sessionLifetimeMs > 0 ? sessionLifetimeMs * share : null }
  }
}

function clientOf(credentials: Credentials, random: Random): SaslClient {
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
