// How connections of a client are made and greeted, out of its options.

import type { SecurityOptions } from '../../config/client/security.ts'
import type { ClientPlatform } from '../cluster/cluster.ts'
import type { NodesOptions } from '../cluster/nodes.ts'
import { OptionError } from '../errors/index.ts'
import type { Lifetime } from '../patience.ts'
import { credentialsOf, type Login } from './login.ts'
import { saslGreet } from './sasl.ts'
import { tlsSettings } from './tls-settings.ts'
import { tokensFrom } from './token-source.ts'

/** What connections need, besides an address. Throws an OptionError for what does not fit together. `lifetime` ends what a login waits for. */
export function securityOf(
  options: SecurityOptions,
  login: Login | undefined,
  platform: ClientPlatform,
  lifetime: Lifetime,
): Pick<NodesOptions, 'network' | 'greet'> {
  const { securityProtocol } = options
  const isSecured = securityProtocol.endsWith('SSL')
  const hasLogin = securityProtocol.startsWith('SASL')
  if (login !== undefined && !hasLogin) {
    throw new OptionError(
      'securityProtocol',
      `securityProtocol=${securityProtocol} has no login; allowed with sasl: SASL_SSL or SASL_PLAINTEXT`,
    )
  }
  const credentials = hasLogin ? credentialsOf(options, login, () => tokensFrom(options, platform, lifetime)) : undefined
  return {
    network: isSecured ? securedNetwork(options, platform) : platform.network,
    ...(credentials ? { greet: saslGreet(credentials, platform) } : {}),
  }
}

function securedNetwork(options: SecurityOptions, { network }: ClientPlatform): Pick<ClientPlatform['network'], 'connect'> {
  if (!network.secured) throw new OptionError('securityProtocol', 'this machine has no TLS; allowed: PLAINTEXT or SASL_PLAINTEXT')
  return network.secured(tlsSettings(options))
}
