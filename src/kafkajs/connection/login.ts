// The option `sasl`: how the client says who it is.

import type { Login, OwnLogin } from '../../client/security/login.ts'
import { KafkaJSNonRetriableError, KafkaJSSASLAuthenticationError } from '../errors/classes.ts'
import type { KafkaConfig, Logger, Mechanism, SASLOptions } from '../types/index.ts'

export interface SaslSettings {
  /** Kafka's name of it; missing where the login brings its own. */
  readonly saslMechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'
  readonly sasl: Login
}

/** A length of four bytes stands before what KafkaJS's mechanisms say, and before what they are told. */
const PREFIX_BYTES = 4

/** Throws a KafkaJSNonRetriableError where something is missing, or nobody knows the mechanism. */
export function loginOf(given: NonNullable<KafkaConfig['sasl']>, logger: Logger): SaslSettings {
  if ('authenticationProvider' in given) return { sasl: ownLogin(given, logger) }
  const options = { ...given, mechanism: String(given.mechanism).toLowerCase() } as SASLOptions
  switch (options.mechanism) {
    case 'plain':
      return { saslMechanism: 'PLAIN', sasl: password(options) }
    case 'scram-sha-256':
      return { saslMechanism: 'SCRAM-SHA-256', sasl: password(options) }
    case 'scram-sha-512':
      return { saslMechanism: 'SCRAM-SHA-512', sasl: password(options) }
    case 'oauthbearer': {
      const { oauthBearerProvider } = options
      if (typeof oauthBearerProvider !== 'function') throw missing('OAUTHBEARER', 'oauthBearerProvider')
      return { saslMechanism: 'OAUTHBEARER', sasl: { token: () => oauthBearerProvider() } }
    }
    case 'aws':
      return { sasl: awsLogin(options) }
    default:
      throw new KafkaJSNonRetriableError(
        `SASL mechanism ${(given as { mechanism: unknown }).mechanism} is not supported; allowed: plain, scram-sha-256, scram-sha-512, oauthbearer, aws, or an authenticationProvider`,
      )
  }
}

function password({ mechanism, username, password: secret }: { mechanism: string; username: string; password: string }): Login {
  if (typeof username !== 'string' || typeof secret !== 'string') throw missing(mechanism.toUpperCase(), 'username or password')
  return { username, password: secret }
}

function awsLogin(options: Extract<SASLOptions, { mechanism: 'aws' }>): OwnLogin {
  const { authorizationIdentity, accessKeyId, secretAccessKey, sessionToken = '' } = options
  for (const name of ['authorizationIdentity', 'accessKeyId', 'secretAccessKey'] as const)
    if (!options[name]) throw missing('AWS', name)
  return {
    mechanism: 'AWS',
    async authenticate(say) {
      await say(Buffer.from([authorizationIdentity, accessKeyId, secretAccessKey, sessionToken].join('\0')))
    },
  }
}

function ownLogin({ mechanism, authenticationProvider }: Mechanism, logger: Logger): OwnLogin {
  const name = mechanism.toUpperCase()
  return {
    mechanism: name,
    authenticate: (say, { host, port }) =>
      authenticationProvider({
        host,
        port,
        logger: logger.namespace(`SaslAuthenticator-${name}`),
        async saslAuthenticate({ request, response }) {
          const answer = await say((await request.encode()).subarray(PREFIX_BYTES))
          if (!response) return
          const prefixed = Buffer.alloc(PREFIX_BYTES + answer.length)
          prefixed.writeInt32BE(answer.length)
          prefixed.set(answer, PREFIX_BYTES)
          return response.parse(await response.decode(prefixed))
        },
      }).authenticate(),
  }
}

function missing(mechanism: string, what: string): KafkaJSSASLAuthenticationError {
  return new KafkaJSSASLAuthenticationError(`SASL ${mechanism}: Missing ${what}`)
}
