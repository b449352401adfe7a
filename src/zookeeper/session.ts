// One session with an ensemble, over as many connections as it takes. It knows how long nobody else can have noticed its end.

import { deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Address, Network } from '../platform/network.ts'
import type { Random } from '../platform/random.ts'
import { Connection, type SessionKey, SessionRefused, type WatchEvent } from './connection.ts'
import { isZooKeeperError, ZooKeeperError } from './errors.ts'
import { type Operation, opCodes, type WatchKind } from './operations.ts'

export interface EnsembleOptions {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly logger: Logger
  readonly servers: readonly Address[]
  readonly chroot: string
  /** zookeeper.session.timeout.ms: what is asked for; the ensemble grants what its own bounds allow. */
  readonly sessionTimeoutMs: number
}

/** Pauses between rounds through all servers double up to this. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2000
const LEAST_CONNECT_MS = 500

export class Session {
  readonly #options: EnsembleOptions
  #key: SessionKey
  #lastZxid = 0n
  #connection: Connection | null = null
  #connected = deferred<void>()
  #over: ZooKeeperError | null = null
  readonly #onOver: ((why: ZooKeeperError) => void)[] = []
  readonly #onUncertain: ((why: string) => void)[] = []
  readonly #watches: Record<WatchKind, Map<string, (() => void)[]>> = { data: new Map(), children: new Map() }
  /** When the last question was sent that the ensemble has answered: its count of our silence began no earlier. */
  #heardAt = Number.NEGATIVE_INFINITY
  #wasCertain = false
  #timer: Timer | null = null
  #next: number
  /** For who waits for a connection and wonders why there is none. */
  lastTrouble = 'no server was asked yet'

  /** Begins to look for a server at once. */
  constructor(options: EnsembleOptions) {
    this.#options = options
    this.#key = { id: 0n, password: new Uint8Array(16), timeoutMs: options.sessionTimeoutMs }
    this.#next = Math.floor(options.random.next() * options.servers.length)
    this.#connected.promise.catch(() => {}) // who waits for it hears
    void this.#run()
  }

  /** 0 before the first connection. */
  get id(): bigint {
    return this.#key.id
  }

  /** As granted; as asked for before that. */
  get timeoutMs(): number {
    return this.#key.timeoutMs
  }

  get isConnected(): boolean {
    return this.#connection !== null
  }

  /** Why the session is over; null while it is not. */
  get over(): ZooKeeperError | null {
    return this.#over
  }

  /**
   * Whether the session cannot have ended on the ensemble yet: two thirds of its time have not passed since the last question that was answered was sent.
   * The last third is for servers that pass our signs of life on to their leader every half tick (the least time of a session is two ticks), and for clocks
   * that do not run alike.
   */
  get isCertain(): boolean {
    return this.#over === null && this.#options.clock.monotonic() < this.#certainUntil
  }

  get #certainUntil(): number {
    return this.#heardAt + (this.#key.timeoutMs * 2) / 3
  }

  /** Resolves at once where there is a connection, rejects where the session is over. */
  whenConnected(): Promise<void> {
    return this.#connected.promise
  }

  /** Runs once, when the session is over; at once where it is. */
  onOver(run: (why: ZooKeeperError) => void): void {
    if (this.#over) run(this.#over)
    else this.#onOver.push(run)
  }

  /** Runs each time that `isCertain` became false, before a session that was silent for that long can end. */
  onUncertain(run: (why: string) => void): void {
    this.#onUncertain.push(run)
  }

  /**
   * Asks the ensemble. Rejects with what it says, and with ConnectionLoss where no connection is there or it breaks before the answer.
   * @param changed runs once: when what was looked at changed, or may have because the connection broke.
   */
  ask<T>(operation: Operation<T>, changed?: () => void): Promise<T> {
    if (this.#over) return Promise.reject(this.#over)
    if (!this.#connection) return Promise.reject(new ZooKeeperError('ConnectionLoss', this.lastTrouble))
    const { watch, path } = operation
    return this.#connection.ask(operation, changed && watch ? () => this.#note(watch, path, changed) : undefined)
  }

  /** Asks until there is an answer; for what changes nothing. Rejects with what the ensemble says, or why the session is over. */
  async look<T>(operation: Operation<T>, changed?: () => void): Promise<T> {
    for (;;) {
      await this.whenConnected()
      try {
        return await this.ask(operation, changed)
      } catch (thrown) {
        if (!isZooKeeperError(thrown, 'ConnectionLoss')) throw thrown
      }
    }
  }

  /** Ends the session, and with it its ephemeral nodes, if the ensemble can be told; resolves when it was, or after `timeoutMs`. */
  async close(timeoutMs = 1000): Promise<void> {
    if (this.#over) return
    const connection = this.#connection
    const late = deferred<void>()
    const timer = this.#options.clock.after(timeoutMs, () => late.resolve())
    const told = connection?.ask(closeSession).catch(() => {}) // it was told, or its server is gone
    this.#end(new ZooKeeperError('SessionExpired', 'the session was closed here'), false)
    await Promise.race([told, late.promise])
    timer.cancel()
    connection?.close()
  }

  /** Looks for a server whenever there is none, until the session is over. */
  async #run(): Promise<void> {
    const { clock, random, logger, servers } = this.#options
    for (let failures = 0; this.#over === null; ) {
      const address = servers[this.#next++ % servers.length]!
      try {
        const { lost } = await this.#connect(address)
        failures = 0
        this.lastTrouble = `${textOf(address)}: ${await lost}`
        if (this.#over !== null) return
        logger.warn('the connection with ZooKeeper is lost', { server: textOf(address), why: this.lastTrouble })
      } catch (thrown) {
        if (this.#over !== null) return
        if (thrown instanceof SessionRefused) return this.#end(new ZooKeeperError('SessionExpired', `session ${this.#name}`))
        this.lastTrouble = `${textOf(address)}: ${(thrown as Error).message}`
        logger.debug('ZooKeeper does not answer', { why: this.lastTrouble })
        failures++
      }
      const rounds = Math.floor(failures / servers.length)
      const pause = failures % servers.length !== 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** Math.min(rounds, 10), LONGEST_PAUSE_MS)
      if (pause > 0) await new Promise<void>((resume) => clock.after(pause * (0.5 + random.next() / 2), resume))
    }
  }

  /** Resolves once there is a connection; `lost` then says why it ended. */
  async #connect(address: Address): Promise<{ lost: Promise<string> }> {
    const { clock, network, chroot, servers, logger } = this.#options
    const askedAt = clock.monotonic()
    const connection = await Connection.open({
      network,
      clock,
      chroot,
      address,
      session: this.#key,
      lastZxid: this.#lastZxid,
      connectTimeoutMs: Math.max(LEAST_CONNECT_MS, this.#key.timeoutMs / 3 / servers.length),
    })
    if (this.#over !== null) {
      connection.close()
      throw this.#over
    }
    const isNew = this.#key.id !== connection.session.id
    this.#key = connection.session
    if (isNew)
      logger.info('a session with ZooKeeper', { session: this.#name, server: textOf(address), timeoutMs: this.timeoutMs })
    this.#connection = connection
    this.#heard(askedAt)
    const lost = deferred<string>()
    connection.follow({
      answered: (sentAt) => this.#heard(sentAt),
      watch: (event) => this.#fire(event),
      closed: (why) => {
        this.#lastZxid = connection.lastZxid
        this.#connection = null
        if (this.#over === null) {
          this.#connected = deferred()
          this.#connected.promise.catch(() => {}) // who waits for it hears
        }
        lost.resolve(why)
        this.#fireAll()
      },
    })
    if (this.#connection === connection) this.#connected.resolve() // it may be over already
    return { lost: lost.promise }
  }

  get #name(): string {
    return `0x${BigInt.asUintN(64, this.#key.id).toString(16)}`
  }

  #heard(sentAt: number): void {
    this.#heardAt = Math.max(this.#heardAt, sentAt)
    if (this.#wasCertain || this.#over) return
    this.#wasCertain = true
    this.#timer = this.#options.clock.after(this.#certainUntil - this.#options.clock.monotonic(), () => this.#lookAtCertainty())
  }

  #lookAtCertainty(): void {
    const left = this.#certainUntil - this.#options.clock.monotonic()
    if (left > 0) {
      this.#timer = this.#options.clock.after(left, () => this.#lookAtCertainty())
      return
    }
    this.#wasCertain = false
    const why = `ZooKeeper did not answer for ${Math.round((this.#key.timeoutMs * 2) / 3)} ms: ${this.lastTrouble}`
    for (const run of this.#onUncertain) run(why)
  }

  #end(why: ZooKeeperError, closes = true): void {
    if (this.#over) return
    this.#over = why
    this.#timer?.cancel()
    this.#connected.reject(why)
    const rejected = deferred<void>()
    rejected.promise.catch(() => {}) // who waits for it hears
    rejected.reject(why)
    this.#connected = rejected
    if (closes) this.#connection?.close(why.message)
    this.#fireAll()
    for (const run of this.#onOver.splice(0)) run(why)
  }

  #note(kind: WatchKind, path: string, changed: () => void): void {
    const others = this.#watches[kind].get(path)
    if (others) others.push(changed)
    else this.#watches[kind].set(path, [changed])
  }

  #fire({ type, path }: WatchEvent): void {
    const kinds: readonly WatchKind[] = type === 'children' ? ['children'] : type === 'deleted' ? ['data', 'children'] : ['data']
    for (const kind of kinds) {
      const waiting = this.#watches[kind].get(path) ?? []
      this.#watches[kind].delete(path)
      for (const changed of waiting) changed()
    }
  }

  /** A server forgets its watches with the connection: whoever waits looks again. */
  #fireAll(): void {
    for (const watches of Object.values(this.#watches)) {
      const waiting = [...watches.values()].flat()
      watches.clear()
      for (const changed of waiting) changed()
    }
  }
}

const closeSession: Operation<void> = { opCode: opCodes.closeSession, path: '/', write() {}, read() {} }

const textOf = ({ host, port }: Address) => `${host}:${port}`
