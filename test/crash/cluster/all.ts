// kill -9 of all three nodes at once: what was acknowledged is on the disks of at least two of them.

import { type ClusterRun, clusterCampaign, PARTITIONS, prepareNothing } from './run.ts'

const EVERY_PARTITION = Array.from({ length: PARTITIONS }, (_, partition) => partition)

export const clusterAll = clusterCampaign({
  name: 'cluster-all',
  about: 'kill -9 of all three nodes at once',
  goals: [{ count: 'times all were killed', target: 10 }],
  share: 1,
  perCheck: 2,
  prepare: prepareNothing,

  async happen(run) {
    await run.calm()
    await run.sometime(1500)
    const at = await killAll(run)
    run.count({ 'times all were killed': 1 })
    await run.sometime(500)
    const began = Date.now()
    const gaps = run.load.watch(at, EVERY_PARTITION)
    await Promise.all(run.nodes.all.map((node) => node.start()))
    const gap = Math.max(...(await gaps).values())
    run.gap('gap, all killed', gap)
    run.gap('from the start of all to all partitions', Math.max(0, gap - (began - at)))
  },
})

/** Gives the moment of the first signal. */
async function killAll(run: ClusterRun): Promise<number> {
  for (const node of run.nodes.all) run.view.leave(node)
  const killed = run.nodes.all.map((node) => node.kill())
  await Promise.all(killed.map(({ gone }) => gone))
  return killed[0]!.at
}
