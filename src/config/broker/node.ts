// The node itself, its life, and the topics it makes.

import { bool, int, list, long, MAX_LONG, string, type Table } from '../keys.ts'

export const nodeConfigs = {
  'auto.create.topics.enable': bool(
    { initial: true, importance: 'high' },
    'Whether asking for the metadata of a missing topic, or producing to it, creates the topic.',
  ),
  'broker.heartbeat.interval.ms': int({ initial: 2000 }, 'How often a broker tells the controller that it lives.'),
  'broker.id': int({ initial: -1, importance: 'high' }, 'The older name of `node.id`; -1 means that it was not given.'),
  'broker.rack': string(
    { initial: null },
    'The rack or zone of this broker; replicas of a partition are spread over racks, and consumers can read from their own.',
  ),
  'broker.session.timeout.ms': int(
    { initial: 9000 },
    'How long the controller waits for a heartbeat before it fences the broker.',
  ),
  'controlled.shutdown.enable': bool(
    { initial: true },
    'Whether a broker that stops asks the controller to move its leaders away first.',
  ),
  'default.replication.factor': int(
    { initial: 1 },
    'How many replicas a topic gets that is created automatically, or with a replication factor of -1.',
  ),
  'delete.topic.enable': bool({ initial: true, importance: 'high' }, 'Whether topics can be deleted.'),
  'initial.broker.registration.timeout.ms': int(
    { initial: 60_000 },
    'How long a broker tries to register with the controller before it gives up and stops.',
  ),
  'node.id': int<number>({ required: true, min: 0, importance: 'high' }, 'The number of this node, unique in the cluster.'),
  'node.loss.probe.enable': bool(
    { initial: true, own: true },
    'Whether a node counts as gone as soon as its system says that its process has ended: its connection is over, and at its address, which answered before, nobody listens any more. Then a broker is fenced without waiting for `broker.session.timeout.ms`, a leader of the metadata quorum replaced without waiting for `controller.quorum.fetch.timeout.ms`, and a controller in ZooKeeper without waiting for `zookeeper.session.timeout.ms`. Those still hold for a node that is cut off, suspended or without power.',
  ),
  'num.partitions': int(
    { initial: 1, min: 1 },
    'How many partitions a topic gets that is created automatically, or with a partition count of -1.',
  ),
  'process.roles': list<readonly string[]>(
    { required: true, of: ['broker', 'controller'], empty: false, importance: 'high' },
    'What this node is: broker, controller or both.',
  ),
  'server.max.startup.time.ms': long(
    { initial: MAX_LONG, min: 0, internal: true },
    'How long the start may take before the server gives up.',
  ),
} satisfies Table
