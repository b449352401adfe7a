// Ports that are taken before anybody listens there: who starts several nodes at once has to tell each of them where the others will be.

import { assert } from '../base/assert.ts'
import type { Address, Connection, Listener, Network } from '../platform/network.ts'

interface Held {
  readonly listener: Listener
  /** Null until somebody listens; whoever connects before waits. */
  accept: ((connection: Connection) => void) | null
  readonly early: Connection[]
}

export class ReservedPorts {
  readonly #network: Network
  readonly #held = new Map<number, Held>()

  constructor(network: Network) {
    this.#network = network
  }

  /** Takes a port of `host`, 0 for any that is free; gives its number. Throws where it is taken by somebody else. */
  async reserve({ host, port }: Address): Promise<number> {
    let held: Held | null = null
    const waiting: Connection[] = []
    const accept = (connection: Connection) => {
      if (held?.accept) held.accept(connection)
      else waiting.push(connection)
    }
    const listener = await this.#network.listen({ host, port }, accept)
    held = { listener, accept: null, early: waiting }
    this.#held.set(listener.address.port, held)
    return listener.address.port
  }

  /** The network, in which whoever listens at a reserved port takes it over. Once only: a port that was closed is free for everybody. */
  get network(): Network {
    const network = this.#network
    return {
      hostName: network.hostName,
      connect: (address, signal) => network.connect(address, signal),
      listen: async (address, accept) => this.#takeOver(address.port, accept) ?? network.listen(address, accept),
    }
  }

  #takeOver(port: number, accept: (connection: Connection) => void): Listener | null {
    const held = this.#held.get(port)
    if (!held) return null
    assert(held.accept === null, `nobody listens at port ${port} yet`)
    this.#held.delete(port)
    held.accept = accept
    for (const connection of held.early.splice(0)) accept(connection)
    return held.listener
  }

  /** Gives back what nobody took over. */
  async close(): Promise<void> {
    const left = [...this.#held.values()]
    this.#held.clear()
    for (const { early } of left) for (const connection of early) connection.close()
    await Promise.all(left.map(({ listener }) => listener.close()))
  }
}
