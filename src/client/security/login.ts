// Who a client is, and how it proves it.

import type { SecurityOptions } from '../../config/client/security.ts'
import type { BearerToken } from '../../net/sasl/oauthbearer.ts'
import type { Address } from '../../platform/network.ts'
import { OptionError } from '../errors/index.ts'
import { jaasOptions, notJaas } from './jaas.ts'

export interface PasswordLogin {
  readonly username: string
  readonly password: string
  /** They are a delegation token's id and secret; with SCRAM. */
  readonly isToken?: boolean
}

export interface TokenLogin {
  /** Gives a token that is valid now; asked at each login. */
  readonly token: () => Promise<BearerToken> | BearerToken
}

/** A mechanism that the program brings along. */
export interface OwnLogin {
  /** As brokers call it. */
  readonly mechanism: string
  /** Says to this broker who the client is: `say` sends bytes and gives those of the answer. Throws where it does not work. */
  readonly authenticate: (say: (bytes: Uint8Array) => Promise<Uint8Array>, broker: Address) => Promise<void>
}

export type Login = PasswordLogin | TokenLogin | OwnLogin

export type Credentials =
  | ({ readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' } & PasswordLogin)
  | ({ readonly mechanism: 'OAUTHBEARER' } & TokenLogin)
  | OwnLogin

type Tokens = TokenLogin['token']

/** Throws an OptionError where something is missing, or is for another mechanism. `tokens` gives those of the token endpoint. */
export function credentialsOf(options: SecurityOptions, login: Login | undefined, tokens: () => Tokens): Credentials {
  const { saslMechanism, saslJaasConfig, saslOauthbearerTokenEndpointUrl: url } = options
  if (login && 'authenticate' in login) return login
  if (saslMechanism === 'GSSAPI') {
    throw new OptionError(
      'saslMechanism',
      'saslMechanism=GSSAPI is not supported; allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
    )
  }
  for (const name of ['saslLoginCallbackHandlerClass', 'saslOauthbearerJwtRetrieverClass'] as const) {
    if (options[name] === null || url !== null) continue
    throw new OptionError(
      'saslOauthbearerTokenEndpointUrl',
      `${name} needs saslOauthbearerTokenEndpointUrl, where tokens are asked for`,
    )
  }
  if (login && saslJaasConfig) throw new OptionError('sasl', 'sasl and saslJaasConfig do not go together; allowed: one of them')
  if (saslMechanism === 'OAUTHBEARER') return { mechanism: saslMechanism, token: tokensOf(url, login, tokens) }
  if (url !== null) {
    const message = `saslOauthbearerTokenEndpointUrl gives nothing that saslMechanism=${saslMechanism} could use; allowed: OAUTHBEARER`
    throw new OptionError('saslOauthbearerTokenEndpointUrl', message)
  }
  const given = login ?? (saslJaasConfig ? parseJaas(saslJaasConfig.reveal()) : undefined)
  if (given && 'username' in given && typeof given.username === 'string' && typeof given.password === 'string') {
    checkNames(given)
    if (given.isToken && saslMechanism === 'PLAIN') {
      throw new OptionError('sasl', 'sasl.isToken is not for saslMechanism=PLAIN; allowed: SCRAM-SHA-256, SCRAM-SHA-512')
    }
    return { ...given, mechanism: saslMechanism }
  }
  throw new OptionError('sasl', `saslMechanism=${saslMechanism} needs sasl: { username, password }`)
}

function checkNames({ username, password }: PasswordLogin): void {
  if (username === '') throw new OptionError('sasl', 'sasl.username is empty; allowed: the name that the broker knows')
  for (const [name, text] of Object.entries({ username, password }))
    if (text.includes('\0')) throw new OptionError('sasl', `sasl.${name} holds a zero character; allowed: any other (RFC 4616)`)
}

function tokensOf(url: string | null, login: Login | undefined, tokens: () => Tokens): Tokens {
  if (login && url !== null) {
    const message = 'sasl and saslOauthbearerTokenEndpointUrl do not go together; allowed: one of them'
    throw new OptionError('saslOauthbearerTokenEndpointUrl', message)
  }
  if (url !== null) return tokens()
  if (login && 'token' in login && typeof login.token === 'function') return login.token
  const ways = 'sasl: { token }, a function that gives a token, or saslOauthbearerTokenEndpointUrl'
  throw new OptionError('sasl', `saslMechanism=OAUTHBEARER needs ${ways}`)
}

/** `org.apache...LoginModule required username="alice" password="secret";` */
export function parseJaas(text: string): PasswordLogin {
  const options = jaasOptions(text)
  const username = options.get('username')
  const password = options.get('password')
  if (username === undefined || password === undefined) throw notJaas('username', 'password')
  return { username, password, isToken: options.get('tokenauth') === 'true' }
}
