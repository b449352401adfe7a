// What goes wrong in a cluster: all that goes wrong with one node, with any of them; cuts of every shape between them; and the worst moments.

import { SimDirectory, SimInode } from '../../../src/platform/sim/inode.ts'
import { batches, HEADER_SIZE } from '../../../src/protocol/records/batch.ts'
import type { History } from '../history.ts'
import { type Haunted, haunt, networkTroubles, nodeTroubles, type Trap, type Trouble } from '../nemesis.ts'
import type { Flip } from './copies.ts'
import { lateWord } from './late-words.ts'
import type { ClusterNode } from './layout.ts'
import type { Truth } from './truth.ts'

export interface ClusterPrey extends Haunted {
  readonly nodes: readonly ClusterNode[]
  readonly truth: Truth
  readonly trap: Trap
  readonly history: History
  /** By name; their machines bear the same ones. */
  readonly clients: readonly string[]
  /** Damage done so far. */
  readonly flips: Flip[]
}

const CONTROLLER_SHARE = 0.25
const LEADER_SHARE = 0.3
const LONE_SHARE = 0.2

/** Those on whom the most depends are met more often than the others. */
export function victim({ nodes, truth, random, history }: ClusterPrey): ClusterNode {
  const dice = random.next()
  if (dice < CONTROLLER_SHARE) return truth.controller ?? random.pick(nodes)
  if (dice < CONTROLLER_SHARE + LEADER_SHARE) return leader({ nodes, truth, random, history })
  return random.pick(nodes)
}

function leader({ nodes, truth, random, history }: Pick<ClusterPrey, 'nodes' | 'truth' | 'random' | 'history'>): ClusterNode {
  return truth.leaderOf(history.topic, random.below(history.partitions.length)) ?? random.pick(nodes)
}

const back = ({ random }: ClusterPrey) => random.pick([10, 500, 3000, 8000])

/** Between machines, both ways, where `isApart` says so. */
function cutWhere({ world, nodes, clients }: ClusterPrey, isApart: (one: string, other: string) => boolean): void {
  const machines = [...nodes.map(({ machine }) => machine.name), ...clients]
  for (const one of machines) for (const other of machines) if (isApart(one, other)) world.network.cut(one, other)
}

function forAWhile({ world, random }: ClusterPrey) {
  return { ms: random.pick([300, 2000, 5000, 9000]), end: () => world.network.mend() }
}

/** Which machines are on one side; clients are on either, or see both. */
function side({ nodes, clients, random }: ClusterPrey): (machine: string) => boolean | null {
  const sides = new Map<string, boolean | null>()
  for (const { machine } of nodes) sides.set(machine.name, random.chance(0.5))
  const hasBoth = random.chance(0.5)
  for (const name of clients) sides.set(name, hasBoth ? null : random.chance(0.5))
  return (machine) => sides.get(machine) ?? null
}

const cuts: readonly Trouble<ClusterPrey>[] = [
  {
    name: 'a node is cut off',
    strike(prey) {
      const lost = victim(prey).machine.name
      const seenByClients = prey.random.chance(0.5)
      cutWhere(
        prey,
        (one, other) =>
          (one === lost || other === lost) && !(seenByClients && (prey.clients.includes(one) || prey.clients.includes(other))),
      )
      return forAWhile(prey)
    },
  },
  {
    name: 'a one-way cut',
    strike(prey) {
      const lost = victim(prey).machine.name
      const isDeaf = prey.random.chance(0.5)
      cutWhere(prey, (one, other) => (isDeaf ? other : one) === lost && !prey.clients.includes(isDeaf ? one : other))
      return forAWhile(prey)
    },
  },
  {
    name: 'two sides',
    strike(prey) {
      const of = side(prey)
      cutWhere(prey, (one, other) => of(one) !== null && of(other) !== null && of(one) !== of(other))
      return forAWhile(prey)
    },
  },
  {
    name: 'a bridge',
    strike(prey) {
      const of = side(prey)
      const bridge = prey.random.pick(prey.nodes).machine.name
      cutWhere(
        prey,
        (one, other) => one !== bridge && other !== bridge && of(one) !== null && of(other) !== null && of(one) !== of(other),
      )
      return forAWhile(prey)
    },
  },
  {
    name: 'two nodes do not see each other',
    strike(prey) {
      const [one, other] = [victim(prey).machine.name, prey.random.pick(prey.nodes).machine.name]
      cutWhere(prey, (from, to) => (from === one && to === other) || (from === other && to === one))
      return forAWhile(prey)
    },
  },
]

const many: readonly Trouble<ClusterPrey>[] = [
  {
    name: 'power cut of several',
    strike(prey) {
      const share = prey.random.pick([0.5, 1])
      for (const node of prey.nodes) {
        if (!prey.random.chance(share)) continue
        node.powerCut()
        node.restartAfter(back(prey))
      }
      return undefined
    },
  },
  {
    name: 'kill of several',
    strike(prey) {
      const share = prey.random.pick([0.5, 1])
      for (const node of prey.nodes) {
        if (!prey.random.chance(share)) continue
        node.kill()
        node.restartAfter(back(prey))
      }
      return undefined
    },
  },
  {
    name: 'one after the other stops',
    strike(prey) {
      const { world, nodes, random, untilMs } = prey
      let at = 0
      for (const node of nodes) {
        world.events.after(at, 'rolling restart', () => {
          if (world.events.now > untilMs) return
          node.stop()
          world.events.after(4000, 'restart after a stop', () => {
            node.kill()
            node.start()
          })
        })
        at += random.pick([500, 5000])
      }
      return undefined
    },
  },
]

