// The real clock.

import type { Clock, Timer } from '../clock.ts'

/** Node fires a timer at once when its delay exceeds this, so longer ones are slept in pieces. */
const LONGEST = 2 ** 31 - 1

export interface NodeClockOptions {
  /** A pending timer keeps the process alive: for programs whose waits are their own, such as clients that connect again. */
  readonly keepsAlive?: boolean
}

export function nodeClock({ keepsAlive = false }: NodeClockOptions = {}): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms, run) => new NodeTimer(ms, run, keepsAlive),
    soon: (run) => {
      setImmediate(run)
    },
  }
}

class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout
  readonly #dueAt: number
  readonly #run: () => void
  readonly #keepsAlive: boolean

  constructor(ms: number, run: () => void, keepsAlive: boolean) {
    this.#run = run
    this.#keepsAlive = keepsAlive
    this.#dueAt = performance.now() + ms
    this.#timeout = this.#sleep(ms)
  }

  #sleep(ms: number): NodeJS.Timeout {
    const timeout = setTimeout(() => this.#wake(), Math.min(Math.ceil(ms), LONGEST))
    return this.#keepsAlive ? timeout : timeout.unref()
  }

  /** Node counts from the beginning of its turn and may wake a little early; who looked at the clock then would go on to wait, for nobody. */
  #wake(): void {
    const leftMs = this.#dueAt - performance.now()
    if (leftMs > 0) this.#timeout = this.#sleep(leftMs)
    else this.#run()
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }
}
