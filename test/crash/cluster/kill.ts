// kill -9 of a node, again and again. The gap in service is from the kill to the next acknowledged record of a partition that the node led.

import { sleep } from '../sleep.ts'
import type { Node } from './nodes.ts'
import { type ClusterRun, clusterCampaign, oneOf, prepareNothing } from './run.ts'
import { told, until } from './view.ts'

/** When others lead, clients find them within this time. */
const SOON_MS = 2000

export const clusterKill = clusterCampaign({
  name: 'cluster-kill',
  about:
    'kill -9 of one of three nodes under a foreign idempotent producer and a group; what was acknowledged is read back, replicas are compared',
  goals: [{ count: 'kills', target: 200 }],
  share: 3,
  perCheck: 10,
  prepare: prepareNothing,
  happen: killOnce,
})

export async function killOnce(run: ClusterRun): Promise<void> {
  const node = oneOf(run.nodes.all)
  const way = Math.random()
  // Now and then a node goes while another one is still catching up: nobody may be able to serve then, and nothing may be lost.
  if (way < 0.1) return killUnready(run, node)
  await run.calm()
  await run.sometime(700)
  const witness = oneOf(run.nodes.others(node))
  const led = await ledBy(run, node, witness)
  const isController = (await run.view.controllerId(witness)) === node.id
  run.view.leave(node)
  const { at, gone } = node.kill()
  run.count({ kills: 1, [isController ? 'kills of the active controller' : 'kills of another node']: 1 })
  const gaps = run.load.watch(at, led)
  const isAtOnce = way > 0.8
  const [longest] = await Promise.all([
    gaps.then((found) => Math.max(...found.values())),
    isAtOnce ? null : lookOn(run, { node, witness, at, gaps }),
    isAtOnce ? gone.then(() => startAgain(run, node)) : null,
  ])
  run.gap(gapName(isController, isAtOnce), longest)
  run.gap('gap of all kills', longest)
  await gone
  if (!isAtOnce) await startAgain(run, node)
}

function gapName(isController: boolean, isAtOnce: boolean): string {
  return `gap, ${isController ? 'the active controller killed' : 'another node killed'}${isAtOnce ? ' and started at once' : ''}`
}

/** The partitions that this node leads, as another one knows. */
export async function ledBy(run: ClusterRun, node: Node, witness: Node): Promise<number[]> {
  const partitions = await run.view.partitions(witness, run.topic)
  return partitions.filter(({ leaderId }) => leaderId === node.id).map(({ partitionIndex }) => partitionIndex)
}

interface Scene {
  readonly node: Node
  readonly witness: Node
  readonly at: number
  readonly gaps: Promise<unknown>
}

/** Notes when others lead, and says how things stand where that alone does not help soon. */
async function lookOn(run: ClusterRun, { node, witness, at, gaps }: Scene): Promise<void> {
  await untilElsewhere(run, node, witness)
  run.gap('new leaders known', Date.now() - at)
  const isOver = await Promise.race([gaps.then(() => true), sleep(SOON_MS).then(() => false)])
  if (isOver) return
  const partitions = (await run.view.partitions(witness, run.topic)).map(told)
  run.task.say(`others lead for ${SOON_MS} ms, and not every partition acknowledges: ${partitions.join('; ')}`)
}

async function untilElsewhere(run: ClusterRun, node: Node, witness: Node): Promise<void> {
  let left: number[] = []
  const isSo = async () => (left = await ledBy(run, node, witness)).length === 0
  await until(isSo, 60_000, () => `node ${witness.id} still believes that node ${node.id} leads ${left}`)
}

/** Starts a node that was killed; now and then that start is killed as well, and what it had mended by then must not be worse than before. */
export async function startAgain(run: ClusterRun, node: Node): Promise<void> {
  if (Math.random() < 0.1) {
    await node.startAndKill(100 + Math.random() * 500)
    run.count({ kills: 1, 'kills of a start': 1 })
  }
  await node.start()
  run.count({ restarts: 1 })
}

async function killUnready(run: ClusterRun, node: Node): Promise<void> {
  await run.sometime(300)
  run.view.leave(node)
  await node.kill().gone
  run.count({ kills: 1, 'kills while others may catch up': 1 })
  await startAgain(run, node)
}
