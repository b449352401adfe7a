// Another node as this one asks it: one connection, made when it is first needed and made again after a pause when it was lost. Answers come in the order of
// their requests, as many requests are on their way as were agreed, and the others wait for their turn.

import type { PooledBytes } from '../base/buffer-pool.ts'
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Address, Network } from '../platform/network.ts'
import type { Random } from '../platform/random.ts'
import { readResponseHeader, writeRequestHeader } from '../protocol/header.ts'
import { ApiVersionsRequest } from '../protocol/messages/api-versions.ts'
import { type AnyMessage, codec, type Input, type Message } from '../protocol/schema.ts'
import { type Caller, ConnectionLost, dial, NoAnswer } from './dial.ts'
import type { FrameMemory } from './frame-memory.ts'
import { commonVersion, type PeerFacts, readVersions, SOFTWARE } from './peer-versions.ts'

const MAX_INT = 2 ** 31 - 1
/** Of a call: the request has a timer of its own, which closes the connection just so. */
const NEVER = MAX_INT

/** The two messages of an API, with what they hold: the type of an answer comes from here. */
export interface Exchange<Req, Res> {
  readonly request: Message<Req>
  readonly response: Message<Res>
}

/** Asks on a connection that nobody else uses yet, in the highest version that both ends know. */
export type Ask = <Req, Res>(exchange: Exchange<Req, Res>, body: Input<Req>) => Promise<Res>

/** Says who this is (SASL) before anything else is asked. What it throws is told to whoever waits, and ends the connection. */
export type Greet = (ask: Ask) => Promise<Greeted>

export interface Greeted {
  /** It has to be said again on the same connection when so much time has passed (KIP-368); null: never. */
  readonly againInMs: number | null
}

export interface PeerOptions {
  readonly network: Pick<Network, 'connect'>
  readonly clock: Clock
  readonly random: Random
  /** Asked before every connection: a node may come back elsewhere. Null while nobody knows; who asks is refused with ConnectionLost. */
  readonly address: () => Address | null
  readonly clientId: string
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
  /** Ask for the versions of the other node first; without, the highest of ours that a cluster of this metadata.version speaks are taken. */
  readonly asksVersions: boolean
  readonly greet?: Greet
  /** A connection on which nothing was asked for so long is closed, and made again when it is needed; missing: it stays. */
  readonly maxIdleMs?: number
  /** Where answers live; missing: where no others do. */
  readonly memory?: FrameMemory
}

export interface SendOptions {
  readonly timeoutMs?: number
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

interface Line {
  readonly caller: Caller
  /** Null where they were not asked for. */
  readonly facts: PeerFacts | null
  /** When the greeting has to be said again. */
  greetAgainAt: number
}

export class Peer {
  readonly #options: PeerOptions
  readonly #waiting: Waiting[] = []
  #inFlight = 0
  #line: Line | null = null
  #isConnecting = false
  #failures = 0
  #notBefore = 0
  #correlationId = 0
  /** Counts what was given up: a connection that was begun before is not wanted any more. */
  #generation = 0
  #isGreeting = false
  #lastUsedAt = 0
  #isOver = false

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#line?.caller.isOpen === true
  }

  /** What the other end said of itself on this connection; null while there is none. */
  get facts(): PeerFacts | null {
    return this.#line?.facts ?? null
  }

