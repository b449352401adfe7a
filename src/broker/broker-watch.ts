// Notices that a broker's process is gone long before its session is over (decision 12). Silence proves nothing: a process may be late, or suspended. But its
// system closes its connections and its listeners when it ends, and says so; a process that lives, however busy, has its listeners open.

import { endSession } from '../metadata/controller/heartbeats.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import type { Subscriber } from '../metadata/publisher.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Address, Network } from '../platform/network.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { RequestContext } from './handler.ts'
import { REFUSALS, REFUSED_PAUSE_MS, reach } from './reach.ts'

export interface BrokerWatchRooms {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly controller: Pick<ControllerChannel, 'isActive' | 'onActive' | 'decide'>
  readonly image: MetadataImage
  readonly nodeId: number
  /** The listener at which brokers reach each other; empty where this node does not know its name: then any of a broker's. */
  readonly listener: string
  /** broker.session.timeout.ms: by then the session has decided. */
  readonly sessionMs: number
  /** The process of that broker has ended, and it is fenced: what else stands for it can go. */
  readonly onEnded?: (brokerId: number) => Promise<void>
}

/** After an answer that proves nothing it looks again, each time after twice as long: a process that is about to end still listens for a moment. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000
/** Brokers that live show themselves to a new active controller by then: ours speak at once, as soon as they know it. */
const SHOWN_AFTER_MS = 500

type Found = 'listens' | 'refused' | 'silent'

export class BrokerWatch {
  readonly #rooms: BrokerWatchRooms
  /** Where this node once got through to: a refusal there means something. */
  readonly #known = new Map<number, string>()
  /** On which connection each broker spoke last. */
  readonly #speaksOn = new Map<number, number>()
  /** Since when each broker that spoke is on no connection. */
  readonly #silentSince = new Map<number, number>()
  /** Who may be gone. Another mark is another suspicion. */
  readonly #suspected = new Map<number, object>()
  #inOfficeSince = Number.NEGATIVE_INFINITY
  #isOver = false

