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
import { type Caller, ConnectionLost, dial } from './dial.ts'
import type { FrameMemory } from './frame-memory.ts'
import { commonVersion, type PeerVersions, readVersions, SOFTWARE } from './peer-versions.ts'

const MAX_INT = 2 ** 31 - 1
/** Of a call: the request has a timer of its own, which closes the connection just so. */
const NEVER = MAX_INT

/** The two messages of an API, with what they hold: the type of an answer comes from here. */
export interface Exchange<Req, Res> {
  readonly request: Message<Req>
  readonly response: Message<Res>
}

export interface PeerOptions {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  /** Asked before every connection: a node may come back elsewhere. Null while nobody knows; who asks is refused with ConnectionLost. */
  readonly address: () => Address | null
  readonly clientId: string
  /** How long an answer may take, the wait for its turn and for the connection included; after it the connection is closed. */
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Pause before a lost connection is made again, doubled with every failure up to the other one, and up to a fifth more or less of it. */
  readonly reconnectBackoffMs: number
  readonly reconnectBackoffMaxMs: number
  /** How many requests may be on their way. */
  readonly maxInFlight: number
  /** Ask for the versions of the other node first; without, the highest of ours that a cluster of this metadata.version speaks are taken. */
  readonly asksVersions: boolean
  /** Where answers live; missing: where no others do. */
  readonly memory?: FrameMemory
}

export interface SendOptions {
  readonly timeoutMs?: number
  readonly version?: number
  /** Takes over the memory that the answer's bytes are views of, to release it after their last use; else it is never used again. */
  readonly hold?: (frame: PooledBytes) => void
}

interface Waiting {
  readonly request: AnyMessage
  readonly response: AnyMessage
  readonly body: unknown
  readonly version: number | undefined
  readonly hold: SendOptions['hold']
  readonly answer: Deferred<unknown>
  readonly timer: Timer
  isSent: boolean
}

interface Line {
  readonly caller: Caller
  /** Null where they were not asked for. */
  readonly versions: PeerVersions | null
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
  #isOver = false

  constructor(options: PeerOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    return this.#line?.caller.isOpen === true
  }

  /** Closed here, and for good. */
  get isClosed(): boolean {
    return this.#isOver
  }

  /**
   * Sends a request in the highest version that both ends know, or in `version`; resolves with its answer. Rejects with ConnectionLost where there is no
   * connection, it broke, or the answer did not come in time: whether the other end has done it is not known then. UNSUPPORTED_VERSION where the other end
   * does not serve it.
   */
  send<Req, Res>(
    exchange: Exchange<Req, Res>,
    body: Input<Req>,
    { timeoutMs = this.#options.requestTimeoutMs, version, hold }: SendOptions = {},
  ): Promise<Res> {
    if (this.#isOver) return Promise.reject(new ConnectionLost('it was closed here'))
    const answer = deferred<unknown>()
    const waiting: Waiting = {
      ...exchange,
      body,
      version,
      hold,
      answer,
      timer: this.#options.clock.after(timeoutMs, () => this.#late(waiting, timeoutMs)),
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
    while (this.#inFlight < this.#options.maxInFlight) {
      const next = this.#waiting.find(({ isSent }) => !isSent)
      if (!next) return
      void this.#carryOut(line, next)
    }
  }

  async #carryOut({ caller, versions }: Line, waiting: Waiting): Promise<void> {
    waiting.isSent = true
    this.#inFlight++
    try {
      const version = waiting.version ?? commonVersion(waiting.request, versions)
      const { request, response, body } = waiting
      const { frame, from } = await this.#call(caller, request, body, version)
      const answer = codec(response, version).read(from)
      waiting.hold?.(frame)
      this.#end(waiting)
      waiting.answer.resolve(answer)
    } catch (thrown) {
      this.#end(waiting)
      waiting.answer.reject(thrown)
    } finally {
      this.#inFlight--
      this.#goOn()
    }
  }

  /** Gives the answer's body, and the frame that it is a view of. */
  async #call(
    caller: Caller,
    request: AnyMessage,
    body: unknown,
    version: number,
  ): Promise<{ frame: PooledBytes; from: ByteReader }> {
    const correlationId = this.#correlationId++ & MAX_INT
    const { clientId } = this.#options
    const to = new ByteWriter()
    writeRequestHeader(to, { apiKey: request.apiKey!, apiVersion: version, correlationId, clientId })
    codec(request, version).write(to, body as Input<unknown>)
    const frame = await caller.call(correlationId, to.chunks(), NEVER)
    const from = new ByteReader(frame.bytes)
    readResponseHeader(from, request.apiKey!, version)
    return { frame, from }
  }

  /** One attempt; what waits is refused where it fails. */
  async #connect(): Promise<void> {
    const { clock, network, address, connectTimeoutMs, memory } = this.#options
    this.#isConnecting = true
    const generation = this.#generation
    const isStale = () => this.#generation !== generation
    try {
      const pause = this.#notBefore - clock.monotonic()
      if (pause > 0) await new Promise<void>((resume) => void clock.after(pause, resume))
      if (this.#waiting.length === 0 || isStale()) return
      const where = address()
      if (!where) throw new ConnectionLost(`nobody knows where ${this.#options.clientId} should connect to`)
      const caller = await dial(network, clock, where, { connectTimeoutMs, ...(memory ? { memory } : {}) })
      void caller.closed.then(() => this.#lost(caller))
      if (isStale()) return caller.close()
      const versions = this.#options.asksVersions ? await this.#askVersions(caller) : null
      if (isStale()) return caller.close()
      this.#line = { caller, versions }
      this.#failures = 0
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

  async #askVersions(caller: Caller): Promise<PeerVersions> {
    const { clock, requestTimeoutMs } = this.#options
    const timer = clock.after(requestTimeoutMs, () => caller.close())
    try {
      return await readVersions(async (version) => (await this.#call(caller, ApiVersionsRequest, SOFTWARE, version)).from)
    } catch (thrown) {
      caller.close()
      throw thrown
    } finally {
      timer.cancel()
    }
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
    waiting.answer.reject(new ConnectionLost(`no answer of ${whom} to ${waiting.request.name} within ${timeoutMs} ms`))
    // Nothing tells a late answer from a lost one.
    if (waiting.isSent) this.#line?.caller.close()
  }

  #end(waiting: Waiting): void {
    waiting.timer.cancel()
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
