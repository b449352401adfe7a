// What came of asking the other members of the quorum, each the last time: where a start waits for a leader, this is why.

import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Address } from '../platform/network.ts'
import { errorCode, errorName, KafkaError } from '../protocol/errors.ts'
import type { QuorumApi } from '../raft/peers.ts'

/** An election takes a second or two; who waits for so much longer wants to know why. */
const TELL_EVERY_MS = 10_000
/** A leader forgets a process that had this id before within a fetch timeout; one that it knows for longer is alive. */
const TWICE_MS = 10_000
const DUPLICATE = errorCode('DUPLICATE_VOTER')

export interface QuorumContactsRooms {
  readonly clock: Clock
  readonly logger: Logger
  readonly nodeId: number
  /** The leader knows another process by this node's id, and has known it for a while. */
  readonly onTwice: (why: KafkaError) => void
  /** The keys and values that say whom this node asks. */
  readonly configured: string
}

export class QuorumContacts {
  readonly #rooms: QuorumContactsRooms
  readonly #last = new Map<string, string>()
  #timer: Timer | null = null
  #twice: { readonly by: string; readonly since: number } | null = null

  constructor(rooms: QuorumContactsRooms) {
    this.#rooms = rooms
  }

  /** `to` is what was asked. Who is refused as the second of its id is so by its fetches; votes are answered all the same. */
  answered({ host, port }: Address, code: number, to: QuorumApi): void {
    const who = `${host}:${port}`
    this.#last.set(who, code === 0 ? 'answers' : `answers ${errorName(code)}`)
    if (code === DUPLICATE) this.#refusedAsSecond(who)
    else if (to === 'Fetch' && this.#twice?.by === who) this.#twice = null
  }

  /** While it starts: who was there before goes on, whatever comes. */
  #refusedAsSecond(by: string): void {
    const { clock, nodeId, onTwice } = this.#rooms
    const now = clock.monotonic()
    if (this.#twice?.by !== by) this.#twice = { by, since: now }
    if (!this.#timer || now - this.#twice.since < TWICE_MS) return
    const what = `another process takes part in the metadata quorum as node ${nodeId}, says ${by}`
    onTwice(new KafkaError('DUPLICATE_VOTER', `${what}: give each process a node.id of its own`))
  }

  failed({ host, port }: Address, why: unknown): void {
    this.#last.set(`${host}:${port}`, why instanceof Error ? why.message : String(why))
  }

  /** Says now and then what this node waits for, until the returned function is called. */
  tellWhileWaiting(): () => void {
    const { clock, logger, configured } = this.#rooms
    const tell = () => {
      const asked = [...this.#last].map(([address, outcome]) => `${address} ${outcome}`)
      logger.warn('this node waits for a leader of the metadata quorum, which more than half of the voters must elect', {
        asked: asked.sort().join('; ') || 'nobody yet',
        whatToDo: `start the other voters, and see that all nodes name the same ones: here it is ${configured}`,
      })
      this.#timer = clock.after(TELL_EVERY_MS, tell)
    }
    this.#timer = clock.after(TELL_EVERY_MS, tell)
    return () => {
      this.#timer?.cancel()
      this.#timer = null
    }
  }
}
