/** Features: what a cluster of Apache's has and ours cannot live with is refused when it joins, and cannot come while it is there. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ToolRunner } from '../lib/apache-tools.mjs'
import { eventually } from '../lib/report.mjs'
import { untilBrokersAre } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'

const [CONTROLLER, OURS] = [1, 3]

export async function features({ report, tools, workDir }) {
  const runner = new ToolRunner(tools)
  const test = (name, body) => report.test(`features: ${name}`, body, { timeoutMs: 120_000 })
  const begin = async (name, formatWith) => {
    const cluster = await MixedCluster.plan({ dir: join(workDir, name), libs: tools.libs, controllers: [CONTROLLER] })
    await cluster.add({ id: CONTROLLER, kind: 'apache', roles: 'controller', formattedBy: 'apache', formatWith })
    return cluster
  }
  const old = await begin('old', ['--release-version', '3.9'])
  const today = await begin('today', [])
  try {
    await test('a cluster of an older metadata.version does not register ours, which says why and ends', async () => {
      await old.add({ id: OURS, kind: 'ours', overrides: { 'initial.broker.registration.timeout.ms': '10000' } })
      await eventually(() => assert.notEqual(old.ended(), ''), 60_000)
      assert.notEqual(old.node(OURS).child.exited.code, 0)
      assert.match(old.output(OURS), /the cluster has metadata\.version at level 21 \(here: 23 to 29\); kafka-features describe/)
    })
    await test("what ours cannot live with is refused by Apache's controller while ours is registered", async () => {
      await today.add({ id: OURS, kind: 'ours' })
      await untilBrokersAre(today, today.address(OURS), [OURS])
      const downgrade = (level) =>
        runner.run('kafka-features', [
          '--bootstrap-server',
          today.address(OURS),
          'downgrade',
          '--feature',
          `metadata.version=${level}`,
        ])
      const refused = await downgrade(22)
      assert.notEqual(refused.code, 0)
      assert.match(refused.stderr + refused.stdout, /Broker 3 only supports versions 23-29/)
      assert.equal((await downgrade(23)).code, 0)
      const said = await runner.must('kafka-features', ['--bootstrap-server', today.address(OURS), 'describe'])
      assert.match(said, /metadata\.version.*FinalizedVersionLevel: 4\.0-IV1/)
    })
  } finally {
    runner.close()
    await Promise.all([old, today].map((cluster) => cluster.destroy()))
  }
}
