// How a client comes to a broker: in plain or with TLS, and with what it says who it is.

import { choice, list, password, string, type Table, type Values } from '../keys.ts'

const STORE_TYPES = ['PEM', 'PKCS12', 'JKS'] as const

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
    'Name and password as Java is told them: `...LoginModule required username="..." password="...";`. The option `sasl` says the same.',
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
