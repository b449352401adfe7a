// The broker of a simulated machine and whoever starts it again.

import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import { violated } from './history.ts'
import type { Sometimes } from './sometimes.ts'

const PORT = 9092

export class BrokerNode {
  readonly machine: Machine
  readonly #overrides: ReadonlyMap<string, string>
  readonly #env: Readonly<Record<string, string>>
  #process: SimProcess | null = null
  #broker: Broker | null = null
  /** While false a start that fails is a violation. */
  mayFail = true
  /** When it was started, each time. */
  readonly startedAt: number[] = []
  #pauses = 0
  /** Hears of each life from where it serves. */
  onServing: ((broker: Broker) => void) | null = null

  constructor(machine: Machine, overrides: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    this.machine = machine
    this.#overrides = new Map(Object.entries(overrides))
    this.#env = env
  }

  /** Whether it has replicas and clients: one of several nodes may be a controller alone. */
  get isBroker(): boolean {
    return this.#overrides.get('process.roles') !== 'controller'
  }

  get bootstrapServers(): string {
    return `${this.machine.name}:${PORT}`
  }

  get isServing(): boolean {
    return this.#broker !== null
  }

  get starts(): number {
    return this.startedAt.length
  }

  get life(): number {
    return this.starts + this.#pauses
  }

  /** It does nothing for a while, as while a garbage collector works. */
  pause(ms: number): void {
    this.#pauses++
    if (this.#process) this.#process.pausedUntil = this.machine.world.events.now + ms
  }

  get broker(): Broker | null {
    return this.#broker
  }

  get process(): SimProcess | null {
    return this.#process
  }

  /** Begins to start; who waits asks `isServing`. */
  start(): void {
    const process = this.machine.start()
    this.#process = process
    this.startedAt.push(this.machine.world.events.now)
    void this.#run(process)
  }

  async #run(process: SimProcess): Promise<void> {
    const overrides = new Map([['listeners', `PLAINTEXT://${this.bootstrapServers}`], ['log.dirs', '/data'], ...this.#overrides])
    try {
      const broker = await Broker.start(loadConfig({ profile: 'library', overrides, env: this.#env }), process.platform)
      this.#broker = broker
      this.machine.world.events.note('the broker serves')
      this.onServing?.(broker)
      void broker.failed.then((why) => this.#again(process, why))
    } catch (thrown) {
      this.#again(process, thrown as Error)
    }
  }

  /** It stopped by itself; something starts it again after a while. */
  #again(process: SimProcess, why: Error): void {
    if (this.#process !== process || !process.isAlive) return
    this.machine.world.events.note(`the broker gives up: ${why.message}`)
    this.#saw('the broker gave up, and was started again')
    if (!this.mayFail)
      this.machine.world.events.after(0, 'violation', () => violated(`the broker gives up on a sound machine: ${why.stack}`))
    this.kill()
    this.restartAfter(1000)
  }

  restartAfter(ms: number): void {
    this.machine.world.events.after(ms, 'restart', () => {
      if (!this.#process) this.start()
    })
  }

  #saw(what: Sometimes): void {
    this.machine.world.events.saw(what)
  }

  /** kill -9. */
  kill(): void {
    if (this.#broker && this.isBroker && hasUnflushed(this.#broker))
      this.#saw('the broker was killed between an append and its flush')
    this.#process?.kill()
    this.#forget()
  }

  powerCut(): void {
    this.machine.powerCut()
    this.#forget()
  }

  /** A clean stop; `isServing` is false from now on, and the process ends when all is closed. */
  stop(): void {
    const [process, broker] = [this.#process, this.#broker]
    if (!process || !broker) return this.kill()
    this.#broker = null
    const end = (why?: Error) => {
      if (this.#process !== process) return
      this.machine.world.events.note(`the broker has stopped${why ? `: ${why.message}` : ''}`)
      this.kill()
    }
    broker.close().then(() => end(), end)
  }

  #forget(): void {
    this.#process = null
    this.#broker = null
  }
}

function hasUnflushed({ rooms }: Broker): boolean {
  for (const { log } of rooms.replicas.all()) if (log.flushedOffset < log.endOffset) return true
  return false
}
