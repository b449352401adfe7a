// Who may connect: max.connections, max.connections.per.ip and its overrides, max.connection.creation.rate. Those too many are closed, those
// too fast wait. All of them may change while the server runs, and hold for those who come from then on.

export interface ListenerLimits {
  readonly maxConnections: number
  /** New connections per second; Infinity for any number. */
  readonly maxCreationRate: number
}

export interface ConnectionLimits extends ListenerLimits {
  readonly maxConnectionsPerIp: number
  /** Instead of `maxConnectionsPerIp`, by address. */
  readonly perIpOverrides: ReadonlyMap<string, number>
  /** Of one listener, by its name: `listener.name.<name>.`; those above are of all listeners together. */
  readonly listeners: ReadonlyMap<string, ListenerLimits>
}

export class ConnectionCounts {
  readonly #limits: () => ConnectionLimits
  readonly #byIp = new Map<string, number>()
  readonly #byListener = new Map<string, number>()
  #all = 0

  /** `limits` is asked for every connection. */
  constructor(limits: () => ConnectionLimits) {
    this.#limits = limits
  }

  get all(): number {
    return this.#all
  }

  /** Counts a new connection and returns null, or says why there are too many. */
  enter(ip: string, listener: string): string | null {
    const { maxConnections, maxConnectionsPerIp, perIpOverrides, listeners } = this.#limits()
    const ofIp = this.#byIp.get(ip) ?? 0
    const ofListener = this.#byListener.get(listener) ?? 0
    const maxOfIp = perIpOverrides.get(ip) ?? maxConnectionsPerIp
    const maxOfListener = listeners.get(listener)?.maxConnections ?? Infinity
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
}

function lower(counts: Map<string, number>, key: string): void {
  const count = counts.get(key)! - 1
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
