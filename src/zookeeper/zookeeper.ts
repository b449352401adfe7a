// An ensemble as the rooms here use it: always one session, and a new one when the old one is over.

import { deferred } from '../base/deferred.ts'
import type { ZooKeeperError } from './errors.ts'
import { type EnsembleOptions, Session } from './session.ts'

export interface ZooKeeperOptions extends EnsembleOptions {
  /** zookeeper.connection.timeout.ms: how long the first connection may take. */
  readonly connectionTimeoutMs: number
}

export class ZooKeeper {
  readonly #options: ZooKeeperOptions
  #session: Session
  #isClosed = false
  readonly #onSession: ((session: Session) => void)[] = []

  /**
   * Resolves with the first session. Throws, with what each server did last, where there is none within `connectionTimeoutMs`, and at once when `stopped`
   * says that nobody waits for it any more.
   */
  static async open(options: ZooKeeperOptions, stopped?: AbortSignal): Promise<ZooKeeper> {
    const zookeeper = new ZooKeeper(options)
    const over = deferred<never>()
    const timer = options.clock.after(options.connectionTimeoutMs, () =>
      over.reject(new Error(nobodyAnswers(options, zookeeper.#session.lastTrouble))),
    )
    const giveUp = () => over.reject(new Error('the start was given up'))
    if (stopped?.aborted) giveUp()
    stopped?.addEventListener('abort', giveUp, { once: true })
    try {
      await Promise.race([zookeeper.#session.whenConnected(), over.promise])
      return zookeeper
    } catch (thrown) {
      await zookeeper.close()
      throw thrown
    } finally {
      timer.cancel()
      stopped?.removeEventListener('abort', giveUp)
    }
  }

  private constructor(options: ZooKeeperOptions) {
    this.#options = options
    this.#session = this.#begin()
  }

  get session(): Session {
    return this.#session
  }

  /** Runs for the session that is, at once, and for each that takes its place. */
  onSession(run: (session: Session) => void): void {
    this.#onSession.push(run)
    run(this.#session)
  }

  /** Ends the session with its ephemeral nodes, and begins no other one. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#session.close()
  }

  #begin(): Session {
    const session = new Session(this.#options)
    session.onOver((why) => this.#ended(why))
    return session
  }

  #ended(why: ZooKeeperError): void {
    if (this.#isClosed) return
    this.#options.logger.warn('the session with ZooKeeper is over; a new one begins', { why: why.message })
    this.#session = this.#begin()
    for (const run of this.#onSession) run(this.#session)
  }
}

function nobodyAnswers({ servers, connectionTimeoutMs }: ZooKeeperOptions, lastTrouble: string): string {
  const names = servers.map(({ host, port }) => `${host}:${port}`).join(', ')
  return (
    `no session with ZooKeeper at ${names} within ${connectionTimeoutMs} ms (${lastTrouble}): ` +
    'check zookeeper.connect, and that most servers of the ensemble run; zookeeper.connection.timeout.ms says how long to wait'
  )
}
