/** Two brokers of each under load, with replicas on both: each is killed, frozen beyond its session and stopped in turn, under either's controller. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServed, Load } from './load.mjs'
import { untilBrokersAre, untilInSync } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'

const CONTROLLER = 1
const THEIRS = [2, 3]
const OURS = [4, 5]
const BROKERS = [...THEIRS, ...OURS]
/** Longer than `broker.session.timeout.ms` of these clusters. */
const FROZEN_MS = 9000

export async function storm({ report, tools, python, workDir, kind }) {
  const cluster = await MixedCluster.plan({
    dir: join(workDir, `storm-${kind}`),
    libs: tools.libs,
    controllers: [CONTROLLER],
    overrides: { 'min.insync.replicas': '2' },
  })
  const test = (name, body) =>
    report.test(`storm under ${kind === 'ours' ? 'our' : "Apache's"} controller: ${name}`, body, { timeoutMs: 300_000 })
  let load = null
  const calm = async (id) => {
    await untilBrokersAre(cluster, cluster.address(BROKERS.find((each) => each !== id)), BROKERS)
    await untilInSync(cluster.address(id))
    await load.goesOn()
  }
  const each = async (act) => {
    for (const id of [OURS[0], THEIRS[0], OURS[1], THEIRS[1]]) {
      await act(id)
      await calm(id)
    }
  }
  try {
    await test('two brokers of each under load', async () => {
      await cluster.add({ id: CONTROLLER, kind, roles: 'controller' })
      for (const id of BROKERS) await cluster.add({ id, kind: THEIRS.includes(id) ? 'apache' : 'ours' })
      for (const id of BROKERS) await untilBrokersAre(cluster, cluster.address(id), BROKERS)
      await createServed(cluster.bootstrap, 'storm')
      load = await Load.begin(python, cluster.bootstrap, 'storm')
      await load.goesOn()
    })
    await test('each is killed, and comes back', () =>
      each(async (id) => {
        await cluster.kill(id)
        await load.goesOn()
        cluster.start(id)
      }))
    await test('each sleeps longer than its session, and wakes up', () =>
      each(async (id) => {
        cluster.node(id).child.kill('SIGSTOP')
        await sleep(FROZEN_MS)
        cluster.node(id).child.kill('SIGCONT')
      }))
    await test('each is stopped, and comes back', () =>
      each(async (id) => {
        await cluster.stop(id)
        await load.goesOn()
        cluster.start(id)
      }))
    await test('nothing is lost, nothing twice, the order kept', async () => {
      const { acknowledged } = await load.check()
      console.log(`    ${acknowledged} records acknowledged`)
    })
  } finally {
    load?.end()
    await cluster.destroy()
  }
}
