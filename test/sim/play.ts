// What runs of every scenario have in common: a world of its own, whatever goes wrong as its outcome, and ways to let its time pass.

import { type LogLine, World } from '../../src/platform/sim/world.ts'
import { ready } from '../../src/protocol/compression/index.ts'
import type { Actor } from './actor.ts'
import { violated } from './history.ts'

/** From the end of all trouble until everybody is served, in virtual milliseconds. */
export const RECOVERY_MS = 60_000

export interface Outcome {
  readonly world: World
  /** What went wrong; null: nothing. */
  readonly failure: Error | null
  readonly troubles: readonly string[]
  readonly acknowledged: number
  readonly starts: number
}

export abstract class Play {
  readonly world: World
  protected clients: Actor[] = []
  /** The kinds that are on. */
  troubles: string[] = []

  constructor(world: World) {
    this.world = world
  }

  /** From the beginning to the last check; throws at the first broken promise. */
  abstract all(): Promise<void>
  abstract readonly acknowledged: number
  abstract readonly starts: number

  /** A line of a broker's log: an assertion that failed, or an error of JavaScript, ends the run. */
  heard({ facts, message }: LogLine): void {
    if (message.startsWith('a log was cut')) this.world.events.saw('a torn log was cut')
    for (let why: unknown = facts['error'] ?? facts['why']; why instanceof Error; why = why.cause) {
      if (!/^(AssertionFailed|TypeError|RangeError|ReferenceError)$/.test(why.name)) continue
      const bug = why
      this.world.events.after(0, 'violation', () => violated(`a bug in the broker: ${message}: ${bug.stack}`))
      return
    }
  }

  /** What `asking` gives, while event after event runs. */
  protected async whileRunning<T>(what: string, asking: Promise<T>): Promise<T> {
    let answer: { value: T } | { error: unknown } | null = null
    asking.then(
      (value) => (answer = { value }),
      (error) => (answer = { error }),
    )
    await this.until(what, RECOVERY_MS, () => answer !== null)
    const found = answer as unknown as { value: T } | { error: unknown }
    if ('error' in found) throw found.error
    return found.value
  }

  protected async until(what: string | (() => string), ms: number, isTrue: () => boolean): Promise<void> {
    if (!(await this.world.events.run(this.world.events.now + ms, isTrue))) {
      const waiting = this.clients.map(({ name, lastSuccess }) => `${name} ${lastSuccess.toFixed(0)}`)
      violated(`not true within ${ms} ms: ${typeof what === 'string' ? what : what()} (last successes: ${waiting.join(', ')})`)
    }
  }
}

/** Never throws: what went wrong is in the outcome. */
export async function play(seed: number, maxEvents: number, begin: (world: World) => Play): Promise<Outcome> {
  await ready() // loads in real time, once
  const world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents })
  let run: Play | null = null
  world.onLine = (line) => run?.heard(line)
  let failure: Error | null = null
  const onRejection = (why: unknown) => (failure ??= new Error(`nobody handled ${String(why)}`, { cause: why }))
  process.on('unhandledRejection', onRejection)
  try {
    run = begin(world)
    await run.all()
  } catch (thrown) {
    failure ??= thrown as Error
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  return { world, failure, troubles: run?.troubles ?? [], acknowledged: run?.acknowledged ?? 0, starts: run?.starts ?? 0 }
}