const turnedBit: Trouble<ClusterPrey> = {
  name: 'a bit turns over',
  strike(prey) {
    flipOneCopy(prey)
    return undefined
  },
}

const moments: readonly Trouble<ClusterPrey>[] = [
  {
    name: 'power cuts at answers',
    strike({ random, trap, clients }) {
      trap.set(random.pick(clients))
      return { ms: 3000, end: () => trap.set(null) }
    },
  },
  {
    name: 'kill at an answer',
    strike({ random, trap, clients }) {
      trap.set(random.pick(clients.filter((name) => /plain|idempotent|sender/.test(name))), true)
      return { ms: 3000, end: () => trap.set(null) }
    },
  },
  {
    // What was said to be on a disk, and was not yet, is gone from it; the leader's own comes back first, and the last to come decides.
    name: 'all lose their power at an answer, while followers flush slowly',
    strike(prey) {
      const { nodes, random, trap, clients } = prey
      const led = leader(prey)
      const others = nodes.filter((node) => node !== led)
      for (const { machine } of others) machine.device.weather = { ...machine.device.weather, flushMs: random.pick([100, 1000]) }
      const all = () => nodes.map((node) => ({ node, downMs: node === led ? 10 : random.pick([10, 3000, 6000]) }))
      trap.set(random.pick(clients.filter((name) => /plain|idempotent|sender/.test(name))), false, all)
      return {
        ms: 3000,
        end() {
          trap.set(null)
          for (const { machine } of others) machine.device.weather = machine.device.usual
        },
      }
    },
  },
  {
    // Whoever voted forgets what was not saved, and whoever was elected cannot tell anybody.
    name: 'a new controller is cut off, and the others lose their power',
    strike(prey) {
      const { world, truth, nodes, random } = prey
      truth.controller?.powerCut()
      truth.controller?.restartAfter(random.pick([300, 3000]))
      truth.onElected = (elected) => {
        truth.onElected = null
        world.events.after(0, 'a worst moment', () => {
          world.events.saw('a new controller was cut off at once')
          const { name } = elected.machine
          cutWhere(prey, (one, other) => one === name || other === name)
          for (const node of nodes) {
            if (!node.isController || node === elected || !node.process) continue
            node.powerCut()
            node.restartAfter(5)
          }
        })
      }
      return {
        ms: 7000,
        end() {
          truth.onElected = null
          world.network.mend()
        },
      }
    },
  },
  {
    name: 'a leader stands still while another one takes its place',
    strike(prey) {
      leader(prey).pause(prey.random.between(3000, 9000))
      return undefined
    },
  },
  turnedBit,
  lateWord,
]

/** In one of three copies that are in sync, in a closed segment that is on the device since long; one broker's disk alone is bad in a run. */
function flipOneCopy({ nodes, truth, random, history, flips, world }: ClusterPrey): void {
  const index = random.below(history.partitions.length)
  const partition = truth.image?.partition(history.topic, index)
  const bad = flips[0]?.id ?? random.pick(nodes.filter(({ isBroker }) => isBroker)).id
  const node = nodes.find(({ id }) => id === bad)!
  if (!partition || flips.length >= 3 || partition.isr.length < 3 || !partition.isr.includes(bad) || !node.broker) return
  const log = node.broker.rooms.replicas.get(history.topic, index)?.log
  const found = log && node.machine.device.find(log.dir)
  if (!log || !(found instanceof SimDirectory)) return
  const segments = [...found.entries].filter(([name]) => name.endsWith('.log')).sort(([a], [b]) => (a < b ? -1 : 1))
  const places = segments.slice(0, -1).flatMap(([, inode], i) => {
    const end = Number.parseInt(segments[i + 1]![0], 10)
    if (!(inode instanceof SimInode) || end > log.highWatermark || end > log.flushedOffset) return []
    return [...batches(inode.bytes)].map((batch) => ({ inode, batch }))
  })
  if (places.length === 0) return
  const { inode, batch } = random.pick(places)
  const { baseOffset, nextOffset, at, sizeInBytes } = batch
  inode.flip(at + HEADER_SIZE + random.below(sizeInBytes - HEADER_SIZE), random.below(8))
  flips.push({ id: bad, topic: history.topic, partition: index, baseOffset })
  history.partitions[index]!.damages.push({ startOffset: baseOffset, endOffset: nextOffset, isMended: true })
  world.events.note(`a bit turns over at node ${bad} in ${history.topic}-${index} at ${baseOffset}`)
  world.events.saw('a bit was turned over')
}

/**
 * Begins what goes wrong in this run; gives the kinds. In some runs it is one of the worst moments alone, which the others would hide. A turned bit is not:
 * where nothing else happens, it is met at the end (`turnBits`).
 */
export function hauntCluster(prey: ClusterPrey): string[] {
  const lone = prey.random.chance(LONE_SHARE) ? prey.random.pick(moments) : turnedBit
  return lone === turnedBit ? haunt(clusterTroubles, prey) : haunt([lone], prey, 1)
}

/** As `hauntCluster`, with nothing but turned bits. */
export function turnBits(prey: ClusterPrey): string[] {
  return haunt([turnedBit], prey, 1)
}

const clusterTroubles: readonly Trouble<ClusterPrey>[] = [
  ...nodeTroubles.map(({ name, strike }) => ({
    name,
    strike: (prey: ClusterPrey) => strike({ ...prey, node: victim(prey) }),
  })),
  ...networkTroubles,
  ...cuts,
  ...many,
  ...moments,
]
