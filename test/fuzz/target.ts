// The process under fire as seen from outside: it is started, asked, and found dead or silent.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Order, Report } from './broker-child.ts'
import type { Validated } from './validated.ts'

/** Longer than anything that may take its time on a busy machine. */
const ANSWER_MS = 60_000

export class Target {
  readonly #child: ChildProcess
  #stderr = ''
  #ended: string | null = null

  private constructor(child: ChildProcess) {
    this.#child = child
    child.stderr!.on('data', (bytes) => (this.#stderr = (this.#stderr + bytes).slice(-4000)))
    child.on('exit', (code, signal) => (this.#ended = `the process ended with ${signal ?? code}: ${this.#stderr}`))
  }

  static open(): Target {
    const module = new URL('./broker-child.js', import.meta.url)
    return new Target(fork(module, { execArgv: ['--expose-gc'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }))
  }

  /** Why the process is gone, or null while it lives. */
  get ended(): string | null {
    return this.#ended
  }

  start(): Promise<string> {
    return this.#ask<string>({ do: 'start' })
  }

  /** Three nodes that are one cluster; gives the addresses of all. */
  startCluster(): Promise<string> {
    return this.#ask<string>({ do: 'startCluster' })
  }

  report(): Promise<Report> {
    return this.#ask<Report>({ do: 'report' })
  }

  /** From now to the next report each turn of its event loop is looked at. */
  watch(): Promise<null> {
    return this.#ask<null>({ do: 'watch' })
  }

  /** Closes the broker and tells what memory is left in use. */
  stop(): Promise<NodeJS.MemoryUsage> {
    return this.#ask<NodeJS.MemoryUsage>({ do: 'stop' })
  }

  validate(seed: number, from: number, to: number): Promise<Validated> {
    return this.#ask<Validated>({ do: 'validate', seed, from, to })
  }

  async kill(): Promise<void> {
    if (this.#ended !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  /** One order at a time. Throws when the process dies, does not answer, or says that it failed. */
  async #ask<T>(order: Order): Promise<T> {
    if (this.#ended !== null) throw new Error(this.#ended)
    let timer: NodeJS.Timeout | undefined
    let onExit = () => {}
    let onMessage = (_: { answer?: T; failed?: string }) => {}
    try {
      return await new Promise<T>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing came back within ${ANSWER_MS} ms: ${order.do}`)), ANSWER_MS)
        onExit = () => reject(new Error(this.#ended ?? 'the process ended'))
        onMessage = ({ answer, failed }) => (failed === undefined ? resolve(answer as T) : reject(new Error(failed)))
        this.#child.on('exit', onExit).on('message', onMessage)
        this.#child.send(order)
      })
    } finally {
      clearTimeout(timer)
      this.#child.off('exit', onExit).off('message', onMessage)
    }
  }
}
