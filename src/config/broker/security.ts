// Who may do what: authorizer, principals, tokens, policies.

import { className, int, list, long, password, string, type Table } from '../keys.ts'

export const securityConfigs = {
  'alter.config.policy.class.name': className(
    { initial: null, importance: 'low' },
    'A class that accepts or refuses changes of configurations. Odradek loads no classes.',
  ),
  'authorizer.class.name': string(
    { initial: '', importance: 'low' },
    'Who decides what a principal may do; empty lets everybody do everything.',
  ),
  'config.providers': list(
    { initial: [], importance: 'low', update: 'cluster-wide' },
    'Names of providers that fill placeholders in configuration values.',
  ),
  'connection.failed.authentication.delay.ms': int(
    { initial: 100, min: 0, importance: 'low' },
    'How long a connection whose authentication failed stays open before it is closed.',
  ),
  'connections.max.reauth.ms': long(
    { initial: 0 },
    'How long a SASL session lasts before the client must authenticate again; 0 is for ever.',
  ),
  'create.topic.policy.class.name': className(
    { initial: null, importance: 'low' },
    'A class that accepts or refuses new topics. Odradek loads no classes.',
  ),
  'delegation.token.expiry.check.interval.ms': long(
    { initial: 3_600_000, min: 1, importance: 'low' },
    'How often expired delegation tokens are removed.',
  ),
  'delegation.token.expiry.time.ms': long(
    { initial: 86_400_000, min: 1 },
    'How long a delegation token lasts before it must be renewed.',
  ),
  'delegation.token.max.lifetime.ms': long(
    { initial: 604_800_000, min: 1 },
    'After this time a delegation token cannot be renewed any more.',
  ),
  'delegation.token.secret.key': password(
    {},
    'The secret that signs delegation tokens; the same on all brokers. Without it there are no tokens.',
  ),
  'principal.builder.class': className(
    { initial: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder', update: 'per-broker' },
    "The class that names a connection's principal. Odradek loads no classes.",
  ),
  'security.providers': string(
    { initial: null, importance: 'low' },
    'Java classes of security providers; without meaning outside Java.',
  ),
} satisfies Table
