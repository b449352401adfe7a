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
    const whole = !(ms > LONGEST)
    const timeout = setTimeout(() => (whole ? this.#run() : this.#sleepOn()), whole ? ms : LONGEST)
    return this.#keepsAlive ? timeout : timeout.unref()
  }

  #sleepOn(): void {
    this.#timeout = this.#sleep(this.#dueAt - performance.now())
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }
}
