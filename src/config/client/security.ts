// How a client comes to a broker: in plain or with TLS, and with what it says who it is.

import { oneOf } from '../checks.ts'
import { bool, choice, className, double, int, list, long, password, short, string, type Table, type Values } from '../keys.ts'

const STORE_TYPES = ['PEM', 'PKCS12', 'JKS'] as const

const OAUTHBEARER = 'org.apache.kafka.common.security.oauthbearer'
const TOKEN_HANDLERS = [
  `${OAUTHBEARER}.OAuthBearerLoginCallbackHandler`,
  `${OAUTHBEARER}.secured.OAuthBearerLoginCallbackHandler`,
] as const
const TOKEN_RETRIEVERS = [`${OAUTHBEARER}.DefaultJwtRetriever`, `${OAUTHBEARER}.ClientCredentialsJwtRetriever`] as const

export const securityOptions = {
  securityProtocol: choice(
    { oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], initial: 'PLAINTEXT', ignoreCase: true },
    'How brokers are talked to: SSL stands for TLS, SASL for a login.',
  ),
  saslMechanism: choice(
    { oneOf: ['GSSAPI', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'], initial: 'GSSAPI' },
    'The kind of login. GSSAPI (Kerberos) is not supported.',
  ),
  saslJaasConfig: password(
    { importance: 'medium' },
    'Name and password as Java is told them: `...LoginModule required username="..." password="...";`. The option `sasl` says the same. With a token endpoint: clientId, clientSecret, scope, extension_NAME, and ssl. options for the connection to it.',
  ),
  saslOauthbearerTokenEndpointUrl: string<string | null>(
    { initial: null },
    'Where tokens are asked for, with OAUTHBEARER: an https URL that gives one for a client id and its secret (RFC 6749, section 4.4).',
  ),
  saslLoginCallbackHandlerClass: className<string | null>(
    { initial: null, check: oneOf(TOKEN_HANDLERS, false) },
    "The class by which Java is told that tokens come from a token endpoint. Nothing is loaded; Kafka's own is known by its name, and needs saslOauthbearerTokenEndpointUrl.",
  ),
  saslOauthbearerJwtRetrieverClass: className<string | null>(
    { initial: null, check: oneOf(TOKEN_RETRIEVERS, false) },
    'The same, in newer versions.',
  ),
  saslOauthbearerAllowedUrls: list(
    { initial: [], own: true },
    "The token endpoints that may be asked. Empty: any whose host has public addresses alone; one in a private network has to stand here. Java's system property org.apache.kafka.sasl.oauthbearer.allowed.urls.",
  ),
  saslOauthbearerClientCredentialsClientId: string<string | null>(
    { initial: null },
    'Who asks for a token; clientId in saslJaasConfig.',
  ),
  saslOauthbearerClientCredentialsClientSecret: password({}, 'Its secret; clientSecret in saslJaasConfig.'),
  saslOauthbearerScope: string<string | null>({ initial: null }, 'What the token is to be good for; scope in saslJaasConfig.'),
  saslOauthbearerHeaderUrlencode: bool(
    { initial: false, importance: 'low' },
    'Whether client id and secret are URL-encoded in the header that they are sent in, as RFC 6749 says and many servers do not expect.',
  ),
  saslLoginConnectTimeoutMs: int<number | null>(
    { initial: null, min: 1, importance: 'low' },
    'Milliseconds that the connection to the token endpoint may take; 10 seconds where nothing is said.',
  ),
  saslLoginReadTimeoutMs: int<number | null>(
    { initial: null, min: 1, importance: 'low' },
    'Milliseconds that its answer may take then; 10 seconds where nothing is said.',
  ),
  saslLoginRetryBackoffMs: long(
    { initial: 100, min: 0, importance: 'low' },
    'Milliseconds before the token endpoint is asked again after it failed; they double with each failure.',
  ),
  saslLoginRetryBackoffMaxMs: long(
    { initial: 10_000, min: 0, importance: 'low' },
    'Milliseconds for which it is asked again; then the login fails.',
  ),
  saslLoginRefreshWindowFactor: double(
    { initial: 0.8, min: 0.5, max: 1, importance: 'low' },
    'The share of its lifetime after which a token is not used for another login, and a new one asked for.',
  ),
  saslLoginRefreshWindowJitter: double(
    { initial: 0.05, min: 0, max: 0.25, importance: 'low' },
    'Up to this share of the lifetime is added to it by chance, so that clients do not come together.',
  ),
  saslLoginRefreshMinPeriodSeconds: short(
    { initial: 60, min: 0, max: 900, importance: 'low' },
    'Seconds for which a token is used at least. Nothing, where the token does not last as long as this and the buffer together.',
  ),
  saslLoginRefreshBufferSeconds: short(
    { initial: 300, min: 0, max: 3600, importance: 'low' },
    'Seconds before its end from which on a token is not used for another login. Nothing, where the token does not last as long as this and the least period together.',
  ),
  sslTruststoreType: choice({ oneOf: STORE_TYPES, initial: 'PEM' }, 'What `sslTruststoreLocation` holds. Only PEM is supported.'),
  sslTruststoreLocation: string<string | null>(
    { initial: null, importance: 'high' },
    'A file of certificates to trust; without one those that Node trusts.',
  ),
  sslTruststoreCertificates: password({ importance: 'high' }, 'Certificates to trust, as PEM text.'),
  sslKeystoreType: choice({ oneOf: STORE_TYPES, initial: 'PEM' }, 'What `sslKeystoreLocation` holds: PEM or PKCS12.'),
  sslKeystoreLocation: string<string | null>(
    { initial: null, importance: 'high' },
    "A file with the client's own key and certificates.",
  ),
  sslKeystorePassword: password({ importance: 'high' }, 'The password of a PKCS12 file.'),
  sslKeystoreKey: password({ importance: 'high' }, "The client's key, as PEM text."),
  sslKeystoreCertificateChain: password(
    { importance: 'high' },
    "The client's certificate and those that lead to it, as PEM text.",
  ),
  sslKeyPassword: password({ importance: 'high' }, "The password of the client's key, where it has one."),
  sslEndpointIdentificationAlgorithm: choice(
    { oneOf: ['https', ''], initial: 'https', importance: 'low' },
    'https: a certificate has to be made out for the host that was asked for. Empty: for anything.',
  ),
  sslEnabledProtocols: list(
    { initial: ['TLSv1.2', 'TLSv1.3'], of: ['TLSv1.2', 'TLSv1.3'], empty: false },
    'The versions of TLS that may be used.',
  ),
  sslCipherSuites: list(
    { initial: [], importance: 'low' },
    "Ciphers that may be used, by OpenSSL's names; without one those that Node uses.",
  ),
} satisfies Table

export type SecurityOptions = Values<typeof securityOptions>

/** Those of TLS. */
export const tlsOptions = Object.fromEntries(Object.entries(securityOptions).filter(([name]) => name.startsWith('ssl'))) as Pick<
  typeof securityOptions,
  Extract<keyof typeof securityOptions, `ssl${string}`>
>

export type TlsOptions = Values<typeof tlsOptions>
