// Machines, their disks and clocks, and the network between them: one queue of events, one seed, one trace.

import type { Facts, Level } from '../logger.ts'
import { WallClock } from './clock.ts'
import { SimDevice } from './disk.ts'
import { Events, type Turn } from './events.ts'
import { SimNetwork } from './network.ts'
import { SimProcess } from './process.ts'
import { SeededRandom } from './random.ts'
import { Trace } from './trace.ts'

export interface WorldOptions {
  readonly seed: number
  /** One turn of the real event loop (`setImmediate`): the only thing that simulation takes from outside. */
  readonly turn: Turn
  /** More of them in one world is a failure. */
  readonly maxEvents?: number
}

export interface LogLine {
  readonly process: SimProcess
  readonly level: Level
  readonly message: string
  readonly facts: Facts
}

export class World {
  readonly random: SeededRandom
  readonly trace = new Trace()
  readonly events: Events
  readonly network: SimNetwork
  /** Hears every line from `info` up. */
  onLine: ((line: LogLine) => void) | null = null
  readonly #machines = new Map<string, Machine>()

  constructor({ seed, turn, maxEvents }: WorldOptions) {
    this.random = new SeededRandom(seed)
    this.events = new Events(this.trace, turn, maxEvents)
    this.network = new SimNetwork(this.events, this.random.fork())
  }

  /** The machine of that name; there from its first mention. */
  machine(name: string): Machine {
    let found = this.#machines.get(name)
    if (!found) this.#machines.set(name, (found = new Machine(name, this)))
    return found
  }
}

export class Machine {
  readonly name: string
  readonly world: World
  readonly device: SimDevice
  readonly wall: WallClock
  #processes: SimProcess[] = []
  isUp = true

  constructor(name: string, world: World) {
    this.name = name
    this.world = world
    this.device = new SimDevice(world.events, world.random.fork())
    this.wall = new WallClock(world.events)
  }

  /** A new process; a machine without power gets it back. */
  start(name = this.name): SimProcess {
    this.isUp = true
    const process = new SimProcess(name, this)
    this.#processes = [...this.#processes.filter(({ isAlive }) => isAlive), process]
    return process
  }

  /** All its processes end, the disk forgets what was not flushed, and nobody is told. */
  powerCut(): void {
    this.isUp = false
    for (const one of this.#processes) one.losePower()
    this.device.powerCut()
  }
}
