// Keeps a token for the logins of one client, and asks for another one before it runs out.

import type { SecurityOptions } from '../../config/client/security.ts'
import { SaslRefused } from '../../net/sasl/mechanism.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { type Lifetime, Patience } from '../patience.ts'
import type { AccessToken } from './token-endpoint.ts'

export interface TokenKeeperOptions {
  readonly clock: Clock
  readonly random: Random
  readonly lifetime: Lifetime
  readonly options: Pick<SecurityOptions, Extract<keyof SecurityOptions, `saslLogin${'Retry' | 'Refresh'}${string}`>>
  /** Asks once; SaslRefused where asking again does not help. */
  readonly ask: () => Promise<AccessToken>
}

interface Kept {
  readonly value: string
  /** Milliseconds since 1970: from then on another one is asked for. */
  renewAt: number
  readonly expiresAt: number
}

export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  #kept: Kept | null = null
  #coming: Promise<Kept> | null = null

  constructor(options: TokenKeeperOptions) {
    this.#options = options
  }

  /**
   * One that is valid now. Who asks while another one is asked for gets that. Where none can be had, the one before serves as long as it is valid; where there
   * is none, it is asked for again for saslLoginRetryBackoffMaxMs. Rejects with SaslRefused where that does not help, and with the client's end.
   */
  async token(): Promise<string> {
    const { clock, options } = this.#options
    const kept = this.#kept
    if (kept && clock.now() < kept.renewAt) return kept.value
    const isValid = () => kept !== null && clock.now() < kept.expiresAt
    try {
      this.#coming ??= this.#renewed(!isValid()).finally(() => {
        this.#coming = null
      })
      return (await this.#coming).value
    } catch (why) {
      this.#options.lifetime.check()
      if (!kept || !isValid()) throw why
      kept.renewAt = clock.now() + options.saslLoginRetryBackoffMaxMs
      return kept.value
    }
  }

  async #renewed(tries: boolean): Promise<Kept> {
    const { clock, random, lifetime, ask, options } = this.#options
    const { saslLoginRetryBackoffMs: backoffMs, saslLoginRetryBackoffMaxMs: timeoutMs } = options
    const patience = new Patience({ clock, what: 'a token', lifetime })
    const endsAt = clock.monotonic() + timeoutMs
    for (let attempt = 0; ; attempt++) {
      const askedAt = clock.now()
      try {
        this.#kept = this.#keepable(await ask(), askedAt)
        return this.#kept
      } catch (why) {
        const pause = backoffMs * 2 ** Math.min(attempt, 30) * (0.8 + 0.4 * random.next())
        if (lifetime.isOver || !tries || why instanceof SaslRefused || clock.monotonic() + pause > endsAt) throw why
        await patience.sleep(pause)
      }
    }
  }

  #keepable({ value, lifetimeMs, expiresAt }: AccessToken, askedAt: number): Kept {
    const end = endOf({ lifetimeMs, expiresAt }, askedAt)
    // Nobody says how long it lasts: it serves one login.
    if (end === null) return { value, renewAt: askedAt, expiresAt: askedAt }
    if (end <= this.#options.clock.now()) throw new Error('the token that was given has run out already: look at the clocks')
    return { value, renewAt: this.#renewalOf(askedAt, end), expiresAt: end }
  }

  /** As Kafka reckons: a share of the lifetime, but a while before its end and after its beginning, where there is room for both. */
  #renewalOf(start: number, end: number): number {
    const { random, options } = this.#options
    const share = options.saslLoginRefreshWindowFactor + options.saslLoginRefreshWindowJitter * random.next()
    const proposed = Math.min(end, start + (end - start) * share)
    const leastMs = options.saslLoginRefreshMinPeriodSeconds * 1000
    const bufferMs = options.saslLoginRefreshBufferSeconds * 1000
    if (leastMs + bufferMs > end - start) return proposed
    return Math.max(start + leastMs, Math.min(proposed, end - bufferMs))
  }
}

/**
 * What ends first of what the answer and the token itself say, as both round. The token's own time is that of another clock: where it is over as soon as the token
 * is given, that clock or ours is wrong, and only the duration counts.
 */
function endOf({ lifetimeMs, expiresAt }: Pick<AccessToken, 'lifetimeMs' | 'expiresAt'>, askedAt: number): number | null {
  if (lifetimeMs === null) return expiresAt
  const end = askedAt + lifetimeMs
  return expiresAt !== null && expiresAt > askedAt ? Math.min(end, expiresAt) : end
}
