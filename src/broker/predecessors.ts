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
  readonly watch: Pick<BrokerWatch, 'speaks' | 'hasShownItself'>
  readonly nodeId: number
  /** broker.heartbeat.interval.ms: one that lives is on a connection again by then. */
  readonly heartbeatMs: number
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
   * controller. And it does not listen any more: its address refuses, or the second has it. In the latter case a copied machine would have it, too: then
   * the first must have been silent for longer than a heartbeat takes to come back.
   */
  async hasEnded(registered: BrokerImage, successor: Registration): Promise<boolean> {
    const { watch, nodeId, listener, heartbeatMs } = this.#rooms
    if (registered.id === nodeId) return false // this process
    if (!registered.logDirs.some((id) => successor.logDirs.includes(id))) return false
    const before = addressOf(registered.endPoints, listener)
    const now = addressOf(successor.listeners, listener)
    if (before === null || now === null) return false
    const isSame = keyOf(before) === keyOf(now)
    if (await watch.hasShownItself(registered.id, isSame ? heartbeatMs : 0)) return false
    return isSame || this.#refuses(before)
  }

  /** Whether the first one was heard of again after all. */
  speaks(brokerId: number): boolean {
    return this.#rooms.watch.speaks(brokerId)
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
