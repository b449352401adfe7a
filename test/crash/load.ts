// The foreign producers and the foreign group of load.py, as the campaigns see them.

import { fileURLToPath } from 'node:url'
import { type Child, type Processes, processes, pythonWithClient } from './foreign.ts'
import { sleep } from './sleep.ts'

const SCRIPT = fileURLToPath(new URL('../../../test/crash/load.py', import.meta.url))
const WATCH_MS = 90_000

/** What load.py does, as it understands it. */
export interface LoadSettings {
  /** Records a second. */
  readonly rate: number
  /** Of each topic. */
  readonly partitions: number
  readonly replicas: number
  /** Of the group that reads along; may be 0. */
  readonly members: number
  /** More settings of every client, in librdkafka's words. */
  readonly client?: Readonly<Record<string, string | number>>
}

export interface Checked {
  readonly acknowledged: number
  readonly read: number
  /** What the group was given: how many records, how many of them again, and how many of its commits were refused. */
  readonly grouped: number
  readonly again: number
  readonly refused: number
  /** Errors that the group's members saw and lived with. */
  readonly visible: readonly string[]
  /** Where each partition ends. */
  readonly ends: readonly number[]
  readonly wrong: readonly string[]
}

export class Load {
  readonly #child: Child
  /** What came behind each word that a line began with, the newest last. */
  readonly #said: ReadonlyMap<string, string[]>
  /** How many records of the present topic were acknowledged so far. */
  acknowledged = 0
  #asked = 0

  private constructor(start: Processes['start'], python: string, bootstrap: string, settings: LoadSettings) {
    const said = new Map<string, string[]>()
    this.#said = said
    this.#child = start(python, [SCRIPT, bootstrap, JSON.stringify(settings)], {
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

  static async start(bootstrap: string, settings: LoadSettings): Promise<Load> {
    const python = await pythonWithClient()
    return new Load((await processes()).start, python, bootstrap, settings)
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

  /** When each of these partitions has acknowledged a record that was sent after `since` (Date.now()): how long that took, in milliseconds. */
  watch(since: number, partitions: readonly number[], limitMs = WATCH_MS): Promise<ReadonlyMap<number, number>> {
    return this.#ask('watched', partitions, `watch ${this.#asked} ${since}`, limitMs)
  }

  /** Forgets for how long partitions acknowledged nothing. */
  mark(): void {
    this.#child.stdin.write('mark\n')
  }

  /** For how long each of these partitions acknowledged nothing since the mark, at most, in milliseconds. */
  pauses(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.#ask('pauses', partitions, `pauses ${this.#asked}`, 10_000)
  }

  async #ask(word: string, partitions: readonly number[], order: string, limitMs: number): Promise<ReadonlyMap<number, number>> {
    if (partitions.length === 0) return new Map()
    const begin = `${this.#asked++} `
    this.#child.stdin.write(`${order} ${partitions.join(',')}\n`)
    const answer = () => this.#lines(word).find((line) => line.startsWith(begin))
    await this.#until(`answer of partitions ${partitions.join(', ')} to "${order}"`, limitMs, () => answer() !== undefined)
    const told: Record<string, number> = JSON.parse(answer()!.slice(begin.length))
    return new Map(Object.entries(told).map(([partition, ms]) => [Number(partition), ms]))
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
