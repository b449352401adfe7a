// Rolling restarts: each node is told to stop, and started again when it is gone. Clients see no error, and hardly a pause.

import { sleep } from '../sleep.ts'
import { ledBy } from './kill.ts'
import type { Node } from './nodes.ts'
import { type ClusterRun, clusterCampaign, PARTITIONS, prepareNothing } from './run.ts'

/** About as long as a stop takes. */
const QUIET_MS = 2000
const EVERY_PARTITION = Array.from({ length: PARTITIONS }, (_, partition) => partition)

export const clusterRolling = clusterCampaign({
  name: 'cluster-rolling',
  about: 'rolling restarts with SIGTERM: no client sees an error, and service hardly pauses',
  goals: [{ count: 'rolling restarts', target: 20 }],
  share: 1,
  perCheck: 2,
  prepare: prepareNothing,
  isSmooth: true,

  async happen(run) {
    for (const node of run.nodes.all) await restart(run, node)
    run.count({ 'rolling restarts': 1 })
  },
})

async function restart(run: ClusterRun, node: Node): Promise<void> {
  await run.calm()
  const led = await ledBy(run, node, run.nodes.others(node)[0]!)
  // What this machine and this client do to the same partitions by themselves.
  run.load.mark()
  await sleep(QUIET_MS)
  run.gap('pause without any restart', Math.max(...(await run.load.pauses(led)).values()))
  run.load.mark()
  await run.sometime(300)
  run.view.leave(node)
  const { signal, ms } = await node.stop()
  if (signal !== null) run.fail(`node ${node.id} ended by ${signal} when it was told to stop`)
  run.count({ 'clean stops': 1 })
  run.gap('stopping a node took', ms)
  // Moved leaderships show by now, or not at all.
  await run.sometime(300)
  run.gap('gap, a node told to stop', Math.max(...(await run.load.pauses(led)).values()))
  run.load.mark()
  await node.start()
  await run.view.untilInSync(run.nodes.all, 60_000)
  run.gap('gap, a node started', Math.max(...(await run.load.pauses(EVERY_PARTITION)).values()))
  run.load.mark()
  await run.view.electPreferred(run.nodes.all, 30_000)
  await run.sometime(300)
  run.gap('gap, leaders put back', Math.max(...(await run.load.pauses(EVERY_PARTITION)).values()))
}
