/** Three of Apache's nodes: the leader of a partition, and the coordinator of the group, go away under a member. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { nodeFiles, startFromFiles, storageTool, untilBrokers } from '../lib/clusters.mjs'
import { healthy, numbers, runner, sorted, stage, until, valuesOf, write } from './world.mjs'

const CLUSTER_ID = 'b2RyYWRlay1qdWRnZXMtNA'

export async function clusters(single) {
  const { overrides, installed, workDir } = single
  const { libs } = installed.tools
  let cluster = null
  await single.test('cluster: three nodes start', async () => {
    const files = await nodeFiles({ dir: join(workDir, 'three'), overrides: { ...overrides, 'broker.session.timeout.ms': 6000 } })
    for (const { file } of files) await storageTool('apache', ['format', '-t', CLUSTER_ID, '-c', file], libs)
    cluster = await startFromFiles('apache', files, libs)
  })
  if (!cluster) return
  const world = { ...single, broker: cluster }
  try {
    await single.test(
      'cluster: the leader of some partitions is killed, and what it led comes from others; nothing is missing',
      () => loses(world, 'leader-killed', leaderOf),
    )
    await single.test(
      'cluster: the coordinator of the group is killed, and another one goes on with it; nothing is missing',
      () => loses(world, 'coordinator-killed', coordinatorOf),
    )
  } finally {
    await cluster.destroy()
  }
}

async function loses(world, group, whom) {
  const { broker: cluster } = world
  await stage(world, group, { partitions: 6, replicas: 3, 'share.record.lock.duration.ms': 5000 })
  const member = runner(world, group, { config: { requestTimeoutMs: 5000 } })
  try {
    let sent = 0
    const produce = async (count) => {
      await write(world, group, numbers(sent, sent + count), { batchSize: 200 })
      sent += count
    }
    await produce(300)
    await until(
      () => `${member.records.length}`,
      () => healthy([member]) && member.records.length >= 300,
    )
    const id = await whom(world, group)
    const node = cluster.nodes.find((each) => each.id === id)
    await node.kill()
    await produce(300)
    const seen = () => new Set(valuesOf(member.records))
    const all = () => healthy([member]) && seen().size === sent
    await until(() => `${seen().size} of ${sent}`, all, 90_000)
    await node.start()
    await untilBrokers(cluster, 3)
    await produce(300)
    await until(() => `${seen().size} of ${sent}`, all, 90_000)
    assert.deepEqual(sorted(seen()), numbers(0, sent))
  } finally {
    await member.close()
  }
}

async function leaderOf({ tools, broker }, topic) {
  const text = await tools.must('kafka-topics', ['--bootstrap-server', broker.bootstrap, '--describe', '--topic', topic])
  return Number(/Leader: (\d+)/.exec(text)[1])
}

async function coordinatorOf({ tools, broker }, group) {
  const args = ['--bootstrap-server', broker.bootstrap, '--describe', '--group', group, '--state']
  const text = await tools.must('org.apache.kafka.tools.consumer.group.ShareGroupCommand', args)
  return Number(/\((\d+)\)/.exec(text)[1])
}
