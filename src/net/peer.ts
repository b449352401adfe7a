// Another node as this one asks it: one connection, made when it is first needed and made again after a pause when it was lost. Answers come in the order of
// their requests, as many requests are on their way as were agreed, and the others wait for their turn.

import type { PooledBytes } from '../base/buffer-pool.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { onAbort } from '../base/on-abort.ts'
import type { Timer } from '../platform/clock.ts'
import type { Address } from '../platform/network.ts'
import type { Random } from '../platform/random.ts'
import { type AnyMessage, codec, type Input } from '../protocol/schema.ts'
import { ConnectionLost, NoAnswer } from './dial.ts'
import { type Exchange, Line, type LineOptions } from './line.ts'
import { commonVersion, type PeerFacts } from './peer-versions.ts'

export type { Ask, Exchange, Greet, Greeted } from './line.ts'

/** A connection on which an answer is waited for is not looked at more often. */
const LEAST_REST_MS = 100

export interface PeerOptions extends LineOptions {
  readonly random: Random
  /** Asked before every connection: a node may come back elsewhere. Null while nobody knows; who asks is refused with ConnectionLost. */
  readonly address: () => Address | null
  /** How long an answer may take, the wait for its turn and for the connection included; after it the connection is closed. */
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Where given, the time to connect doubles with every failure up to this one. */
  readonly connectTimeoutMaxMs?: number
  /** Pause before a lost connection is made again, doubled with every failure up to the other one, and up to a fifth more or less of it. */
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  /** How many requests may be on their way. */
  readonly maxInFlight: number
  /** A connection on which nothing was asked for so long is closed, and made again when it is needed; missing: it stays. */
  readonly maxIdleMs?: number
}

export interface SendOptions {
  readonly timeoutMs?: number
  /** Who asks waits no longer than this, though the answer may take longer and the connection is good for others. */
  readonly waitMs?: number | undefined
  readonly version?: number
  /** The highest version whose meaning the one who asks knows. */
  readonly maxVersion?: number
  /** Rejects with its reason. What was sent already may be done all the same. */
  readonly signal?: AbortSignal | undefined
  /** There is no answer to this request (Produce with acks=0): resolves with undefined when the operating system has it. */
  readonly isUnanswered?: boolean
  /** Takes over the memory that the answer's bytes are views of, to release it after their last use; else it is never used again. */
  readonly hold?: (frame: PooledBytes) => void
}

interface Waiting {
  readonly request: AnyMessage
  readonly response: AnyMessage
  readonly body: unknown
  readonly options: SendOptions
  readonly answer: Deferred<unknown>
  readonly timer: Timer
  /** Takes back what `signal` was given. */
  readonly unheard: () => void
  isSent: boolean
}

