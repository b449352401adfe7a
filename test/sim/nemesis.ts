// What goes wrong in one run: each kind of trouble is drawn by its seed, and comes at times drawn by it.

import type { DiskWeather } from '../../src/platform/sim/disk.ts'
import { calmNetwork } from '../../src/platform/sim/network.ts'
import type { SeededRandom } from '../../src/platform/sim/random.ts'
import type { World } from '../../src/platform/sim/world.ts'
import { flipOneBit } from './bit-flip.ts'
import type { BrokerNode } from './broker-node.ts'
import type { History } from './history.ts'

/** What every kind of trouble needs. */
export interface Haunted {
  readonly world: World
  readonly random: SeededRandom
  /** Nothing begins after it. */
  readonly untilMs: number
}

/** One node. */
export interface NodePrey extends Haunted {
  readonly node: BrokerNode
}

export interface Prey extends NodePrey {
  readonly trap: Trap
  readonly history: History
  /** By name. */
  readonly clients: readonly string[]
}

/** Whom a trap takes, and for how long. */
export type Victims = () => readonly { readonly node: BrokerNode; readonly downMs: number }[]

/** Cuts the power, or kills, as soon as a client is told something that must hold: nothing has more to lose than that moment. */
export class Trap {
  readonly #victims: Victims
  readonly #world: World
  #client: string | null = null
  #isKill = false
  #chosen: Victims

  constructor(victims: Victims, world: World) {
    this.#victims = victims
    this.#chosen = victims
    this.#world = world
  }

  /** Null: for nobody. Takes `victims` this time, where they are named. */
  set(client: string | null, isKill = false, victims = this.#victims): void {
    this.#client = client
    this.#isKill = isKill
    this.#chosen = victims
  }

