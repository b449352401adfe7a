// One broker as the client asks it, over one connection.

import { deferred } from '../../base/deferred.ts'
import type { Exchange, Peer, SendOptions } from '../../net/peer.ts'
import type { PeerFacts } from '../../net/peer-versions.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Address } from '../../platform/network.ts'
import { serverText } from '../../platform/network.ts'
import type { Input, Message } from '../../protocol/schema.ts'
import { AbortedError } from '../errors/errors.ts'
import { clientError } from '../errors/of.ts'

export interface NodeOptions {
  /** Null for a bootstrap server, whose id nobody knows yet. */
  readonly id: number | null
  readonly peer: Peer
  readonly clock: Clock
  readonly address: () => Address | null
  /** Told when a connection is lost or refused: who leads what may have changed. */
  readonly onLost: () => void
}

export type Body<Req> = Input<Req> | ((version: number) => Input<Req>)

export class Node {
  readonly id: number | null
  readonly #peer: Peer
  readonly #clock: Clock
  readonly #address: () => Address | null
  readonly #onLost: () => void
  #mutedUntil = 0
  readonly #resting = new Set<() => void>()

  constructor({ id, peer, clock, address, onLost }: NodeOptions) {
    this.id = id
    this.#peer = peer
    this.#clock = clock
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
    return Math.max(this.#peer.pauseMs, this.#mutedUntil - this.#clock.monotonic(), 0)
  }

  /**
   * Sends a request in the highest version that both ends know; resolves with its answer, whatever error codes it holds. Throws a ClientError where none
   * came: ConnectionError, TimeoutError, UnsupportedError, AuthenticationError, AbortedError.
   */
  async send<Req, Res>(exchange: Exchange<Req, Res>, body: Body<Req>, options: SendOptions = {}): Promise<Res> {
    try {
      const muted = this.#mutedUntil - this.#clock.monotonic()
      if (muted > 0) await this.#rest(muted, options.signal)
      const answer = await this.#peer.send(exchange, body, options)
      this.#heed((answer as { throttleTimeMs?: number } | undefined)?.throttleTimeMs)
      return answer
    } catch (thrown) {
      if (options.signal?.aborted && thrown === options.signal.reason) throw new AbortedError(thrown)
      throw this.#explained(thrown, exchange.request)
    }
  }

  /** Ends pauses that the broker has asked for: nobody will ask it any more. */
  stop(): void {
    for (const resume of this.#resting) resume()
  }

  async #rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve: resume } = deferred<void>()
    const timer = this.#clock.after(ms, resume)
    const wake = () => resume()
    signal?.addEventListener('abort', wake)
    this.#resting.add(wake)
    try {
      if (!signal?.aborted) await promise
    } finally {
      timer.cancel()
      this.#resting.delete(wake)
      signal?.removeEventListener('abort', wake)
    }
  }

  #explained(thrown: unknown, { name }: Message<unknown>): unknown {
    const error = clientError(thrown, `${name.replace(/Request$/, '')} to ${this.name}`)
    if (!this.#peer.isConnected && !this.#peer.isClosed) this.#onLost()
    return error
  }

  #heed(throttleTimeMs: number | undefined): void {
    if (throttleTimeMs) this.#mutedUntil = Math.max(this.#mutedUntil, this.#clock.monotonic() + throttleTimeMs)
  }
}
