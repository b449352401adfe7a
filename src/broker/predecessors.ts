// Whether the process that a broker was before has ended, asked when the next one of its id comes while the session of the first still counts
// (decision 12). A refusal from its address alone does not tell: the next process may listen there by now.

import type { Registration } from '../metadata/controller/brokers.ts'
import type { BrokerImage } from '../metadata/image.ts'
import type { Clock } from '../platform/clock.ts'
import type { Address, Network } from '../platform/network.ts'
import { addressOf, type BrokerWatch, keyOf } from './broker-watch.ts'
import { REFUSALS, REFUSED_PAUSE_MS, reach } from './reach.ts'

export interface PredecessorRooms {
  readonly network: Network
  readonly clock: Clock
  readonly watch: Pick<BrokerWatch, 'speaks'>
  readonly nodeId: number
  /** The listener at which brokers reach each other. */
  readonly listener: string
}

export class Predecessors {
  readonly #rooms: PredecessorRooms

  constructor(rooms: PredecessorRooms) {
    this.#rooms = rooms
  }

  /**
   * True only where three things agree. Both processes name one log directory, which one process at a time can lock. The first is on no connection to this
   * controller. And it does not listen any more: the second has its address, or that address refuses. A copy of a directory fails the second test or the
   * third, a wrong address the first.
   */
  async hasEnded(registered: BrokerImage, successor: Registration): Promise<boolean> {
    const { watch, nodeId, listener } = this.#rooms
    if (registered.id === nodeId) return false // this process
    if (!registered.logDirs.some((id) => successor.logDirs.includes(id))) return false
    if (await watch.speaks(registered.id)) return false
    const before = addressOf(registered.endPoints, listener)
    const now = addressOf(successor.listeners, listener)
    if (before === null || now === null) return false
    return keyOf(before) === keyOf(now) || this.#refuses(before)
  }

  async #refuses(address: Address): Promise<boolean> {
    for (let refusals = 0; refusals < REFUSALS; refusals++) {
      if (refusals > 0) await new Promise<void>((resume) => void this.#rooms.clock.after(REFUSED_PAUSE_MS, resume))
      const found = await reach(this.#rooms, address)
      if (found === 'refused') continue
      if (found !== 'silent') found.close()
      return false
    }
    return true
  }
}