  heard(client: string): void {
    if (client !== this.#client) return
    this.#client = null
    this.#world.events.saw(this.#isKill ? 'a kill right after an answer' : 'a power cut right after an answer')
    for (const { node, downMs } of this.#chosen()) {
      if (this.#isKill) node.kill()
      else node.powerCut()
      node.restartAfter(downMs)
    }
  }
}

/** One kind of trouble; `strike` begins it and gives how long it lasts and what ends it, where something does. */
export interface Trouble<P extends Haunted> {
  readonly name: string
  strike(prey: P): { readonly ms: number; readonly end: () => void } | undefined
}

const down = ({ random }: NodePrey) => random.pick([10, 500, 3000, 12_000])

/** What happens to one node. */
export const nodeTroubles: readonly Trouble<NodePrey>[] = [
  {
    name: 'kill',
    strike(prey) {
      prey.node.kill()
      prey.node.restartAfter(down(prey))
      return undefined
    },
  },
  {
    name: 'power cut',
    strike(prey) {
      prey.node.powerCut()
      prey.node.restartAfter(down(prey))
      return undefined
    },
  },
  {
    name: 'power cuts in a row',
    strike({ world, node, random }) {
      for (let at = 0, i = 0; i < 4; i++, at += random.next() * 60) {
        world.events.after(at, 'another power cut', () => {
          node.powerCut()
          node.start()
        })
      }
      return undefined
    },
  },
  {
    name: 'clean stop',
    strike(prey) {
      prey.node.stop()
      prey.world.events.after(8000, 'restart after a stop', () => {
        prey.node.kill()
        prey.node.start()
      })
      return undefined
    },
  },
  {
    name: 'slow disk',
    strike: ({ node, random }) =>
      weather(
        node,
        { stallMs: random.pick([0, 1, 50, 1000, 6000]), flushMs: random.pick([200, 1000]) },
        random.between(500, 6000),
      ),
  },
  { name: 'full disk', strike: ({ node, random }) => weather(node, { isFull: true }, random.between(200, 6000)) },
  {
    name: 'failing flushes',
    strike: ({ node, random }) =>
      weather(
        node,
        { flushErrorShare: random.pick([0.05, 1]), flushLossShare: random.pick([0, 0.5]) },
        random.between(100, 3000),
      ),
  },
  {
    name: 'failing reads',
    strike: ({ node, random }) => weather(node, { readErrorShare: random.pick([0.02, 1]) }, random.between(100, 3000)),
  },
  {
    name: 'pause',
    strike({ world, node, random, untilMs }) {
      node.pause(Math.min(random.between(100, 20_000), untilMs - world.events.now + 3000))
      return undefined
    },
  },
  {
    name: 'clock jump',
    strike({ world, node, random }) {
      const { wall } = node.machine
      const { offset } = wall
      wall.jump(random.between(-1_000_000, 1_000_000) - wall.offset) // a producer's clock may be an hour ahead, and no more
      if (wall.offset < offset) world.events.saw('the wall clock went back')
      return undefined
    },
  },
  {
    name: 'clock drift',
    strike({ node, random }) {
      node.machine.wall.drift(random.between(0.95, 1.05))
      return undefined
    },
  },
]

/** What happens to the network of all. */
export const networkTroubles: readonly Trouble<Haunted>[] = [
  {
    name: 'resets',
    strike({ world, random }) {
      for (const link of world.network.links) if (random.chance(0.5)) link.reset()
      return undefined
    },
  },
  {
    name: 'silence',
    strike({ world, random }) {
      for (const link of world.network.links) if (random.chance(0.3)) link.isSilent = true
      return undefined
    },
  },
  {
    name: 'slow network',
    strike({ world, random }) {
      const slowMs = random.pick([50, 500, 5000])
      world.network.weather = { latencyMs: 10, slowShare: random.pick([0.02, 0.3]), slowMs, splitShare: 0.4 }
      return { ms: random.between(500, 8000), end: () => (world.network.weather = { ...calmNetwork }) }
    },
  },
]

/** The whole lot of a broker that is alone. */
export const troubles: readonly Trouble<Prey>[] = [
  ...nodeTroubles,
  ...networkTroubles,
  {
    name: 'power cuts at answers',
    strike({ random, trap, clients }) {
      // What the controller promises is rare, and the most is lost with it.
      trap.set(random.chance(0.4) ? 'admin' : random.pick(clients))
      return { ms: 3000, end: () => trap.set(null) }
    },
  },
  {
    name: 'kill at an answer',
    strike({ node, trap }) {
      trap.set('plain', true)
      const slow = weather(node, { stallMs: 20 }, 3000) // a batch takes a while to the operating system
      return {
        ms: slow.ms,
        end() {
          slow.end()
          trap.set(null)
        },
      }
    },
  },
  {
    name: 'a bit turns over',
    strike({ node, random, history }) {
      flipOneBit(node.machine.device, history, random)
      return undefined
    },
  },
]

function weather(node: BrokerNode, changed: Partial<DiskWeather>, ms: number): { ms: number; end: () => void } {
  const { device } = node.machine
  device.weather = { ...device.weather, ...changed }
  return { ms, end: () => (device.weather = device.usual) }
}

/** Every kind is on in that share of the seeds; one comes every few seconds. */
export function haunt<P extends Haunted>(all: readonly Trouble<P>[], prey: P, share = 0.5): string[] {
  const { world, random, untilMs } = prey
  const chosen = all.filter(() => random.chance(share))
  const pace = random.pick([500, 2000, 5000])
  const next = () => {
    world.events.after(random.next() * pace * 2, 'nemesis', () => {
      if (world.events.now >= untilMs || chosen.length === 0) return
      const trouble = random.pick(chosen)
      world.events.note(`nemesis: ${trouble.name}`)
      const struck = trouble.strike(prey)
      if (struck) world.events.after(struck.ms, `nemesis: ${trouble.name} ends`, struck.end)
      next()
    })
  }
  next()
  return chosen.map(({ name }) => name)
}
