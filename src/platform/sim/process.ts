// One life of one program on a simulated machine. After its death nothing that it began goes on.

import type { Facts, Level, Logger } from '../logger.ts'
import { inlineOffload } from '../offload.ts'
import type { Platform } from '../platform.ts'
import { simClock } from './clock.ts'
import type { DiskCalls } from './disk.ts'
import type { Machine } from './world.ts'

export class SimProcess {
  readonly name: string
  readonly machine: Machine
  readonly platform: Platform
  readonly #calls: DiskCalls
  isAlive = true
  /** Until then it does nothing, as while a garbage collector works. */
  pausedUntil = 0

  constructor(name: string, machine: Machine) {
    const { world, device, wall } = machine
    this.name = name
    this.machine = machine
    this.#calls = device.calls(this)
    this.platform = {
      clock: simClock(world.events, this, wall),
      random: world.random.fork(),
      network: world.network.of(this),
      disk: device.of(this, this.#calls),
      offload: inlineOffload,
      logger: this.#logger(),
    }
  }

  #logger(): Logger {
    const { world } = this.machine
    const note =
      (level: Level) =>
      (message: string, facts: Facts = {}) => {
        const error = facts['error'] ?? facts['why']
        world.events.note(`log ${this.name} ${level}: ${message}${error === undefined ? '' : ` (${String(error)})`}`)
        world.onLine?.({ process: this, level, message, facts })
      }
    return { debug() {}, info: note('info'), warn: note('warn'), error: note('error') }
  }

  /** Ends at once; what it handed to the system stays. */
  kill(): void {
    if (this.isAlive) this.#die(false)
  }

  /** As `kill`, and no system is left to tell its peers. */
  losePower(): void {
    if (this.isAlive) this.#die(true)
  }

  #die(withMachine: boolean): void {
    const { world } = this.machine
    world.events.note(`${this.name} ${withMachine ? 'loses power' : 'is killed'}`)
    this.isAlive = false
    this.#calls.lost()
    world.network.lost(this, withMachine)
  }
}
