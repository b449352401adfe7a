// Who may connect: max.connections, max.connections.per.ip and its overrides, max.connection.creation.rate. Those too many are closed, those
// too fast wait.

import type { Clock } from '../platform/clock.ts'

export interface ConnectionLimits {
  /** Of all listeners together. */
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  /** Instead of `maxConnectionsPerIp`, by address. */
  readonly perIpOverrides: ReadonlyMap<string, number>
  /** New connections per second; Infinity for any number. */
  readonly maxCreationRate: number
}

export class ConnectionCounts {
  readonly #limits: ConnectionLimits
  readonly #clock: Clock
  readonly #byIp = new Map<string, number>()
  readonly #byListener = new Map<string, number>()
  #all = 0
  #nextCreationAt = 0

  constructor(limits: ConnectionLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  get all(): number {
    return this.#all
  }

  /** Counts a new connection and returns null, or says why there are too many. `maxOfListener` is the listener's own max.connections. */
  enter(ip: string, listener: string, maxOfListener: number): string | null {
    const { maxConnections, maxConnectionsPerIp, perIpOverrides } = this.#limits
    const ofIp = this.#byIp.get(ip) ?? 0
    const ofListener = this.#byListener.get(listener) ?? 0
    const maxOfIp = perIpOverrides.get(ip) ?? maxConnectionsPerIp
    if (this.#all >= maxConnections) return `there are ${this.#all} connections already (max.connections)`
    if (ofListener >= maxOfListener) return `listener ${listener} has ${ofListener} connections already (its max.connections)`
    if (ofIp >= maxOfIp) return `${ip} has ${ofIp} connections already (max.connections.per.ip)`
    this.#all++
    this.#byIp.set(ip, ofIp + 1)
    this.#byListener.set(listener, ofListener + 1)
    return null
  }

  /** A counted connection is over. */
  leave(ip: string, listener: string): void {
    this.#all--
    lower(this.#byIp, ip)
    lower(this.#byListener, listener)
  }

  /** How many ms a connection that just came has to wait to keep the creation rate. A second's worth may come at once. */
  creationDelayMs(): number {
    const { maxCreationRate } = this.#limits
    if (maxCreationRate === Infinity) return 0
    const now = this.#clock.monotonic()
    this.#nextCreationAt = Math.max(this.#nextCreationAt, now - 1000) + 1000 / maxCreationRate
    return Math.max(0, this.#nextCreationAt - now)
  }
}

function lower(counts: Map<string, number>, key: string): void {
  const count = counts.get(key)! - 1
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
