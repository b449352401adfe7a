// A program that uses odradek/client as anybody would, on a simulated machine: it ends and begins again, is killed, and stands still for a while. What it
// closes leaves nothing behind.

import type { SimProcess } from '../../../src/platform/sim/process.ts'
import type { SeededRandom } from '../../../src/platform/sim/random.ts'
import type { Machine, World } from '../../../src/platform/sim/world.ts'
import type { Actor } from '../actor.ts'
import { Violation, violated } from '../history.ts'
import type { Sometimes } from '../sometimes.ts'

/** What ends a life before its time comes. */
const ENDS = ['close', 'close', 'kill'] as const
const LIFE_MS = { from: 3000, to: 20_000 }
const PAUSE_SHARE = 0.3
const JUMP_SHARE = 0.2
const JUMP_MS = 900_000
/** From the end of a program's own code to the end of its process: what a system has to say of closed connections. */
const GOODBYE_MS = 2000
/** Until a system has said that a connection is closed. */
const MOMENT_MS = 1

/** From one start of the program to its end. */
export class Life {
  readonly number: number
  readonly process: SimProcess
  readonly #onEnd: (() => void)[] = []
  #isEnding = false

  constructor(number: number, process: SimProcess) {
    this.number = number
    this.process = process
  }

  /** It has been asked to end. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    for (const run of this.#onEnd.splice(0)) run()
  }

  onEnd(run: () => void): void {
    if (this.#isEnding) run()
    else this.#onEnd.push(run)
  }

  /** On the program's own clock: one that was killed never comes back from it. */
  sleep(ms: number): Promise<void> {
    return new Promise((resume) => void this.process.platform.clock.after(ms, resume))
  }
}

export abstract class Program implements Actor {
  readonly name: string
  readonly world: World
  readonly random: SeededRandom
  readonly #machine: Machine
  #life: Life | null = null
  #lives = 0
  #mustStop = false
  #isCalm = false
  isOver = false

  constructor(name: string, world: World) {
    this.name = name
    this.world = world
    this.random = world.random.fork()
    this.#machine = world.machine(name)
    // Who is made of more than this begins when all of it is there.
    world.events.after(0, `${name} begins`, () => void this.#live())
  }

  abstract readonly lastSuccess: number

  /** All that the program does; resolves when `life.isEnding` and all is closed. */
  protected abstract work(life: Life): Promise<void>

  stop(): void {
    this.#mustStop = true
    this.#life?.end()
  }

  get isCalm(): boolean {
    return this.#isCalm
  }

  /** From here on it neither dies nor stands still. */
  calm(): void {
    this.#isCalm = true
  }

  get now(): number {
    return this.world.events.now
  }

  note(what: string): void {
    this.world.events.note(`${this.name} ${what}`)
  }

  saw(what: Sometimes): void {
    this.world.events.saw(what)
  }

  /** Ends the run, from wherever it is thrown: inside an event it reaches who runs it. */
  fail(thrown: unknown): void {
    this.world.events.after(0, 'violation', () => {
      throw thrown instanceof Violation ? new Violation(`${this.name}: ${thrown.message}`) : thrown
    })
  }

  async #live(): Promise<void> {
    try {
      while (!this.#mustStop) await this.#oneLife()
      this.isOver = true
    } catch (thrown) {
      this.fail(thrown)
    }
  }

  async #oneLife(): Promise<void> {
    const process = this.#machine.start()
    const life = new Life(++this.#lives, process)
    this.#life = life
    const killed = new Promise<'killed'>((resolve) => this.#haunt(life, () => resolve('killed')))
    const how = await Promise.race([this.work(life).then(() => 'closed' as const), killed])
    if (how === 'closed') await this.#checkNothingLeft(process)
    process.kill()
    await this.pass(this.random.between(10, 1000))
  }

  #haunt(life: Life, onKill: () => void): void {
    const { events } = this.world
    const isKill = this.random.pick(ENDS) === 'kill'
    const end = () => {
      if (this.#isCalm || this.#life !== life || life.isEnding) return
      if (!isKill) return life.end()
      this.saw('a program was killed')
      life.process.kill()
      onKill()
    }
    // It ends by itself, when it does not stand still; who kills it does not ask.
    const dueMs = this.random.between(LIFE_MS.from, LIFE_MS.to)
    const timer = events.after(dueMs, `${this.name} ends`, end, isKill ? null : life.process)
    life.onEnd(() => timer.cancel())
    if (this.random.chance(JUMP_SHARE)) this.#setClock()
    if (!this.random.chance(PAUSE_SHARE)) return
    const ms = this.random.pick([500, 3000, 9000])
    events.after(this.random.between(1000, LIFE_MS.to), `${this.name} stands still`, () => {
      if (this.#isCalm || !life.process.isAlive) return
      this.saw('a program stood still')
      life.process.pausedUntil = events.now + ms
    })
  }

  /** Only what records are stamped with may change by it. */
  #setClock(): void {
    const ms = this.random.between(-JUMP_MS, JUMP_MS)
    this.world.events.after(this.random.between(0, LIFE_MS.to), `${this.name} has another time`, () => {
      if (this.#isCalm) return
      this.saw("a program's clock jumped")
      this.#machine.wall.jump(Math.floor(ms))
    })
  }

  /** Its `close` has resolved: no timer of it waits any more, and soon no connection and no event of any kind is left. */
  async #checkNothingLeft(process: SimProcess): Promise<void> {
    const { events, network } = this.world
    // One that stands still hears of nothing before it goes on.
    do await this.pass(MOMENT_MS + Math.max(0, process.pausedUntil - this.now))
    while (process.pausedUntil > this.now)
    const timers = events.pendingOf(process).filter((what) => what === 'timer')
    if (timers.length > 0) violated(`${timers.length} timers are left after close()`)
    await this.pass(GOODBYE_MS)
    const left = events.pendingOf(process)
    if (left.length > 0) violated(`after close() there is still to come: ${left}`)
    const open = network.links.filter(({ client }) => client.process === process && !client.isOver)
    if (open.length > 0) violated(`${open.length} connections are open after close()`)
  }

  /** On no machine's clock: whoever waits here is not of the program. */
  pass(ms: number): Promise<void> {
    return new Promise((resume) => void this.world.events.after(ms, `${this.name} is looked at`, resume))
  }
}
