// Listeners, sockets and connections.

import { choice, int, list, long, MAX_INT, string, type Table } from '../keys.ts'

export const listenerConfigs = {
  'advertised.listeners': list(
    { initial: null, empty: false, importance: 'high' },
    'The addresses that clients are told to connect to, where they differ from `listeners`; 0.0.0.0 is not allowed here.',
  ),
  'background.threads': int(
    { initial: 10, min: 1, importance: 'high', update: 'cluster-wide' },
    'How many threads Kafka uses for background work; Odradek does it on its event loop.',
  ),
  'connections.max.idle.ms': long({ initial: 600_000 }, 'A connection without a request for this long is closed.'),
  'early.start.listeners': list(
    { initial: null, importance: 'high' },
    'Listeners that open before the broker has caught up with the metadata.',
  ),
  'inter.broker.listener.name': string(
    { initial: null },
    'The listener for traffic between brokers; not together with `security.inter.broker.protocol`.',
  ),
  'listener.security.protocol.map': string(
    {
      initial: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
      importance: 'low',
      update: 'per-broker',
    },
    'Which security protocol each listener name speaks, as NAME:PROTOCOL.',
  ),
  listeners: list(
    { initial: ['PLAINTEXT://:9092'], empty: false, importance: 'high', update: 'per-broker' },
    'Where the broker listens, as NAME://host:port; an empty host is all interfaces, port 0 takes a free port.',
  ),
  'max.connection.creation.rate': int(
    { initial: MAX_INT, min: 0, update: 'cluster-wide' },
    'Most new connections per second to this broker.',
  ),
  'max.connections': int({ initial: MAX_INT, min: 0, update: 'cluster-wide' }, 'Most connections to this broker at a time.'),
  'max.connections.per.ip': int(
    { initial: MAX_INT, min: 0, update: 'cluster-wide' },
    'Most connections from one address at a time.',
  ),
  'max.connections.per.ip.overrides': string(
    { initial: '', update: 'cluster-wide' },
    'Other limits for single addresses, as address:count separated by commas.',
  ),
  'num.io.threads': int(
    { initial: 8, min: 1, importance: 'high', update: 'cluster-wide' },
    'How many threads handle requests in Kafka; Odradek has one event loop.',
  ),
  'num.network.threads': int(
    { initial: 3, min: 1, importance: 'high', update: 'cluster-wide' },
    'How many threads read and write sockets in Kafka; Odradek has one event loop.',
  ),
  'queued.max.request.bytes': long(
    { initial: -1 },
    'Bytes of requests read and not yet handled before the broker reads no more; -1 is without limit.',
  ),
  'queued.max.requests': int(
    { initial: 500, min: 1, importance: 'high' },
    'Requests read and not yet handled before the broker reads no more.',
  ),
  'request.timeout.ms': int(
    { initial: 30_000, importance: 'high' },
    'How long a request that the broker sends to another may take.',
  ),
  'security.inter.broker.protocol': choice(
    { oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], initial: 'PLAINTEXT' },
    'Security protocol between brokers; not together with `inter.broker.listener.name`.',
  ),
  'socket.connection.setup.timeout.max.ms': long(
    { initial: 30_000 },
    'Longest time that setting up a connection to another node may take after several failures.',
  ),
  'socket.connection.setup.timeout.ms': long(
    { initial: 10_000 },
    'How long setting up a connection to another node may take at first.',
  ),
  'socket.listen.backlog.size': int({ initial: 50, min: 1 }, 'How many connections may wait to be accepted.'),
  'socket.receive.buffer.bytes': int(
    { initial: 102_400, importance: 'high' },
    "Receive buffer of a socket; -1 is the system's choice.",
  ),
  'socket.request.max.bytes': int({ initial: 104_857_600, min: 1, importance: 'high' }, 'Largest request that the broker reads.'),
  'socket.send.buffer.bytes': int(
    { initial: 102_400, importance: 'high' },
    "Send buffer of a socket; -1 is the system's choice.",
  ),
} satisfies Table
