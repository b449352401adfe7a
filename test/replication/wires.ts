// What goes between the nodes of a simulation: messages that are late, lost where a wire is cut, and never delivered to the dead.

import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { SeededRandom } from '../../src/platform/sim/random.ts'
import type { World } from '../../src/platform/sim/world.ts'

export class Wires {
  readonly world: World
  readonly random: SeededRandom
  latencyMs = 2
  /** Share of messages that take up to `slowMs`. */
  slowShare = 0
  slowMs = 0
  readonly #cut = new Set<string>()

  constructor(world: World) {
    this.world = world
    this.random = world.random.fork()
  }

  /** Nothing gets from one to the other any more. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`)
  }

  mend(): void {
    this.#cut.clear()
  }

  get isWhole(): boolean {
    return this.#cut.size === 0
  }

  isCut(from: number, to: number): boolean {
    return this.#cut.has(`${from}>${to}`)
  }

  /** Runs `deliver` at the other end, if the message gets there and `to` is alive by then. */
  send(from: number, to: number, process: SimProcess | null, what: string, deliver: () => void): void {
    if (this.isCut(from, to)) return
    const slow = this.random.chance(this.slowShare)
    const ms = this.random.next() * (slow ? this.slowMs : this.latencyMs)
    this.world.events.after(ms, `${from}>${to} ${what}`, deliver, process)
  }
}
