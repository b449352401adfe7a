// Networks that are cut in several shapes, for some seconds, and healed.

import { sleep } from '../sleep.ts'
import type { Between, End } from './between.ts'
import { ledBy } from './kill.ts'
import type { Node } from './nodes.ts'
import { Proxies } from './proxies.ts'
import { type ClusterRun, clusterCampaign, oneOf, PARTITIONS } from './run.ts'
import { Wires } from './wires.ts'

const EVERY_PARTITION = Array.from({ length: PARTITIONS }, (_, partition) => partition)
/** Around the session's time: some are over before anybody is held for dead. */
const SHORTEST_MS = 2000
const LONGEST_MS = 14_000

/** Who is cut off from whom, `node` being the one that it is about. Clients reach the rest where `isServed`: then service goes on. */
interface Shape {
  readonly name: string
  readonly isAboutController?: boolean
  readonly isServed: boolean
  cut(between: Between, node: number, others: readonly number[]): void
}

const SHAPES: readonly Shape[] = [
  {
    name: 'a leader cut from its followers',
    isServed: true,
    cut: (between, node, others) => others.forEach((other) => void cutBoth(between, node, other)),
  },
  {
    name: 'the active controller cut from the others',
    isAboutController: true,
    isServed: true,
    cut: (between, node, others) => others.forEach((other) => void cutBoth(between, node, other)),
  },
  {
    name: 'a node that the others do not hear',
    isServed: true,
    cut: (between, node, others) => others.forEach((other) => void between.cut(node, other)),
  },
  {
    name: 'a node that does not hear the others',
    isServed: true,
    cut: (between, node, others) => others.forEach((other) => void between.cut(other, node)),
  },
  {
    name: 'a node cut from everybody',
    isServed: true,
    cut: (between, node, others) => [...others, 'clients' as const].forEach((other) => void cutBoth(between, node, other)),
  },
  {
    name: 'the clients on the wrong side, with one node',
    isServed: false,
    cut: (between, node, others) =>
      others.forEach((other) => {
        cutBoth(between, node, other)
        cutBoth(between, 'clients', other)
      }),
  },
  {
    name: 'two nodes cut from each other, and not from the third',
    isServed: true,
    cut: (between, node, others) => void cutBoth(between, node, others[0]!),
  },
  {
    name: 'the active controller and one other cut from each other',
    isAboutController: true,
    isServed: true,
    cut: (between, node, others) => void cutBoth(between, node, others[0]!),
  },
  {
    name: 'everybody alone',
    isServed: false,
    cut: (between, node, others) => {
      for (const other of others) cutBoth(between, node, other)
      cutBoth(between, others[0]!, others[1]!)
    },
  },
]

export const clusterPartition = clusterCampaign({
  name: 'cluster-partition',
  about: 'networks cut in several shapes, and healed',
  goals: [{ count: 'partitions', target: 30 }],
  share: 1,
  perCheck: 3,

  async prepare(_dir, say) {
    const between = (process.env.ODRADEK_WIRES === 'proxies' ? null : Wires.lay()) ?? new Proxies()
    say(`cut by ${between.what}`)
    return { between, settings: between.settings, end: async () => between.takeAway() }
  },

  happen: (run, { between }) => cutOnce(run, between),
})

async function cutOnce(run: ClusterRun, between: Between): Promise<void> {
  await run.calm()
  await run.sometime(700)
  const shape = SHAPES[run.task.counters.total('partitions') % SHAPES.length]!
  const node = shape.isAboutController ? await controllerOf(run) : oneOf(run.nodes.all)
  const others = run.nodes.others(node)
  const led = await ledBy(run, node, others[0]!)
  const ms = SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS)
  const at = Date.now()
  shape.cut(
    between,
    node.id,
    others.map(({ id }) => id),
  )
  run.count({ partitions: 1, [`by ${between.what}`]: 1, [`partitions: ${shape.name}`]: 1 })
  const gap = shape.isServed ? run.load.watch(at, led) : null
  await sleep(ms)
  between.heal()
  const healed = Date.now()
  const back = run.load.watch(healed, EVERY_PARTITION)
  if (gap) run.gap(`gap, ${shape.name}`, Math.max(...(await gap).values()))
  run.gap('from the healing to all partitions', Math.max(...(await back).values()))
}

function cutBoth(between: Between, one: End, other: End): void {
  between.cut(one, other)
  between.cut(other, one)
}

async function controllerOf(run: ClusterRun): Promise<Node> {
  return run.nodes.byId(await run.view.controllerId(run.nodes.all[0]!))
}