  constructor(rooms: BrokerWatchRooms) {
    this.#rooms = rooms
    rooms.controller.onActive(() => this.#tookOffice())
  }

  /** Learns where brokers can be reached, on every controller, so that the next active one knows it. */
  readonly follow: Subscriber = ({ image, brokersChanged }) => {
    for (const id of brokersChanged) {
      const broker = image.brokers.get(id)
      if (broker && this.#isAnother(id)) void this.#meet(broker)
    }
  }

  /** A heartbeat, or a registration, came. While its connection lasts, nothing is suspected. */
  heard(brokerId: number, { connectionId, gone }: Pick<RequestContext, 'connectionId' | 'gone'>): void {
    this.#suspected.delete(brokerId)
    if (!this.#isAnother(brokerId) || this.#speaksOn.get(brokerId) === connectionId) return
    this.#speaksOn.set(brokerId, connectionId)
    const ended = () => {
      if (this.#speaksOn.get(brokerId) !== connectionId) return
      this.#speaksOn.delete(brokerId)
      this.#silentSince.set(brokerId, this.#rooms.clock.monotonic())
      this.#suspect(brokerId)
    }
    if (gone.aborted) ended()
    else gone.addEventListener('abort', ended, { once: true })
  }

  /** Whether the connection lasts on which that broker spoke last. */
  speaks(brokerId: number): boolean {
    return this.#speaksOn.has(brokerId)
  }

  /**
   * The same, told when one that lives had time to speak here: since this controller is the active one, and, where `silentMs` is given, for so long
   * since its last connection ended.
   */
  async hasShownItself(brokerId: number, silentMs = 0): Promise<boolean> {
    const silentSince = silentMs > 0 ? (this.#silentSince.get(brokerId) ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY
    const since = Math.max(this.#inOfficeSince, silentSince)
    const left = since + silentMs + SHOWN_AFTER_MS - this.#rooms.clock.monotonic()
    if (left > 0 && !this.speaks(brokerId)) await this.#pause(left)
    return this.speaks(brokerId)
  }

  /** Looks at nobody any more. */
  stop(): void {
    this.#isOver = true
    this.#suspected.clear()
  }

  /** A broker of this very process is alive as long as anybody here can ask. */
  #isAnother(brokerId: number): boolean {
    return brokerId !== this.#rooms.nodeId
  }

  /** Who did not speak to this controller yet may have ended together with the one before. */
  #tookOffice(): void {
    this.#speaksOn.clear()
    this.#silentSince.clear()
    this.#inOfficeSince = this.#rooms.clock.monotonic()
    for (const { id } of this.#rooms.image.brokers.values()) if (this.#isAnother(id)) this.#suspect(id)
  }

  #suspect(id: number): void {
    if (!this.#isOver && this.#rooms.controller.isActive) void this.#look(id)
  }

  async #look(id: number): Promise<void> {
    const { clock, sessionMs } = this.#rooms
    const mark = {}
    this.#suspected.set(id, mark)
    const epoch = this.#serving(id)?.epoch
    const isStill = () => this.#suspected.get(id) === mark && epoch !== undefined && this.#serving(id)?.epoch === epoch
    const end = clock.monotonic() + sessionMs
    for (let refusals = 0, pauseMs = FIRST_PAUSE_MS; isStill() && clock.monotonic() < end; ) {
      const found = await this.#ask(this.#serving(id)!)
      if (!isStill()) break
      refusals = found === 'refused' ? refusals + 1 : 0
      if (refusals === REFUSALS) {
        await this.#endSession(id, epoch!)
        break
      }
      await this.#pause(refusals > 0 ? REFUSED_PAUSE_MS : pauseMs)
      if (refusals === 0) pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    }
    if (this.#suspected.get(id) === mark) this.#suspected.delete(id)
  }

  /** Null where there is nothing to take from it. */
  #serving(id: number): BrokerImage | null {
    const broker = this.#rooms.image.brokers.get(id)
    return broker && !broker.fenced && this.#rooms.controller.isActive ? broker : null
  }

  async #meet(broker: BrokerImage): Promise<void> {
    const address = this.#addressOf(broker)
    if (address && this.#known.get(broker.id) !== keyOf(address)) await this.#ask(broker)
  }

  async #ask(broker: BrokerImage): Promise<Found> {
    const address = this.#addressOf(broker)
    if (!address || this.#isOver) return 'silent'
    const found = await reach(this.#rooms, address)
    if (typeof found !== 'string') {
      found.close()
      this.#known.set(broker.id, keyOf(address))
      return 'listens'
    }
    // Where it never listened as far as this node can tell (a wrong name, a rule of a firewall) its refusal says nothing.
    return this.#known.get(broker.id) === keyOf(address) ? found : 'silent'
  }

  #addressOf({ endPoints }: BrokerImage): Address | null {
    return addressOf(endPoints, this.#rooms.listener)
  }

  async #endSession(brokerId: number, brokerEpoch: number): Promise<void> {
    const { controller, logger, onEnded } = this.#rooms
    logger.warn('the process of a broker has ended: its connection is over and nobody listens at its address', {
      brokerId,
      brokerEpoch,
    })
    try {
      await controller.decide((machine) => endSession(machine, { brokerId, brokerEpoch }))
      await onEnded?.(brokerId)
    } catch (thrown) {
      // The next controller looks by itself; otherwise the session decides.
      logger.warn('what stands for a broker that is gone stays until its session is over', { brokerId, error: thrown })
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => void this.#rooms.clock.after(ms, resume))
  }
}

interface EndPoint extends Address {
  readonly name: string
}

/** Where brokers reach the one that told of these; null for none. */
export function addressOf(endPoints: readonly EndPoint[], listener: string): Address | null {
  const found = endPoints.find(({ name }) => name === listener) ?? endPoints[0]
  return found ? { host: found.host, port: found.port } : null
}

export function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}
