// Trying again: with growing pauses, as long as it makes sense and somebody is ready to wait.

import type { Exchange, SendOptions } from '../../net/peer.ts'
import type { Random } from '../../platform/random.ts'
import { type BackoffOptions, backoffMs, isRetriable, type Lifetime, type Patience } from '../patience.ts'
import type { Body } from './node.ts'
import type { Nodes, Purpose } from './nodes.ts'

export interface RetriesOptions {
  readonly random: Random
  readonly backoff: BackoffOptions
  readonly nodes: Nodes
  readonly lifetime: Lifetime
  readonly requestTimeoutMs: number
}

export class Retries {
  readonly #options: RetriesOptions

  constructor(options: RetriesOptions) {
    this.#options = options
  }

  /** The pause before repetition number `attempt`, from 0. */
  pauseMs(attempt: number): number {
    return backoffMs(this.#options.backoff, attempt, this.#options.random)
  }

  /** What `attempt` gives; it is made again after a pause where it throws a retriable ClientError, until the patience or the client ends. */
  async run<T>(patience: Patience, attempt: (number: number) => Promise<T>): Promise<T> {
    for (let number = 0; ; number++) {
      this.#options.lifetime.check()
      try {
        return await attempt(number)
      } catch (thrown) {
        this.#options.lifetime.check()
        if (!isRetriable(thrown)) throw thrown
        patience.blame(thrown)
        await patience.sleep(this.pauseMs(number))
      }
    }
  }

  /** Asks what any broker answers: one after the other until one does. */
  async askAny<Req, Res>(purpose: Purpose, exchange: Exchange<Req, Res>, body: Body<Req>, patience: Patience): Promise<Res> {
    let last: unknown
    for (const node of this.#options.nodes.candidates(purpose, true)) {
      try {
        return await node.send(exchange, body, this.within(patience))
      } catch (thrown) {
        if (!isRetriable(thrown) || patience.leftMs === 0) throw thrown
        last = thrown
      }
    }
    throw last
  }

  /** A request that is part of something with this patience: its end costs no connection that others ask on, too. */
  within(patience: Patience): SendOptions {
    patience.check()
    return { timeoutMs: this.#options.requestTimeoutMs, waitMs: patience.leftMs, signal: patience.signal }
  }
}
