// The foreign producers of load.py, as the campaign sees them.

import { fileURLToPath } from 'node:url'
import { type Child, processes, pythonWithClient } from './foreign.ts'

const SCRIPT = fileURLToPath(new URL('../../../../test/crash/kill/load.py', import.meta.url))
const RECORDS_PER_SECOND = 3000

export interface Checked {
  readonly acknowledged: number
  readonly read: number
  readonly wrong: readonly string[]
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export class Load {
  readonly #child: Child

  private constructor(child: Child) {
    this.#child = child
  }

  static async start(bootstrap: string): Promise<Load> {
    const python = await pythonWithClient()
    const { start } = await processes()
    return new Load(start(python, [SCRIPT, bootstrap, String(RECORDS_PER_SECOND)], { input: null }))
  }

  /** How many records of the present topic were acknowledged so far. */
  get acknowledged(): number {
    return Number(this.#lines('acknowledged').at(-1) ?? 0)
  }

  #lines(word: string): string[] {
    return [...this.#child.stdout.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest]) => rest!)
  }

  async topic(name: string): Promise<void> {
    this.#child.stdin.write(`topic ${name}\n`)
    await this.#until(`topic ${name}`, 90_000, () => this.#lines('ready').includes(name))
    await this.more(0)
  }

  /** Waits until more than `count` records are acknowledged. */
  more(count: number): Promise<void> {
    return this.#until(`more than ${count} acknowledged records`, 60_000, () => this.acknowledged > count)
  }

  async check(): Promise<Checked> {
    const before = this.#lines('checked').length
    this.#child.stdin.write('check\n')
    await this.#until('the check', 240_000, () => this.#lines('checked').length > before)
    return JSON.parse(this.#lines('checked').at(-1)!)
  }

  async #until(what: string, ms: number, isTrue: () => boolean): Promise<void> {
    for (const since = performance.now(); !isTrue(); await sleep(10)) {
      if (this.#child.exited)
        throw new Error(`the load program ended while we waited for ${what}: ${this.#child.output.slice(-1000)}`)
      if (performance.now() - since > ms) throw new Error(`no ${what} within ${ms} ms: ${this.#child.stderr.slice(-1000)}`)
    }
  }

  /** What the clients said of themselves. */
  get complaints(): string {
    return this.#child.stderr
  }

  end(): void {
    this.#child.destroy()
  }
}