export class Peer {
  readonly #options: PeerOptions
  readonly #waiting: Waiting[] = []
  #inFlight = 0
  #line: Line | null = null
  /** Ends what is being connected, which is not wanted any more then. */
  #making: AbortController | null = null
  #failures = 0
  #notBefore = 0
  /** Nothing is sent before; its timer. */
  #muted: { readonly untilMs: number; readonly timer: Timer } | null = null
  /** Says again who this is. */
  #greeting: Line | null = null
  #lastUsedAt = 0
  #isOver = false

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#line?.isOpen === true
  }

  /** What the other end said of itself on this connection; null while there is none. */
  get facts(): PeerFacts | null {
    return this.#line?.facts ?? null
  }

  /** Lost or refused a moment ago: a new connection is not tried before this many ms have passed. */
  get pauseMs(): number {
    return this.isConnected ? 0 : Math.max(0, this.#notBefore - this.#options.clock.monotonic())
  }

  /** The other end has asked that nothing be sent for this many ms from now on (KIP-219). */
  get mutedMs(): number {
    return Math.max(0, (this.#muted?.untilMs ?? 0) - this.#options.clock.monotonic())
  }

  /** How many ask, sent or not. */
  get askers(): number {
    return this.#waiting.length
  }

  /** Closed here, and for good. */
  get isClosed(): boolean {
    return this.#isOver
  }

  /**
   * Sends a request in the highest version that both ends know, or in `version`; resolves with its answer. Rejects with ConnectionLost where there is no
   * connection, it broke, or the answer did not come in time: whether the other end has done it is not known then. UNSUPPORTED_VERSION where the other end
   * does not serve it. The body may be made when the version is known.
   */
  send<Req, Res>(
    exchange: Exchange<Req, Res>,
    body: Input<Req> | ((version: number) => Input<Req>),
    options: SendOptions = {},
  ): Promise<Res> {
    const { timeoutMs = this.#options.requestTimeoutMs, waitMs = timeoutMs, signal } = options
    const { clock } = this.#options
    if (this.#isOver) return Promise.reject(new ConnectionLost('it was closed here'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    const answer = deferred<unknown>()
    const quiet = signal ? onAbort(signal, () => this.#abort(waiting, signal.reason)) : null
    const impatience =
      waitMs < timeoutMs ? clock.after(waitMs, () => this.#abort(waiting, this.#noAnswer(waiting, waitMs))) : null
    const waiting: Waiting = {
      ...exchange,
      body,
      options,
      answer,
      timer: clock.after(timeoutMs, () => this.#late(waiting, timeoutMs)),
      unheard: () => {
        quiet?.()
        impatience?.cancel()
      },
      isSent: false,
    }
    this.#waiting.push(waiting)
    this.#goOn()
    return answer.promise as Promise<Res>
  }

  /** Sends nothing more for `ms`; who asks waits, no longer than it would for an answer. */
  mute(ms: number): void {
    const { clock, requestTimeoutMs } = this.#options
    const bounded = Math.min(ms, requestTimeoutMs)
    if (bounded <= this.mutedMs || this.#isOver) return
    this.#muted?.timer.cancel()
    const timer = clock.after(bounded, () => {
      this.#muted = null
      this.#goOn()
    })
    this.#muted = { untilMs: clock.monotonic() + bounded, timer }
  }

  /** The address has changed, or the other node is not who it was: whoever waits is refused, and the next request connects anew, at once. */
  reset(): void {
    this.#failures = 0
    this.#notBefore = 0
    this.#hangUp('the connection was given up')
  }

  /** Ends the connection; whoever waits is refused, and so is everybody who asks from then on. */
  close(): void {
    this.#isOver = true
    this.#hangUp('it was closed here')
  }

  #hangUp(why: string): void {
    this.#making?.abort()
    this.#making = null
    this.#muted?.timer.cancel()
    this.#muted = null
    this.#line?.close()
    this.#line = null
    this.#failAll(new ConnectionLost(why))
  }

  #goOn(): void {
    if (this.#waiting.length === 0 || this.#isOver) return
    const line = this.#line
    if (!line?.isOpen) {
      if (!this.#making) void this.#connect()
      return
    }
    if (this.#muted || this.#greeting === line || this.#mustGreet(line)) return
    while (this.#inFlight < this.#options.maxInFlight) {
      const next = this.#waiting.find(({ isSent }) => !isSent)
      if (!next) return
      void this.#carryOut(line, next)
    }
  }

  async #carryOut(line: Line, waiting: Waiting): Promise<void> {
    waiting.isSent = true
    this.#inFlight++
    try {
      const answer = await this.#exchange(line, waiting)
      this.#end(waiting)
      waiting.answer.resolve(answer)
    } catch (thrown) {
      this.#end(waiting)
      waiting.answer.reject(thrown)
    } finally {
      this.#inFlight--
      this.#lastUsedAt = this.#options.clock.monotonic()
      this.#goOn()
    }
  }

  async #exchange(line: Line, { request, response, body, options }: Waiting): Promise<unknown> {
    const version = options.version ?? commonVersion(request, line.facts?.versions ?? null, options.maxVersion)
    const made = typeof body === 'function' ? body(version) : body
    if (options.isUnanswered) return line.tell(request, made, version)
    const { frame, from } = await line.call(request, made, version)
    const answer = codec(response, version).read(from)
    options.hold?.(frame)
    return answer
  }

  /** One attempt; what waits is refused where it fails. */
  async #connect(): Promise<void> {
    const { address, clientId } = this.#options
    const making = new AbortController()
    const { signal } = making
    this.#making = making
    try {
      await this.#pause(signal)
      if (this.#waiting.length === 0 || signal.aborted) return
      const where = address()
      if (!where) throw new ConnectionLost(`nobody knows where ${clientId} should connect to`)
      const line = await Line.open(where, this.#options, { connectTimeoutMs: this.#connectTimeoutMs(), signal })
      if (signal.aborted) return line.close()
      this.#line = line
      this.#failures = 0
      void line.closed.then(() => this.#lost(line))
      this.#watchIdle(line)
    } catch (thrown) {
      if (signal.aborted) return
      this.#backOff()
      this.#failAll(thrown as Error)
    } finally {
      if (!signal.aborted) {
        this.#making = null
        this.#goOn()
      }
    }
  }

  /** Until the next attempt may be made. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const ms = this.#notBefore - clock.monotonic()
    if (ms <= 0) return
    const over = deferred<void>()
    const timer = clock.after(ms, over.resolve)
    const quiet = onAbort(signal, over.resolve)
    await over.promise
    timer.cancel()
    quiet()
  }

  #connectTimeoutMs(): number {
    const { connectTimeoutMs, connectTimeoutMaxMs = connectTimeoutMs, random } = this.#options
    const grown = Math.min(connectTimeoutMs * 2 ** this.#failures, connectTimeoutMaxMs)
    return grown === connectTimeoutMs ? grown : Math.min(connectTimeoutMaxMs, grown * (0.8 + 0.4 * random.next()))
  }

  /** Whether who asks has to wait for another greeting, which begins when all answers are here. */
  #mustGreet(line: Line): boolean {
    if (!line.mustGreet) return false
    if (this.#inFlight === 0) void this.#greetAgain(line)
    return true
  }

  async #greetAgain(line: Line): Promise<void> {
    this.#greeting = line
    try {
      await line.greetAgain()
    } catch (thrown) {
      if (this.#line === line) this.#failAll(thrown as Error)
    } finally {
      if (this.#greeting === line) this.#greeting = null
      this.#goOn()
    }
  }

  #watchIdle(line: Line): void {
    const { clock, maxIdleMs } = this.#options
    this.#lastUsedAt = clock.monotonic()
    if (maxIdleMs === undefined) return
    let timer: Timer | null = null
    const look = () => {
      if (this.#line !== line) return
      const isNeeded = this.#waiting.length > 0
      const left = isNeeded ? Math.max(maxIdleMs, LEAST_REST_MS) : this.#lastUsedAt + maxIdleMs - clock.monotonic()
      if (left <= 0) return this.#rest(line)
      timer = clock.after(left, look)
    }
    look()
    void line.closed.then(() => timer?.cancel())
  }

  /** Closes a connection that nobody needs; it failed nobody, so the next one need not be waited for. */
  #rest(line: Line): void {
    this.#line = null
    line.close('nobody asked anything on it')
  }

  #lost(line: Line): void {
    if (this.#line !== line) return
    this.#line = null
    this.#backOff()
    this.#goOn()
  }

  #backOff(): void {
    const { clock, random, reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options
    const pause = Math.min(reconnectBackoffMs * 2 ** this.#failures, reconnectBackoffMaxMs)
    this.#failures = Math.min(this.#failures + 1, 20)
    this.#notBefore = clock.monotonic() + pause * (0.8 + 0.4 * random.next())
  }

  #late(waiting: Waiting, timeoutMs: number): void {
    const at = this.#waiting.indexOf(waiting)
    if (at < 0) return
    this.#waiting.splice(at, 1)
    waiting.unheard()
    waiting.answer.reject(this.#noAnswer(waiting, timeoutMs))
    // Nothing tells a late answer from a lost one.
    if (waiting.isSent) this.#line?.close()
  }

  #noAnswer({ request }: Waiting, ms: number): NoAnswer {
    const where = this.#options.address()
    const whom = where ? `${where.host}:${where.port}` : 'a node that nobody knows the address of'
    return new NoAnswer(`no answer of ${whom} to ${request.name} within ${Math.round(ms)} ms`)
  }

  #abort(waiting: Waiting, reason: unknown): void {
    waiting.unheard()
    // The answer to what was sent is still waited for, so that silence is noticed.
    if (!waiting.isSent) this.#end(waiting)
    waiting.answer.reject(reason)
  }

  #end(waiting: Waiting): void {
    waiting.timer.cancel()
    waiting.unheard()
    const at = this.#waiting.indexOf(waiting)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  /** Refuses what was not sent; what was is refused by its own connection. */
  #failAll(why: Error): void {
    for (const waiting of this.#waiting.filter(({ isSent }) => !isSent)) {
      this.#end(waiting)
      waiting.answer.reject(why)
    }
  }
}