  /** Lost or refused a moment ago: a new connection is not tried before this many ms have passed. */
  get pauseMs(): number {
    return this.isConnected ? 0 : Math.max(0, this.#notBefore - this.#options.clock.monotonic())
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
    const { timeoutMs = this.#options.requestTimeoutMs, signal } = options
    if (this.#isOver) return Promise.reject(new ConnectionLost('it was closed here'))
    if (signal?.aborted) return Promise.reject(signal.reason)
    const answer = deferred<unknown>()
    const abort = () => this.#abort(waiting, signal!.reason)
    signal?.addEventListener('abort', abort)
    const waiting: Waiting = {
      ...exchange,
      body,
      options,
      answer,
      timer: this.#options.clock.after(timeoutMs, () => this.#late(waiting, timeoutMs)),
      unheard: () => signal?.removeEventListener('abort', abort),
      isSent: false,
    }
    this.#waiting.push(waiting)
    this.#goOn()
    return answer.promise as Promise<Res>
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
    this.#generation++
    this.#isConnecting = false // what is being connected is not wanted any more, and need not be waited for
    this.#line?.caller.close()
    this.#line = null
    this.#failAll(new ConnectionLost(why))
  }

  #goOn(): void {
    if (this.#waiting.length === 0 || this.#isOver) return
    const line = this.#line
    if (!line?.caller.isOpen) {
      if (!this.#isConnecting) void this.#connect()
      return
    }
    if (this.#isGreeting || this.#mustGreet(line)) return
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

  async #exchange({ caller, facts }: Line, { request, response, body, options }: Waiting): Promise<unknown> {
    const version = options.version ?? commonVersion(request, facts?.versions ?? null, options.maxVersion)
    const made = typeof body === 'function' ? body(version) : body
    if (options.isUnanswered) return caller.tell(this.#written(this.#nextId(), request, made, version))
    const { frame, from } = await this.#call(caller, request, made, version)
    const answer = codec(response, version).read(from)
    options.hold?.(frame)
    return answer
  }

  /** Gives the answer's body, and the frame that it is a view of. */
  async #call(
    caller: Caller,
    request: AnyMessage,
    body: unknown,
    version: number,
  ): Promise<{ frame: PooledBytes; from: ByteReader }> {
    const correlationId = this.#nextId()
    const frame = await caller.call(correlationId, this.#written(correlationId, request, body, version), NEVER)
    const from = new ByteReader(frame.bytes)
    readResponseHeader(from, request.apiKey!, version)
    return { frame, from }
  }

  #nextId(): number {
    return this.#correlationId++ & MAX_INT
  }

  #written(correlationId: number, request: AnyMessage, body: unknown, version: number): readonly Uint8Array[] {
    const { clientId } = this.#options
    const to = new ByteWriter()
    writeRequestHeader(to, { apiKey: request.apiKey!, apiVersion: version, correlationId, clientId })
    codec(request, version).write(to, body as Input<unknown>)
    return to.chunks()
  }

  /** One attempt; what waits is refused where it fails. */
  async #connect(): Promise<void> {
    const { clock, network, address, memory } = this.#options
    this.#isConnecting = true
    const generation = this.#generation
    const isStale = () => this.#generation !== generation
    try {
      const pause = this.#notBefore - clock.monotonic()
      if (pause > 0) await new Promise<void>((resume) => void clock.after(pause, resume))
      if (this.#waiting.length === 0 || isStale()) return
      const where = address()
      if (!where) throw new ConnectionLost(`nobody knows where ${this.#options.clientId} should connect to`)
      const connectTimeoutMs = this.#connectTimeoutMs()
      const caller = await dial(network, clock, where, { connectTimeoutMs, ...(memory ? { memory } : {}) })
      void caller.closed.then(() => this.#lost(caller))
      if (isStale()) return caller.close()
      const line = await this.#introduce(caller)
      if (isStale()) return caller.close()
      this.#line = line
      this.#failures = 0
      this.#watchIdle(line)
    } catch (thrown) {
      if (isStale()) return
      this.#backOff()
      this.#failAll(thrown as Error)
    } finally {
      if (!isStale()) {
        this.#isConnecting = false
        this.#goOn()
      }
    }
  }

  #connectTimeoutMs(): number {
    const { connectTimeoutMs, connectTimeoutMaxMs = connectTimeoutMs, random } = this.#options
    const grown = Math.min(connectTimeoutMs * 2 ** this.#failures, connectTimeoutMaxMs)
    return grown === connectTimeoutMs ? grown : Math.min(connectTimeoutMaxMs, grown * (0.8 + 0.4 * random.next()))
  }

  /** Versions, and who this is. */
  async #introduce(caller: Caller): Promise<Line> {
    const { clock, requestTimeoutMs, asksVersions } = this.#options
    const timer = clock.after(requestTimeoutMs, () => caller.close(`it did not say what it serves within ${requestTimeoutMs} ms`))
    try {
      const facts = asksVersions
        ? await readVersions(async (version) => (await this.#call(caller, ApiVersionsRequest, SOFTWARE, version)).from)
        : null
      const line: Line = { caller, facts, greetAgainAt: Number.POSITIVE_INFINITY }
      await this.#greet(line)
      return line
    } catch (thrown) {
      caller.close()
      throw thrown
    } finally {
      timer.cancel()
    }
  }

  async #greet(line: Line): Promise<void> {
    const { greet, clock } = this.#options
    if (!greet) return
    const { againInMs } = await greet(async ({ request, response }, body) => {
      const version = commonVersion(request, line.facts?.versions ?? null)
      const { from } = await this.#call(line.caller, request, body, version)
      return codec(response, version).read(from)
    })
    line.greetAgainAt = againInMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + againInMs
  }

  /** Whether who asks has to wait for another greeting, which begins when all answers are here. */
  #mustGreet(line: Line): boolean {
    if (this.#options.clock.monotonic() < line.greetAgainAt) return false
    if (this.#inFlight === 0) void this.#greetAgain(line)
    return true
  }

  async #greetAgain(line: Line): Promise<void> {
    const { clock, requestTimeoutMs } = this.#options
    this.#isGreeting = true
    const timer = clock.after(requestTimeoutMs, () => line.caller.close(`it did not greet back within ${requestTimeoutMs} ms`))
    try {
      await this.#greet(line)
    } catch (thrown) {
      line.caller.close()
      this.#failAll(thrown as Error)
    } finally {
      timer.cancel()
      this.#isGreeting = false
      this.#goOn()
    }
  }

  #watchIdle(line: Line): void {
    const { clock, maxIdleMs } = this.#options
    this.#lastUsedAt = clock.monotonic()
    if (maxIdleMs === undefined) return
    const look = () => {
      if (this.#line !== line) return
      const left = this.#waiting.length > 0 ? maxIdleMs : this.#lastUsedAt + maxIdleMs - clock.monotonic()
      if (left <= 0) return this.#rest(line)
      const timer = clock.after(left, look)
      void line.caller.closed.then(() => timer.cancel())
    }
    look()
  }

  /** Closes a connection that nobody needs; it failed nobody, so the next one need not be waited for. */
  #rest(line: Line): void {
    this.#line = null
    line.caller.close('nobody asked anything on it')
  }

  #lost(caller: Caller): void {
    if (this.#line?.caller !== caller) return
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
    const where = this.#options.address()
    const whom = where ? `${where.host}:${where.port}` : 'a node that nobody knows the address of'
    waiting.unheard()
    waiting.answer.reject(new NoAnswer(`no answer of ${whom} to ${waiting.request.name} within ${Math.round(timeoutMs)} ms`))
    // Nothing tells a late answer from a lost one.
    if (waiting.isSent) this.#line?.caller.close()
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
