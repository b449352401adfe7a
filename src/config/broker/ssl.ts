// TLS of the listeners.

import { bool, choice, className, list, password, string, type Table } from '../keys.ts'

export const sslConfigs = {
  'ssl.allow.dn.changes': bool(
    { initial: false, importance: 'low' },
    'Whether a new certificate of a listener may carry another distinguished name.',
  ),
  'ssl.allow.san.changes': bool(
    { initial: false, importance: 'low' },
    'Whether a new certificate of a listener may lack alternative names of the old one.',
  ),
  'ssl.cipher.suites': list(
    { initial: [], update: 'per-broker' },
    'Cipher suites that TLS may use; empty allows the usual ones.',
  ),
  'ssl.client.auth': choice(
    { oneOf: ['required', 'requested', 'none'], initial: 'none', update: 'per-broker' },
    'Whether clients must, may or need not show a certificate.',
  ),
  'ssl.enabled.protocols': list({ initial: ['TLSv1.2', 'TLSv1.3'], update: 'per-broker' }, 'TLS versions that are allowed.'),
  'ssl.endpoint.identification.algorithm': string(
    { initial: 'https', importance: 'low', update: 'per-broker' },
    "How the other side's host name is compared with its certificate; empty does not compare.",
  ),
  'ssl.engine.factory.class': className(
    { initial: null, importance: 'low', update: 'per-broker' },
    'A class that makes TLS engines. Odradek loads no classes.',
  ),
  'ssl.key.password': password({ update: 'per-broker' }, 'Password of the private key in the key store.'),
  'ssl.keymanager.algorithm': string(
    { initial: 'SunX509', update: 'per-broker' },
    "Java's name of the key manager; without meaning outside Java.",
  ),
  'ssl.keystore.certificate.chain': password({ update: 'per-broker' }, 'The certificate chain itself, in PEM form.'),
  'ssl.keystore.key': password({ update: 'per-broker' }, 'The private key itself, in PEM form.'),
  'ssl.keystore.location': string({ initial: null, update: 'per-broker' }, 'File with key and certificate.'),
  'ssl.keystore.password': password({ update: 'per-broker' }, 'Password of the key store.'),
  'ssl.keystore.type': string({ initial: 'JKS', update: 'per-broker' }, 'Form of the key store: JKS, PKCS12 or PEM.'),
  'ssl.principal.mapping.rules': string(
    { initial: 'DEFAULT', importance: 'low' },
    "Rules that turn a certificate's distinguished name into a user name.",
  ),
  'ssl.protocol': string({ initial: 'TLSv1.3', update: 'per-broker' }, 'Newest TLS version to use.'),
  'ssl.provider': string(
    { initial: null, update: 'per-broker' },
    "Java's name of the TLS provider; without meaning outside Java.",
  ),
  'ssl.secure.random.implementation': string(
    { initial: null, importance: 'low', update: 'per-broker' },
    "Java's name of the random source; without meaning outside Java.",
  ),
  'ssl.trustmanager.algorithm': string(
    { initial: 'PKIX', update: 'per-broker' },
    "Java's name of the trust manager; without meaning outside Java.",
  ),
  'ssl.truststore.certificates': password({ update: 'per-broker' }, 'The trusted certificates themselves, in PEM form.'),
  'ssl.truststore.location': string({ initial: null, update: 'per-broker' }, 'File with trusted certificates.'),
  'ssl.truststore.password': password({ update: 'per-broker' }, 'Password of the trust store.'),
  'ssl.truststore.type': string({ initial: 'JKS', update: 'per-broker' }, 'Form of the trust store: JKS, PKCS12 or PEM.'),
} satisfies Table
