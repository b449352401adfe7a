// Who a client is, and how it proves it.

import type { SecurityOptions } from '../../config/client/security.ts'
import type { BearerToken } from '../../net/sasl/oauthbearer.ts'
import { OptionError } from '../errors/index.ts'

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

export type Login = PasswordLogin | TokenLogin

export type Credentials =
  | ({ readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' } & PasswordLogin)
  | ({ readonly mechanism: 'OAUTHBEARER' } & TokenLogin)

/** Throws an OptionError where something is missing, or is for another mechanism. */
export function credentialsOf({ saslMechanism, saslJaasConfig }: SecurityOptions, login: Login | undefined): Credentials {
  if (saslMechanism === 'GSSAPI') {
    throw new OptionError(
      'saslMechanism',
      'saslMechanism=GSSAPI is not supported; allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER',
    )
  }
  if (login && saslJaasConfig) throw new OptionError('sasl', 'sasl and saslJaasConfig do not go together; allowed: one of them')
  const given = login ?? (saslJaasConfig ? parseJaas(saslJaasConfig.reveal()) : undefined)
  if (saslMechanism === 'OAUTHBEARER') {
    if (given && 'token' in given && typeof given.token === 'function') return { mechanism: saslMechanism, token: given.token }
    throw new OptionError('sasl', 'saslMechanism=OAUTHBEARER needs sasl: { token }, a function that gives a token')
  }
  if (given && 'username' in given && typeof given.username === 'string' && typeof given.password === 'string') {
    checkNames(given)
    return { ...given, mechanism: saslMechanism }
  }
  throw new OptionError('sasl', `saslMechanism=${saslMechanism} needs sasl: { username, password }`)
}

function checkNames({ username, password }: PasswordLogin): void {
  if (username === '') throw new OptionError('sasl', 'sasl.username is empty; allowed: the name that the broker knows')
  for (const [name, text] of Object.entries({ username, password }))
    if (text.includes('\0')) throw new OptionError('sasl', `sasl.${name} holds a zero character; allowed: any other (RFC 4616)`)
}

/** `org.apache...LoginModule required username="alice" password="secret";` */
export function parseJaas(text: string): PasswordLogin {
  const found = /^\s*[\w.$]+\s+(?:required|requisite|sufficient|optional)\s+([\s\S]*?);?\s*$/i.exec(text)
  const options = new Map(
    [...(found?.[1] ?? '').matchAll(/(\w+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s";]+))/g)].map(([, name, quoted, bare]) => [
      name,
      quoted === undefined ? bare! : quoted.replace(/\\(.)/g, '$1'),
    ]),
  )
  const username = options.get('username')
  const password = options.get('password')
  if (username === undefined || password === undefined) {
    const form = '...LoginModule required username="..." password="...";'
    throw new OptionError('saslJaasConfig', `saslJaasConfig=(hidden) is not valid; allowed: ${form}`)
  }
  return { username, password, isToken: options.get('tokenauth') === 'true' }
}
