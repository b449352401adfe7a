// Tokens for logins with OAUTHBEARER out of a token endpoint (KIP-768): from the options of a client to the function that gives one.

import { optionName } from '../../config/client/names.ts'
import { type SecurityOptions, tlsOptions } from '../../config/client/security.ts'
import { Secret } from '../../config/secret.ts'
import type { BearerToken } from '../../net/sasl/oauthbearer.ts'
import type { ClientPlatform } from '../cluster/cluster.ts'
import { OptionError } from '../errors/index.ts'
import { resolveOptions } from '../options/resolve.ts'
import type { Lifetime } from '../patience.ts'
import { jaasOptions } from './jaas.ts'
import { tlsSettings } from './tls-settings.ts'
import { type ClientCredentials, type Endpoint, tokenEndpoint } from './token-endpoint.ts'
import { TokenKeeper } from './token-keeper.ts'

const SCHEME_PORT = 443
const EXTENSION = 'extension_'

/** Gives a token that is valid now: one that was asked for before, as long as it may be used. Throws an OptionError for what cannot be. */
export function tokensFrom(options: SecurityOptions, platform: ClientPlatform, lifetime: Lifetime): () => Promise<BearerToken> {
  const { https, clock, random } = platform
  if (!https) throw new OptionError('saslOauthbearerTokenEndpointUrl', 'this machine has no HTTP; allowed: sasl: { token }')
  const jaas = options.saslJaasConfig ? jaasOptions(options.saslJaasConfig.reveal()) : new Map<string, string>()
  const extensions = extensionsOf(jaas)
  const ask = tokenEndpoint({
    https,
    endpoint: endpointOf(options),
    credentials: credentialsFrom(options, jaas),
    tls: tlsSettings(resolveOptions(tlsOptions, tlsOf(jaas))),
    connectTimeoutMs: options.saslLoginConnectTimeoutMs,
    answerTimeoutMs: options.saslLoginReadTimeoutMs,
    signal: lifetime.signal,
  })
  const keeper = new TokenKeeper({ clock, random, lifetime, options, ask })
  return async () => ({ value: await keeper.token(), extensions })
}

/** Only https; and where addresses are listed, only those. Others may not be in a private network (docs/limits.md). */
export function endpointOf({
  saslOauthbearerTokenEndpointUrl: text,
  saslOauthbearerAllowedUrls: allowed,
}: SecurityOptions): Endpoint {
  const url = urlOf('saslOauthbearerTokenEndpointUrl', text!)
  const isAllowed = allowed.some((each) => urlOf('saslOauthbearerAllowedUrls', each).href === url.href)
  if (allowed.length > 0 && !isAllowed) {
    const message = `saslOauthbearerTokenEndpointUrl=${text} is not among saslOauthbearerAllowedUrls (${allowed.join(', ')})`
    throw new OptionError('saslOauthbearerTokenEndpointUrl', message)
  }
  return {
    address: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? SCHEME_PORT : Number(url.port) },
    path: url.pathname + url.search,
    mayBePrivate: isAllowed,
  }
}

function urlOf(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '') return url
  // What is in front of an @ is a secret.
  const shown = text.includes('@') ? '(hidden)' : text
  throw new OptionError(
    option,
    `${option}=${shown} is not valid; allowed: https://host/path, without a name and a password in it`,
  )
}

function credentialsFrom(options: SecurityOptions, jaas: ReadonlyMap<string, string>): ClientCredentials {
  const id = (options.saslOauthbearerClientCredentialsClientId ?? jaas.get('clientId') ?? '').trim()
  const secret = (options.saslOauthbearerClientCredentialsClientSecret?.reveal() ?? jaas.get('clientSecret') ?? '').trim()
  const scope = (options.saslOauthbearerScope ?? jaas.get('scope') ?? '').trim()
  if (id === '') throw missing('saslOauthbearerClientCredentialsClientId', 'clientId')
  if (secret === '') throw missing('saslOauthbearerClientCredentialsClientSecret', 'clientSecret')
  const encodes = options.saslOauthbearerHeaderUrlencode
  if (id.includes(':') && !encodes) {
    const how = 'with saslOauthbearerHeaderUrlencode=true, without a colon otherwise'
    throw new OptionError('saslOauthbearerClientCredentialsClientId', `the client id ${id} is not valid; allowed: ${how}`)
  }
  return { id, secret: new Secret(secret), scope: scope === '' ? null : scope, encodes }
}

function missing(option: string, jaasName: string): OptionError {
  return new OptionError(option, `saslOauthbearerTokenEndpointUrl needs ${option}, or ${jaasName} in saslJaasConfig`)
}

/** `extension_logicalCluster="lkc-1"` (KIP-342). */
function extensionsOf(jaas: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  const found = [...jaas].filter(([name]) => name.startsWith(EXTENSION))
  return Object.fromEntries(found.map(([name, text]) => [name.slice(EXTENSION.length), text]))
}

/** `ssl.truststore.location="..."`: how the endpoint is connected to. The brokers' own options do not hold for it, as with Kafka. */
function tlsOf(jaas: ReadonlyMap<string, string>): object {
  return Object.fromEntries([...jaas].filter(([name]) => name.startsWith('ssl.')).map(([name, text]) => [optionName(name), text]))
}
