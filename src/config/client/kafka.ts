// Where a client's options are not those of Kafka's clients: what is missing, with the reason, and which defaults are others. A test holds it against what
// Kafka 4.2 has (test/data/client-configs.json).

/** A client, by whose options it has. */
export type ClientKind = 'producer' | 'consumer' | 'shareConsumer' | 'admin'

export interface Absent {
  /** Kafka's names; one that ends with a star stands for all that begin so. */
  readonly names: readonly string[]
  /** Of which clients; missing: of all that have them with Kafka. */
  readonly of?: readonly ClientKind[]
  /** Why, or what there is instead. */
  readonly why: string
}

export const absentOptions: readonly Absent[] = [
  {
    names: ['key.serializer', 'value.serializer', 'key.deserializer', 'value.deserializer'],
    why: 'Not the name of a class but the object itself: `keySerializer`, `valueSerializer`, `keyDeserializer`, `valueDeserializer`.',
  },
  { names: ['partitioner.class'], why: 'Not the name of a class but `partitioner`: a function, or `roundRobin`.' },
  {
    names: ['sasl.client.callback.handler.class', 'sasl.login.class'],
    why: 'Not the name of a class but `sasl`: a name and a password, a function that gives tokens, or a mechanism of the own.',
  },
  { names: ['interceptor.classes'], why: 'Not supported yet.' },
  {
    names: [
      'enable.metrics.push',
      'metric.reporters',
      'metrics.num.samples',
      'metrics.recording.level',
      'metrics.sample.window.ms',
    ],
    why: 'Not supported yet: the clients have no metrics, and push none (KIP-714).',
  },
  {
    names: ['partitioner.adaptive.partitioning.enable', 'partitioner.availability.timeout.ms'],
    why: 'Not supported yet: records without a key are spread evenly, however fast a broker is.',
  },
  { names: ['transaction.two.phase.commit.enable'], why: 'Not supported yet (KIP-939).' },
  { names: ['sasl.kerberos.*'], why: 'Not supported yet: there is no login with GSSAPI.' },
  {
    names: ['sasl.oauthbearer.assertion.*'],
    why: 'Not supported yet: tokens come from a function, or for client credentials from a token endpoint.',
  },
  {
    names: [
      'sasl.oauthbearer.clock.skew.seconds',
      'sasl.oauthbearer.expected.*',
      'sasl.oauthbearer.jwks.*',
      'sasl.oauthbearer.jwt.validator.class',
      'sasl.oauthbearer.scope.claim.name',
      'sasl.oauthbearer.sub.claim.name',
    ],
    why: 'Checks of a token, which brokers make.',
  },
  { names: ['ssl.truststore.password'], why: 'Trusted certificates are PEM, which has none.' },
  {
    names: [
      'security.providers',
      'ssl.engine.factory.class',
      'ssl.keymanager.algorithm',
      'ssl.protocol',
      'ssl.provider',
      'ssl.secure.random.implementation',
      'ssl.trustmanager.algorithm',
    ],
    why: "Parts of Java's TLS; this is OpenSSL's, in Node.",
  },
  { names: ['client.dns.lookup'], why: 'Node looks names up.' },
  { names: ['receive.buffer.bytes', 'send.buffer.bytes'], why: 'The operating system sizes the buffers of sockets.' },
  { names: ['config.providers'], why: 'A program reads its secrets itself.' },
  { names: ['compression.lz4.level'], why: 'The library has one level.' },
  {
    names: ['metadata.recovery.rebootstrap.trigger.ms'],
    why: 'The bootstrap servers are asked as soon as none of the known brokers answers.',
  },
  {
    names: ['retries'],
    of: ['admin'],
    why: 'A call is tried until its time is over: `timeoutMs` of the call, or `defaultApiTimeoutMs`.',
  },
  {
    names: ['share.acknowledgement.mode', 'share.acquire.mode'],
    of: ['consumer'],
    why: 'For share consumers alone, with Kafka too.',
  },
  {
    names: [
      'auto.offset.reset',
      'enable.auto.commit',
      'group.instance.id',
      'group.protocol',
      'group.remote.assignor',
      'heartbeat.interval.ms',
      'isolation.level',
      'partition.assignment.strategy',
      'session.timeout.ms',
    ],
    of: ['shareConsumer'],
    why: 'Not for share consumers, with Kafka neither: what the group has is an option of the group, and the brokers say how often to beat.',
  },
  {
    names: ['auto.commit.interval.ms', 'exclude.internal.topics', 'max.partition.fetch.bytes'],
    of: ['shareConsumer'],
    why: 'Nothing in a share consumer would heed them: it commits what is acknowledged, subscribes to no patterns, and asks for records by their number.',
  },
]

/** By Kafka's name: the default there, where it is another one here, and why. */
export const otherDefaults: Readonly<Record<string, readonly [kafkas: string, why: string]>> = {
  'ssl.truststore.type': ['JKS', 'JKS is not read'],
  'ssl.keystore.type': ['JKS', 'JKS is not read'],
  'partition.assignment.strategy': [
    'org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    'the same, by their short names',
  ],
  'sasl.oauthbearer.jwt.retriever.class': [
    'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    'nobody is asked for tokens unless an endpoint is given',
  ],
  'share.acquire.mode': ['BATCH_OPTIMIZED', 'the same, in the letters of the other words'],
}

/** Why Kafka's option of this name is none of this client, or of any; undefined where it is one, or Kafka has none either. */
export function absentOption(name: string, client?: ClientKind): Absent | undefined {
  return absentOptions.find(
    ({ names, of }) =>
      (!of || !client || of.includes(client)) &&
      names.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name)),
  )
}
