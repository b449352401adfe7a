// The foreign producers of load.py, as the campaign sees them.

import { fileURLToPath } from 'node:url'
import { type Child, type Processes, processes, pythonWithClient } from './foreign.ts'

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
  /** What came behind each word that a line began with, the newest last. */
  readonly #said: ReadonlyMap<string, string[]>
  /** How many records of the present topic were acknowledged so far. */
  acknowledged = 0

  private constructor(start: Processes['start'], python: string, bootstrap: string) {
    const said = new Map<string, string[]>()
    this.#said = said
    this.#child = start(python, [SCRIPT, bootstrap, String(RECORDS_PER_SECOND)], {
      input: null,
      onLine: (line) => {
        const at = line.indexOf(' ')
        const [word, rest] = [line.slice(0, at), line.slice(at + 1)]
        if (word === 'acknowledged') this.acknowledged = Number(rest)
        else said.set(word, [...(said.get(word) ?? []), rest])
        if (word === 'ready') this.acknowledged = 0
      },
    })
  }

  static async start(bootstrap: string): Promise<Load> {
    const python = await pythonWithClient()
    return new Load((await processes()).start, python, bootstrap)
  }

  #lines(word: string): readonly string[] {
    return this.#said.get(word) ?? []
  }

  async topic(name: string): Promise<void> {
    this.#child.stdin.write(`topic ${name}\n`)
    await this.#until(`topic ${name}`, 90_000, () => this.#lines('ready').includes(name))
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
