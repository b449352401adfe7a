// A connection to another node on which all has been said that comes first: what the other end serves, and who this is.

import type { PooledBytes } from '../base/buffer-pool.ts'
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { onAbort } from '../base/on-abort.ts'
import type { Clock } from '../platform/clock.ts'
import type { Address, Network } from '../platform/network.ts'
import { readResponseHeader, writeRequestHeader } from '../protocol/header.ts'
import { ApiVersionsRequest } from '../protocol/messages/api-versions.ts'
import { type AnyMessage, codec, type Input, type Message } from '../protocol/schema.ts'
import { type Caller, dial } from './dial.ts'
import type { FrameMemory } from './frame-memory.ts'
import { commonVersion, type PeerFacts, readVersions, SOFTWARE } from './peer-versions.ts'

const MAX_INT = 2 ** 31 - 1

/** The two messages of an API, with what they hold: the type of an answer comes from here. */
export interface Exchange<Req, Res> {
  readonly request: Message<Req>
  readonly response: Message<Res>
}

/** Asks on a connection that nobody else uses yet, in the highest version that both ends know. */
export type Ask = <Req, Res>(exchange: Exchange<Req, Res>, body: Input<Req>) => Promise<Res>

/** Says who this is (SASL) before anything else is asked. What it throws is told to whoever waits, and ends the connection. */
export type Greet = (ask: Ask, where: Address) => Promise<Greeted>

export interface Greeted {
  /** It has to be said again on the same connection when so much time has passed (KIP-368); null: never. */
  readonly againInMs: number | null
}

export interface LineOptions {
  readonly network: Pick<Network, 'connect'>
  readonly clock: Clock
  readonly clientId: string
  /** How long the first words may take. */
  readonly requestTimeoutMs: number
  /** Ask for the versions of the other node first; without, the highest of ours that a cluster of this metadata.version speaks are taken. */
  readonly asksVersions: boolean
  readonly greet?: Greet
  /** Where answers live; missing: where no others do. */
  readonly memory?: FrameMemory
}

export interface OpenOptions {
  readonly connectTimeoutMs: number
  /** Gives it up, in whatever state it is. */
  readonly signal: AbortSignal
}

export class Line {
  /** As it was asked for. */
  readonly where: Address
  readonly #options: LineOptions
  readonly #caller: Caller
  #facts: PeerFacts | null = null
  #greetAgainAt = Number.POSITIVE_INFINITY
  #correlationId = 0

  /** Connects and says the first words. Throws ConnectionLost, and whatever the greeting throws. */
  static async open(where: Address, options: LineOptions, { connectTimeoutMs, signal }: OpenOptions): Promise<Line> {
    const { clock, network, memory } = options
    const caller = await dial(network, clock, where, { connectTimeoutMs, signal, ...(memory ? { memory } : {}) })
    const line = new Line(caller, where, options)
    const quiet = onAbort(signal, () => line.close())
    try {
      if (signal.aborted) line.close()
      await line.#introduce()
      return line
    } finally {
      quiet()
    }
  }

  private constructor(caller: Caller, where: Address, options: LineOptions) {
    this.where = where
    this.#caller = caller
    this.#options = options
  }

  /** What the other end said of itself; null where it was not asked. */
  get facts(): PeerFacts | null {
    return this.#facts
  }

  get isOpen(): boolean {
    return this.#caller.isOpen
  }

  /** Resolves when the connection is over, whoever ended it. */
  get closed(): Promise<void> {
    return this.#caller.closed
  }

  /** Whether this end has to say again who it is before it asks anything more. */
  get mustGreet(): boolean {
    return this.#options.clock.monotonic() >= this.#greetAgainAt
  }

  close(why?: string): void {
    this.#caller.close(why)
  }

  /** Gives the answer's body, and the frame that it is a view of. There is no timeout but the end of the connection. */
  async call(request: AnyMessage, body: unknown, version: number): Promise<{ frame: PooledBytes; from: ByteReader }> {
    const correlationId = this.#nextId()
    const frame = await this.#caller.call(correlationId, this.#written(correlationId, request, body, version))
    const from = new ByteReader(frame.bytes)
    readResponseHeader(from, request.apiKey!, version)
    return { frame, from }
  }

  /** Sends what gets no answer; resolves when the operating system has it. */
  tell(request: AnyMessage, body: unknown, version: number): Promise<void> {
    return this.#caller.tell(this.#written(this.#nextId(), request, body, version))
  }

  /** Says who this is; the connection is closed where that fails or takes too long. */
  greetAgain(): Promise<void> {
    return this.#inTime('greet back', () => this.#greet())
  }

  /** Versions, and who this is. */
  #introduce(): Promise<void> {
    return this.#inTime('say what it serves', async () => {
      if (this.#options.asksVersions) {
        this.#facts = await readVersions(async (version) => (await this.call(ApiVersionsRequest, SOFTWARE, version)).from)
      }
      await this.#greet()
    })
  }

  async #greet(): Promise<void> {
    const { greet, clock } = this.#options
    if (!greet) return
    const greeted = greet(async ({ request, response }, body) => {
      const version = commonVersion(request, this.#facts?.versions ?? null)
      const { from } = await this.call(request, body, version)
      return codec(response, version).read(from)
    }, this.where)
    // What it waits for besides answers (a token) may never come.
    const { againInMs } = await this.#caller.whileOpen(greeted)
    this.#greetAgainAt = againInMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + againInMs
  }

  async #inTime(what: string, run: () => Promise<void>): Promise<void> {
    const { clock, requestTimeoutMs } = this.#options
    const timer = clock.after(requestTimeoutMs, () => this.close(`it did not ${what} within ${requestTimeoutMs} ms`))
    try {
      await run()
    } catch (thrown) {
      this.close()
      throw thrown
    } finally {
      timer.cancel()
    }
  }

  /** The correlation id of what was sent last. */
  get lastId(): number {
    return (this.#correlationId - 1) & MAX_INT
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
}
