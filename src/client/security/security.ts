// How connections of a client are made and greeted, out of its options.

import type { SecurityOptions } from '../../config/client/security.ts'
import type { Secret } from '../../config/secret.ts'
import type { PemSource, TlsSettings } from '../../platform/network.ts'
import type { ClientPlatform } from '../cluster/cluster.ts'
import type { NodesOptions } from '../cluster/nodes.ts'
import { OptionError } from '../errors/index.ts'
import { credentialsOf, type Login } from './login.ts'
import { saslGreet } from './sasl.ts'

/** What connections need, besides an address. Throws an OptionError for what does not fit together. */
export function securityOf(
  options: SecurityOptions,
  login: Login | undefined,
  platform: ClientPlatform,
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
  return {
    network: isSecured ? securedNetwork(options, platform) : platform.network,
    ...(hasLogin ? { greet: saslGreet(credentialsOf(options, login), platform) } : {}),
  }
}

function securedNetwork(options: SecurityOptions, { network }: ClientPlatform): Pick<ClientPlatform['network'], 'connect'> {
  if (!network.secured) throw new OptionError('securityProtocol', 'this machine has no TLS; allowed: PLAINTEXT or SASL_PLAINTEXT')
  return network.secured(tlsSettings(options))
}

function tlsSettings(options: SecurityOptions): TlsSettings {
  const { sslEnabledProtocols, sslCipherSuites, sslEndpointIdentificationAlgorithm, sslKeyPassword, sslKeystorePassword } =
    options
  const own = ownOf(options)
  const isPkcs12 = own !== undefined && 'pkcs12' in own
  return {
    trusted: trustedOf(options),
    own,
    passphrase: (isPkcs12 ? (sslKeystorePassword ?? sslKeyPassword) : sslKeyPassword)?.reveal(),
    checksHost: sslEndpointIdentificationAlgorithm === 'https',
    minVersion: sslEnabledProtocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: sslEnabledProtocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: sslCipherSuites,
  }
}

function trustedOf({
  sslTruststoreType,
  sslTruststoreLocation,
  sslTruststoreCertificates,
}: SecurityOptions): PemSource | undefined {
  if (sslTruststoreCertificates) return onlyOne('sslTruststoreLocation', sslTruststoreLocation, sslTruststoreCertificates)
  if (sslTruststoreLocation === null) return undefined
  if (sslTruststoreType !== 'PEM') {
    const how = 'keytool -exportcert -rfc writes one'
    throw new OptionError('sslTruststoreType', `sslTruststoreType=${sslTruststoreType} is not supported; allowed: PEM (${how})`)
  }
  return { file: sslTruststoreLocation }
}

function ownOf(options: SecurityOptions): TlsSettings['own'] {
  const { sslKeystoreType, sslKeystoreLocation, sslKeystorePassword, sslKeystoreKey, sslKeystoreCertificateChain } = options
  if (sslKeystoreKey || sslKeystoreCertificateChain) {
    if (!sslKeystoreKey || !sslKeystoreCertificateChain) {
      const missing = sslKeystoreKey ? 'sslKeystoreCertificateChain' : 'sslKeystoreKey'
      throw new OptionError(missing, `${missing} is missing: a key and its certificates go together`)
    }
    const key = onlyOne('sslKeystoreLocation', sslKeystoreLocation, sslKeystoreKey)
    return { key, certificates: { text: sslKeystoreCertificateChain.reveal() } }
  }
  if (sslKeystoreLocation === null) return undefined
  if (sslKeystoreType === 'PKCS12') return { pkcs12: sslKeystoreLocation }
  if (sslKeystoreType === 'PEM' && sslKeystorePassword !== null) {
    throw new OptionError(
      'sslKeystorePassword',
      'sslKeystorePassword is not for sslKeystoreType=PEM; allowed: sslKeyPassword, of the key in it',
    )
  }
  if (sslKeystoreType === 'PEM') return { key: { file: sslKeystoreLocation }, certificates: { file: sslKeystoreLocation } }
  const how = 'keytool -importkeystore -deststoretype PKCS12 writes one'
  throw new OptionError('sslKeystoreType', `sslKeystoreType=${sslKeystoreType} is not supported; allowed: PEM, PKCS12 (${how})`)
}

function onlyOne(name: string, location: string | null, text: Secret): PemSource {
  if (location !== null) throw new OptionError(name, `${name} and the same as a text do not go together; allowed: one of them`)
  return { text: text.reveal() }
}
