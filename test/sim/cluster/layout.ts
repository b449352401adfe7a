// Which nodes a cluster of one seed has: three to five brokers and three controllers, in the same processes or in others.

import type { SeededRandom } from '../../../src/platform/sim/random.ts'
import type { World } from '../../../src/platform/sim/world.ts'
import { BrokerNode } from '../broker-node.ts'

const CLUSTER = { CLUSTER_ID: 'MkU3OEVBNTcwNTJENDM2Qk' }
const CLIENTS = 9092
const CONTROLLERS = 9093
const VOTERS = 3
const FIRST_CONTROLLER = 101

export class ClusterNode extends BrokerNode {
  readonly id: number
  readonly isController: boolean

  constructor(world: World, id: number, isController: boolean, overrides: Readonly<Record<string, string>>) {
    super(world.machine(nameOf(id)), overrides, CLUSTER)
    this.id = id
    this.isController = isController
  }
}

const nameOf = (id: number) => `n${id}`

const COMMON = {
  'controller.listener.names': 'CONTROLLER',
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '1',
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
  'replica.fetch.backoff.ms': '300',
  'replica.socket.timeout.ms': '5000',
  'request.timeout.ms': '5000',
  'controller.socket.timeout.ms': '5000',
  'socket.connection.setup.timeout.ms': '2000',
  'replica.high.watermark.checkpoint.interval.ms': '1000',
  'leader.imbalance.check.interval.seconds': '5',
  // Copies are compared batch by batch, and each cleans its own as it likes.
  'log.cleaner.enable': 'false',
  'log.retention.check.interval.ms': '5000',
  'log.roll.ms': '3000',
}

/** The nodes of this seed, brokers first, and none of them started. */
export function layOut(world: World, random: SeededRandom): ClusterNode[] {
  const brokers = random.pick([3, 3, 3, 4, 5])
  const isCombined = random.chance(0.7)
  const voters = Array.from({ length: VOTERS }, (_, i) => (isCombined ? 1 : FIRST_CONTROLLER) + i)
  const common = {
    ...COMMON,
    'controller.quorum.voters': voters.map((id) => `${id}@${nameOf(id)}:${CONTROLLERS}`).join(','),
    'metadata.max.idle.interval.ms': random.pick(['500', '4000']),
    'metadata.log.max.record.bytes.between.snapshots': random.pick(['3000', '20971520']),
    'replica.fetch.wait.max.ms': random.pick(['200', '500']),
    'replica.lag.time.max.ms': random.pick(['1000', '3000']),
  }
  const ids = Array.from({ length: brokers }, (_, i) => i + 1)
  const all = [...ids, ...voters.filter((id) => !ids.includes(id))]
  const nodes = all.map((id) => {
    const roles = [...(ids.includes(id) ? ['broker'] : []), ...(voters.includes(id) ? ['controller'] : [])]
    const listeners = [
      ...(roles.includes('broker') ? [`PLAINTEXT://${nameOf(id)}:${CLIENTS}`] : []),
      ...(roles.includes('controller') ? [`CONTROLLER://${nameOf(id)}:${CONTROLLERS}`] : []),
    ]
    const own = { 'node.id': String(id), 'process.roles': roles.join(','), listeners: listeners.join(',') }
    return new ClusterNode(world, id, roles.includes('controller'), { ...common, ...own })
  })
  const usual = { flushMs: random.pick([2, 2, 20]) }
  for (const { machine } of nodes) {
    machine.device.usual = { ...machine.device.usual, ...usual }
    machine.device.weather = machine.device.usual
  }
  return nodes
}
