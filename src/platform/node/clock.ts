// The real clock.

import type { Clock, Timer } from '../clock.ts'

/** Node fires a timer at once when its delay exceeds this, so longer ones are slept in pieces. */
const LONGEST = 2 ** 31 - 1

export function nodeClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms, run) => new NodeTimer(ms, run),
    soon: (run) => {
      setImmediate(run)
    },
  }
}

class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout
  readonly #dueAt: number
  readonly #run: () => void

  constructor(ms: number, run: () => void) {
    this.#run = run
    this.#dueAt = performance.now() + ms
    this.#timeout = this.#sleep(ms)
  }

  #sleep(ms: number): NodeJS.Timeout {
    const whole = !(ms > LONGEST)
    return setTimeout(() => (whole ? this.#run() : this.#sleepOn()), whole ? ms : LONGEST).unref()
  }

  #sleepOn(): void {
    this.#timeout = this.#sleep(this.#dueAt - performance.now())
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }
}
