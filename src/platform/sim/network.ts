// All machines' network: bytes are late, come in pieces of any size, and connections break at any byte, or fall silent.

import { deferred } from '../../base/deferred.ts'
import { type Address, type Connection, ConnectRefused, type Listener, type Network } from '../network.ts'
import { Link } from './connection.ts'
import type { Events } from './events.ts'
import type { SimProcess } from './process.ts'
import type { SeededRandom } from './random.ts'

const FIRST_CHOSEN_PORT = 40_000
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const ANY = new Set(['', '0.0.0.0', '::'])

interface Bound {
  readonly process: SimProcess
  readonly hosts: ReadonlySet<string> | null
  readonly accept: (connection: Connection) => void
}

/** What the network is like now; a scenario changes it. */
export interface NetworkWeather {
  /** The longest ordinary delay of one piece, one way. */
  latencyMs: number
  /** Share of pieces that take up to `slowMs`. */
  slowShare: number
  slowMs: number
  /** Share of sends that arrive in several pieces. */
  splitShare: number
}

export const calmNetwork: NetworkWeather = { latencyMs: 1, slowShare: 0, slowMs: 0, splitShare: 0.1 }

export class SimNetwork {
  readonly events: Events
  readonly random: SeededRandom
  weather: NetworkWeather = { ...calmNetwork }
  /** Hears what clients of connections send, before it goes on its way. */
  onSend: ((link: Link, bytes: Uint8Array) => void) | null = null
  readonly #links = new Set<Link>()
  /** By machine and port. */
  readonly #bound = new Map<string, Bound[]>()
  /** `from to`, by machine. */
  readonly #cuts = new Set<string>()
  #nextPort = FIRST_CHOSEN_PORT

  constructor(events: Events, random: SeededRandom) {
    this.events = events
    this.random = random
  }

  /** The network as one process sees it. */
  of(self: SimProcess): Network {
    return {
      hostName: self.machine.name,
      listen: async (address, accept) => this.#listen(self, address, accept),
      connect: (address, signal) => this.#connect(self, address, signal),
    }
  }

  delay(): number {
    const { latencyMs, slowShare, slowMs } = this.weather
    return this.random.chance(slowShare) ? this.random.next() * slowMs : this.random.next() * latencyMs
  }

  /** The open connections, oldest first. */
  get links(): Link[] {
    return [...this.#links]
  }

  /** What one machine sends to another is held back until `mend`, as TCP does it, which sends again and again. Nobody is told. */
  cut(from: string, to: string): void {
    if (from !== to) this.#cuts.add(`${from} ${to}`)
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(`${from} ${to}`)
  }

  /** All machines reach each other again; what was held back arrives a little later. */
  mend(): void {
    this.#cuts.clear()
    for (const link of this.links) link.mend()
  }

  forget(link: Link): void {
    this.#links.delete(link)
  }

  /** `process` is gone. Its peers are told by the system it ran on, unless that went too. */
  lost(process: SimProcess, withMachine: boolean): void {
    for (const [key, bounds] of this.#bound)
      this.#bound.set(
        key,
        bounds.filter((bound) => bound.process !== process),
      )
    for (const link of this.links) link.lost(process, withMachine)
  }

  #listen(self: SimProcess, { host, port: wanted }: Address, accept: Bound['accept']): Listener {
    const port = wanted === 0 ? this.#nextPort++ : wanted
    const key = `${self.machine.name}:${port}`
    const hosts = ANY.has(host) ? null : host === 'localhost' ? LOOPBACK : new Set([host])
    const others = this.#bound.get(key) ?? []
    if (others.some((other) => other.hosts === null || hosts === null || [...hosts].some((name) => other.hosts!.has(name)))) {
      throw new Error(`could not listen on ${host}, port ${port}: another process does; choose another port`)
    }
    const bound = { process: self, hosts, accept }
    this.#bound.set(key, [...others, bound])
    return {
      address: { host, port },
      close: async () => {
        this.#bound.set(
          key,
          (this.#bound.get(key) ?? []).filter((other) => other !== bound),
        )
      },
    }
  }

  #connect(self: SimProcess, { host, port }: Address, signal?: AbortSignal): Promise<Connection> {
    const connected = deferred<Connection>()
    const giveUp = () => connected.reject(signal!.reason)
    signal?.addEventListener('abort', giveUp)
    const isLocal = LOOPBACK.has(host)
    const machine = isLocal ? self.machine : self.machine.world.machine(host)
    const from = { host: isLocal ? (host === '::1' ? host : '127.0.0.1') : self.machine.name, port: this.#nextPort++ }
    const to = { host: isLocal ? from.host : host, port }
    const answer = (what: string, run: () => void) => void this.events.after(this.delay(), what, run, self)
    this.events.after(this.delay(), `net connect ${from.host}:${from.port} ${host}:${port}`, () => {
      const isReached = !this.isCut(self.machine.name, machine.name) && !this.isCut(machine.name, self.machine.name)
      if (!machine.isUp || !isReached) return // nobody says anything
      const bound = (this.#bound.get(`${machine.name}:${port}`) ?? []).find(({ hosts }) => hosts === null || hosts.has(host))
      if (!bound?.process.isAlive) {
        answer('net refused', () => connected.reject(new ConnectRefused(`could not connect to ${host}:${port}: ECONNREFUSED`)))
        return
      }
      const link = new Link(this, { process: self, address: from }, { process: bound.process, address: to })
      this.#links.add(link)
      this.events.after(0, `net accept ${from.port}`, () => bound.accept(link.server), bound.process)
      answer(`net connected ${from.port}`, () => {
        signal?.removeEventListener('abort', giveUp)
        if (signal?.aborted) link.client.close()
        else connected.resolve(link.client)
      })
    })
    return connected.promise
  }
}
