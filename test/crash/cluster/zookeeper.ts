// The same kills with the metadata in a real ZooKeeper ensemble, whose leader is killed, too.

import { join } from 'node:path'
import { type Ensemble, zookeeper } from '../foreign.ts'
import { killOnce } from './kill.ts'
import { type ClusterRun, clusterCampaign, PARTITIONS } from './run.ts'

const EVERY_PARTITION = Array.from({ length: PARTITIONS }, (_, partition) => partition)

export const zookeeperKill = clusterCampaign({
  name: 'zookeeper-kill',
  about: "kill -9 of one of three nodes on a ZooKeeper ensemble, and of the ensemble's leader",
  goals: [
    { count: 'kills', target: 50 },
    { count: 'kills of the leader of the ensemble', target: 15 },
  ],
  share: 1,
  perCheck: 6,
  takesApache: false,

  async prepare(dir, say) {
    const { start, version } = await zookeeper()
    const ensemble = await start(join(dir, 'ensemble'))
    say(`ZooKeeper ${version} at ${ensemble.connect}`)
    return { ensemble, settings: { zookeeper: `${ensemble.connect}/odradek` }, end: () => ensemble.stop() }
  },

  async happen(run, { ensemble }) {
    const way = Math.random()
    if (way < 0.15) await killEnsembleLeader(run, ensemble)
    else if (way < 0.35) await Promise.all([killEnsembleLeader(run, ensemble), killOnce(run)])
    else await killOnce(run)
  },
})

/** Records go on meanwhile: nobody asks the ensemble about them. */
async function killEnsembleLeader(run: ClusterRun, servers: Ensemble): Promise<void> {
  await run.sometime(1000)
  const leader = await servers.leader()
  const at = Date.now()
  await leader.kill()
  run.count({ 'kills of the leader of the ensemble': 1 })
  const gaps = await run.load.watch(at, EVERY_PARTITION)
  run.gap("gap, the ensemble's leader killed", Math.max(...gaps.values()))
  await run.sometime(3000)
  await leader.restart()
}
