import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimInode } from '../../src/platform/sim/inode.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { findCoordinator, GroupMember } from '../support/group-member.ts'
import { type Seat, VirtualCluster } from '../support/virtual-cluster.ts'

const GROUPS = '/data/__consumer_offsets-0'
const SESSION_MS = 6000
const MEMBER_MS = 1000

/** How many batches lie on the disk of a node. */
function written(seat: Seat): number {
  const files = seat.names(GROUPS, /\.log$/).map((name) => seat.machine.device.find(`${GROUPS}/${name}`))
  return files.reduce((sum, file) => sum + (file instanceof SimInode ? [...batches(file.bytes)].length : 0), 0)
}

test('a broker that starts again leads nothing, and writes nothing, by what was said of the process before it', async () => {
  const config = {
    'broker.session.timeout.ms': `${SESSION_MS}`,
    'node.loss.probe.enable': 'false',
    'offsets.topic.num.partitions': '1',
    'group.min.session.timeout.ms': `${MEMBER_MS}`,
    'group.initial.rebalance.delay.ms': '0',
  }
  const cluster = await VirtualCluster.start({ seed: 35, nodes: 4, config })
  await cluster.during(cluster.client.createTopicOn('__consumer_offsets', [[4, 1, 2]]))
  const seat = cluster.seat(4) // it does not vote
  const client = await cluster.during(cluster.client.at(seat.server))
  assert.equal((await cluster.during(findCoordinator(client, 'g'))).host, seat.machine.name)
  const member = new GroupMember(client, 'g', { sessionTimeoutMs: MEMBER_MS })
  assert.equal(await cluster.during(member.join()), 'NONE')
  assert.equal(await cluster.during(member.sync({ [member.memberId]: 'all' })), 'all')
  await cluster.pass(100)

  const before = written(seat)
  cluster.kill(4)
  cluster.start(4)
  // Its last session keeps it out for as long as it lasts. Nobody is heard here meanwhile, but the member's time runs out.
  await cluster.pass(SESSION_MS - 2 * MEMBER_MS)
  assert.deepEqual([seat.broker, seat.failure, written(seat)], [null, null, before])
  await cluster.until('it serves', cluster.serving(4))
  await cluster.until('the member is gone for who leads now', () => written(seat) > before)
})
