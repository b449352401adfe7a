// Three nodes in network namespaces of their own, on one switch with this machine, and the wires between them, which can be cut in one direction.

import { execFileSync } from 'node:child_process'
import { type Between, type End, IDS } from './between.ts'

const CLIENTS_HOST = 250
/** Nobody has it: what is sent there is lost without a word. */
const NOWHERE = '02:00:00:00:00:fe'

export class Wires implements Between {
  readonly what = 'network namespaces, on one switch with the clients'
  readonly #name: string
  readonly #subnet: string
  readonly #cuts: [End, End][] = []

  private constructor(name: string, subnet: string) {
    this.#name = name
    this.#subnet = subnet
  }

  /** Null where namespaces are not allowed: they take root, and `ip` of iproute2. */
  static lay(): Wires | null {
    const number = process.pid % 10_000
    const wires = new Wires(`odk${number}`, `10.213.${number % 250}`)
    process.once('exit', () => wires.takeAway()) // also where a signal ends the campaign
    try {
      wires.#lay()
      return wires
    } catch {
      wires.takeAway()
      return null
    }
  }

  #lay(): void {
    const bridge = this.#switch
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('addr', 'add', `${this.#host('clients')}/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    for (const id of IDS) {
      const [space, plug] = [this.#space(id), `${this.#name}p${id}`]
      ip('netns', 'add', space)
      ip('link', 'add', plug, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
      ip('link', 'set', plug, 'master', bridge, 'up')
      ip('-n', space, 'addr', 'add', `${this.#host(id)}/24`, 'dev', 'eth0')
      ip('-n', space, 'link', 'set', 'eth0', 'up')
      ip('-n', space, 'link', 'set', 'lo', 'up')
    }
  }

  get #switch(): string {
    return `${this.#name}sw`
  }

  #space(id: number): string {
    return `${this.#name}n${id}`
  }

  #host(end: End): string {
    return `${this.#subnet}.${end === 'clients' ? CLIENTS_HOST : end}`
  }

  get settings() {
    return { places: IDS.map((id) => ({ host: this.#host(id), through: ['ip', 'netns', 'exec', this.#space(id)] })) }
  }

  cut(from: End, to: End): void {
    this.#cuts.push([from, to])
    ip(
      ...this.#neighbours(from),
      'neigh',
      'replace',
      this.#host(to),
      'lladdr',
      NOWHERE,
      'dev',
      this.#device(from),
      'nud',
      'permanent',
    )
  }

  heal(): void {
    for (const [from, to] of this.#cuts.splice(0))
      ip(...this.#neighbours(from), 'neigh', 'del', this.#host(to), 'dev', this.#device(from))
  }

  #neighbours(end: End): string[] {
    return end === 'clients' ? [] : ['-n', this.#space(end)]
  }

  #device(end: End): string {
    return end === 'clients' ? this.#switch : 'eth0'
  }

  /** What is not there is none to be taken away. */
  takeAway(): void {
    const all = [...IDS.map((id) => ['netns', 'del', this.#space(id)]), ['link', 'del', this.#switch]]
    for (const args of all) {
      try {
        ip(...args)
      } catch {
        // it was not made
      }
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
