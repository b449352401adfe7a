// Notices that the process of a controller in ZooKeeper has ended long before its session there is over (decision 12): its office is freed, and another node is
// elected. A quorum of our own does that by itself.

import type { ElectedLog } from '../machine/elected-log.ts'
import type { Caller } from '../net/dial.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Address, Network } from '../platform/network.ts'
import { REFUSALS, REFUSED_PAUSE_MS, reach } from './reach.ts'

export interface ControllerWatchRooms {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly nodeId: number
  readonly log: Pick<ElectedLog, 'leaderId' | 'epoch' | 'onRole'>
  /** Where the controller is reached; null while nobody knows. */
  readonly address: () => Address | null
  /** Frees the office of the controller of that epoch; does nothing where another one was elected since. */
  readonly vacate: (leaderId: number, epoch: number) => Promise<void>
}

/** Until the address is known, and while nobody answers there. */
const LOOK_AGAIN_MS = 250

export class ControllerWatch {
  readonly #rooms: ControllerWatchRooms
  /** Another one for each controller that is watched. */
  #mark: object = {}
  #caller: Caller | null = null
  #isOver = false

  constructor(rooms: ControllerWatchRooms) {
    this.#rooms = rooms
    rooms.log.onRole(() => this.#follow())
  }

  stop(): void {
    this.#isOver = true
    this.#letGo()
  }

  #letGo(): void {
    this.#mark = {}
    this.#caller?.close()
    this.#caller = null
  }

  #follow(): void {
    this.#letGo()
    const { leaderId, epoch } = this.#rooms.log
    if (leaderId !== null && leaderId !== this.#rooms.nodeId && !this.#isOver) void this.#watch(leaderId, epoch)
  }

  /** Holds a connection to the controller, and looks what has become of it whenever the connection is over. */
  async #watch(leaderId: number, epoch: number): Promise<void> {
    const mark = this.#mark
    // Before this node got through to it, a refusal says nothing: the name may be wrong, or a firewall in between.
    let isKnown = false
    for (let refusals = 0; this.#mark === mark; ) {
      const address = this.#rooms.address()
      const found = address === null ? 'silent' : await reach(this.#rooms, address)
      if (typeof found !== 'string') {
        isKnown = true
        await this.#whileOpen(found, mark)
      }
      refusals = found === 'refused' && isKnown ? refusals + 1 : 0
      if (refusals === REFUSALS) {
        await this.#free(leaderId, epoch)
        refusals = 0
      }
      await this.#pause(typeof found !== 'string' || refusals > 0 ? REFUSED_PAUSE_MS : LOOK_AGAIN_MS)
    }
  }

  async #whileOpen(caller: Caller, mark: object): Promise<void> {
    if (this.#mark !== mark) return caller.close()
    this.#caller = caller
    await caller.closed
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => void this.#rooms.clock.after(ms, resume))
  }

  async #free(leaderId: number, epoch: number): Promise<void> {
    const { logger, vacate } = this.#rooms
    logger.warn('the process of the controller has ended: nobody listens at its address; another one is elected', {
      leaderId,
      epoch,
    })
    try {
      await vacate(leaderId, epoch)
    } catch (thrown) {
      logger.warn('the office of a controller that is gone could not be freed in ZooKeeper', { leaderId, error: thrown })
    }
  }
}
