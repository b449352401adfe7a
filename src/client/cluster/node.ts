// One broker as the client asks it, over one connection.

import type { Exchange, Peer, SendOptions } from '../../net/peer.ts'
import type { PeerFacts } from '../../net/peer-versions.ts'
import type { Address } from '../../platform/network.ts'
import { serverText } from '../../platform/network.ts'
import type { Input, Message } from '../../protocol/schema.ts'
import { AbortedError } from '../errors/errors.ts'
import { clientError } from '../errors/of.ts'

export interface NodeOptions {
  /** Null for a bootstrap server, whose id nobody knows yet. */
  readonly id: number | null
  readonly peer: Peer
  readonly address: () => Address | null
  /** Told when a connection is lost or refused: who leads what may have changed. */
  readonly onLost: () => void
}

export type Body<Req> = Input<Req> | ((version: number) => Input<Req>)

export class Node {
  readonly id: number | null
  readonly #peer: Peer
  readonly #address: () => Address | null
  readonly #onLost: () => void

  constructor({ id, peer, address, onLost }: NodeOptions) {
    this.id = id
    this.#peer = peer
    this.#address = address
    this.#onLost = onLost
  }

  /** For messages: "broker 3 (host:9092)". */
  get name(): string {
    const address = this.#address()
    const where = address ? serverText(address) : 'nobody knows where'
    return this.id === null ? where : `broker ${this.id} (${where})`
  }

  get isConnected(): boolean {
    return this.#peer.isConnected
  }

  /** What the broker serves; null until the first connection. */
  get facts(): PeerFacts | null {
    return this.#peer.facts
  }

  /** How many requests are on their way or wait for their turn. */
  get askers(): number {
    return this.#peer.askers
  }

  /** Milliseconds before it should be asked: it was lost a moment ago, or has asked this client to pause (KIP-219). */
  get pauseMs(): number {
    return Math.max(this.#peer.pauseMs, this.#peer.mutedMs)
  }

  /**
   * Sends a request in the highest version that both ends know; resolves with its answer, whatever error codes it holds. Throws a ClientError where none
   * came: ConnectionError, TimeoutError, UnsupportedError, AuthenticationError, AbortedError.
   */
  async send<Req, Res>(exchange: Exchange<Req, Res>, body: Body<Req>, options: SendOptions = {}): Promise<Res> {
    try {
      const answer = await this.#peer.send(exchange, body, options)
      const throttleTimeMs = (answer as { throttleTimeMs?: number } | undefined)?.throttleTimeMs
      if (throttleTimeMs) this.#peer.mute(throttleTimeMs)
      return answer
    } catch (thrown) {
      if (options.signal?.aborted && thrown === options.signal.reason) throw new AbortedError(thrown)
      throw this.#explained(thrown, exchange.request)
    }
  }

  #explained(thrown: unknown, { name }: Message<unknown>): unknown {
    const error = clientError(thrown, `${name.replace(/Request$/, '')} to ${this.name}`)
    if (!this.#peer.isConnected && !this.#peer.isClosed) this.#onLost()
    return error
  }
}
