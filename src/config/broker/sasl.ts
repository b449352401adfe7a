// SASL and its mechanisms.

import { bool, choice, className, double, int, list, long, password, short, string, type Table } from '../keys.ts'

export const saslConfigs = {
  'sasl.client.callback.handler.class': className(
    { initial: null },
    'A class that answers for the client side of SASL. Odradek loads no classes.',
  ),
  'sasl.enabled.mechanisms': list({ initial: ['GSSAPI'], update: 'per-broker' }, 'SASL mechanisms that clients may use.'),
  'sasl.jaas.config': password(
    { update: 'per-broker' },
    "Users and secrets of a listener's SASL mechanism, in the form of a JAAS file.",
  ),
  'sasl.kerberos.kinit.cmd': string({ initial: '/usr/bin/kinit', update: 'per-broker' }, 'Path of the kinit program.'),
  'sasl.kerberos.min.time.before.relogin': long(
    { initial: 60_000, update: 'per-broker' },
    'Shortest time between two Kerberos logins.',
  ),
  'sasl.kerberos.principal.to.local.rules': list(
    { initial: ['DEFAULT'], update: 'per-broker' },
    'Rules that shorten Kerberos principals to user names, in order.',
  ),
  'sasl.kerberos.service.name': string(
    { initial: null, update: 'per-broker' },
    "The service name of the broker's Kerberos principal.",
  ),
  'sasl.kerberos.ticket.renew.jitter': double(
    { initial: 0.05, update: 'per-broker' },
    'Share of the renewal time that is random.',
  ),
  'sasl.kerberos.ticket.renew.window.factor': double(
    { initial: 0.8, update: 'per-broker' },
    "Share of a ticket's life after which it is renewed.",
  ),
  'sasl.login.callback.handler.class': className({ initial: null }, 'A class that answers at login. Odradek loads no classes.'),
  'sasl.login.class': className({ initial: null }, 'A class that logs in. Odradek loads no classes.'),
  'sasl.login.connect.timeout.ms': int(
    { initial: null, importance: 'low' },
    'How long connecting to an external identity provider may take.',
  ),
  'sasl.login.read.timeout.ms': int(
    { initial: null, importance: 'low' },
    'How long reading from an external identity provider may take.',
  ),
  'sasl.login.refresh.buffer.seconds': short(
    { initial: 300, update: 'per-broker' },
    'How long before its end a credential is refreshed at the latest.',
  ),
  'sasl.login.refresh.min.period.seconds': short(
    { initial: 60, update: 'per-broker' },
    'Shortest time between two refreshes of a credential.',
  ),
  'sasl.login.refresh.window.factor': double(
    { initial: 0.8, update: 'per-broker' },
    "Share of a credential's life after which it is refreshed.",
  ),
  'sasl.login.refresh.window.jitter': double(
    { initial: 0.05, update: 'per-broker' },
    "Share of a credential's life by which the refresh is shifted at random.",
  ),
  'sasl.login.retry.backoff.max.ms': long(
    { initial: 10_000, importance: 'low' },
    'Longest pause between tries to reach an identity provider.',
  ),
  'sasl.login.retry.backoff.ms': long(
    { initial: 100, importance: 'low' },
    'First pause between tries to reach an identity provider.',
  ),
  'sasl.mechanism.controller.protocol': string({ initial: 'GSSAPI', importance: 'high' }, 'SASL mechanism towards controllers.'),
  'sasl.mechanism.inter.broker.protocol': string({ initial: 'GSSAPI', update: 'per-broker' }, 'SASL mechanism between brokers.'),
  'sasl.oauthbearer.assertion.algorithm': choice(
    { oneOf: ['ES256', 'RS256'], initial: 'RS256', ignoreCase: true },
    'Algorithm that signs the assertion sent to the token endpoint.',
  ),
  'sasl.oauthbearer.assertion.claim.aud': string(
    { initial: null },
    'Audience claim of the assertion sent to the token endpoint.',
  ),
  'sasl.oauthbearer.assertion.claim.exp.seconds': int(
    { initial: 300, min: 0, max: 86_400, importance: 'low' },
    'How many seconds the assertion sent to the token endpoint is valid.',
  ),
  'sasl.oauthbearer.assertion.claim.iss': string({ initial: null }, 'Issuer claim of the assertion sent to the token endpoint.'),
  'sasl.oauthbearer.assertion.claim.jti.include': bool(
    { initial: false },
    'Whether the assertion sent to the token endpoint carries an id of its own.',
  ),
  'sasl.oauthbearer.assertion.claim.nbf.seconds': int(
    { initial: 60, min: 0, max: 3600, importance: 'low' },
    'How many seconds before now the assertion sent to the token endpoint becomes valid.',
  ),
  'sasl.oauthbearer.assertion.claim.sub': string({ initial: null }, 'Subject claim of the assertion sent to the token endpoint.'),
  'sasl.oauthbearer.assertion.file': string({ initial: null }, 'File with a ready assertion for the token endpoint.'),
  'sasl.oauthbearer.assertion.private.key.file': string({ initial: null }, 'File with the private key that signs assertions.'),
  'sasl.oauthbearer.assertion.private.key.passphrase': password({}, 'Passphrase of the private key that signs assertions.'),
  'sasl.oauthbearer.assertion.template.file': string({ initial: null }, 'File with further headers and claims of assertions.'),
  'sasl.oauthbearer.client.credentials.client.id': string({ initial: null }, 'Client id for the token endpoint.'),
  'sasl.oauthbearer.client.credentials.client.secret': password({}, 'Client secret for the token endpoint.'),
  'sasl.oauthbearer.clock.skew.seconds': int(
    { initial: 30, importance: 'low' },
    'How far the clocks of broker and identity provider may differ.',
  ),
  'sasl.oauthbearer.expected.audience': list({ initial: [], importance: 'low' }, 'Audiences of which a token must name one.'),
  'sasl.oauthbearer.expected.issuer': string({ initial: null, importance: 'low' }, 'Issuer that a token must name.'),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long(
    { initial: 3_600_000, importance: 'low' },
    'How often the keys of the identity provider are fetched again.',
  ),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long(
    { initial: 10_000, importance: 'low' },
    'Longest pause between tries to fetch the keys of the identity provider.',
  ),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long(
    { initial: 100, importance: 'low' },
    'First pause between tries to fetch the keys of the identity provider.',
  ),
  'sasl.oauthbearer.jwks.endpoint.url': string({ initial: null }, 'Where the keys of the identity provider are found.'),
  'sasl.oauthbearer.jwt.retriever.class': className(
    { initial: 'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever' },
    'The class that fetches tokens in Kafka.',
  ),
  'sasl.oauthbearer.jwt.validator.class': className(
    { initial: 'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator' },
    'The class that checks tokens in Kafka.',
  ),
  'sasl.oauthbearer.scope': string({ initial: null }, 'Scope asked of the token endpoint.'),
  'sasl.oauthbearer.scope.claim.name': string({ initial: 'scope', importance: 'low' }, 'Name of the claim that holds the scope.'),
  'sasl.oauthbearer.sub.claim.name': string({ initial: 'sub', importance: 'low' }, 'Name of the claim that holds the subject.'),
  'sasl.oauthbearer.token.endpoint.url': string({ initial: null }, 'Where tokens are fetched.'),
  'sasl.server.callback.handler.class': className(
    { initial: null },
    'A class that answers for the server side of SASL. Odradek loads no classes.',
  ),
  'sasl.server.max.receive.size': int(
    { initial: 524_288 },
    'Largest SASL message accepted before a connection is authenticated.',
  ),
} satisfies Table
