// From a frame to its answer: read the header, find the handler, decode, take the steps, encode.

import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { Meters } from '../metrics/meters.ts'
import type { Measured } from '../metrics/request-meters.ts'
import { FrameWriter } from '../net/frame.ts'
import type { Exchange } from '../net/peer.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { type RequestHeader, readRequestHeader, writeResponseHeader } from '../protocol/header.ts'
import { codec, type Input, type Message } from '../protocol/schema.ts'
import { readAtOnce, readBoundedSteps, writeAtOnce } from '../protocol/wire.ts'
import type { AnyHandler, RequestContext } from './handler.ts'
import { unsupportedApiVersions } from './handlers/api-versions.ts'
import { LargeRequests } from './large-requests.ts'
import { answerErrors, authorize, type Call, compose, logBug, type Step } from './steps.ts'

const API_VERSIONS = 18
/** Before every frame stands its length. */
const LENGTH_BYTES = 4

export interface PipelineOptions {
  readonly handlers: readonly AnyHandler[]
  readonly logger: Logger
  readonly clock: Clock
  /** What counts requests. */
  readonly meters?: Meters
  /** What comes between the refusals and the permission of a request, in this order: forwarding, for example. */
  readonly steps?: readonly Step[]
}

/** Where a request came from. */
export interface Origin {
  readonly id: number
  readonly listener: string
  readonly clientHost: string
  /** Who asks; `User:ANONYMOUS` unless somebody said otherwise. */
  readonly principal?: string
  readonly gone: AbortSignal
  disconnect(why: string): void
}

/** What one request leads to: bytes to send (null: no answer), and what to do when they were handed over. */
export interface Outcome {
  readonly chunks: readonly Uint8Array[] | null
  sent(): void
}

export class Pipeline {
  readonly #handlers: ReadonlyMap<number, AnyHandler>
  readonly #dispatch: (call: Call) => Promise<unknown>
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #slices: Slices
  readonly #large = new LargeRequests()
  readonly #meters: Meters

  constructor(options: PipelineOptions) {
    this.#handlers = new Map(options.handlers.map((handler) => [handler.api.key, handler]))
    const steps: readonly Step[] = [answerErrors(options.logger), ...(options.steps ?? []), authorize]
    this.#logger = options.logger
    this.#clock = options.clock
    this.#slices = Slices.of(options.clock)
    this.#meters = options.meters ?? new Meters(options.clock, () => null)
    this.#dispatch = compose(steps, ({ handler, request, context }) => handler.handle(request, context))
  }

  /**
   * Answers one frame (without its length). Throws MalformedBytes for bytes that are no request we serve: Kafka closes the connection
   * without a word then (an unknown API, a version we do not know, a body that does not fit), and so does the caller.
   * @param receivedAt wall clock, ms, when the last byte of the frame came
   */
  answer(frame: Uint8Array, origin: Origin, receivedAt: number): Outcome | Promise<Outcome> {
    const reader = new ByteReader(frame)
    const header = readRequestHeader(reader)
    const handler = this.#handlers.get(header.apiKey)
    if (!handler || (handler.onlyAt !== undefined && handler.onlyAt !== origin.listener))
      throw new MalformedBytes(`API key ${header.apiKey} is not served here`)
    const { served, request: schema } = handler.api
    const version = header.apiVersion
    if (version < served.min || version > served.max) return this.#unsupported(header, handler)
    const body = codec(schema, version)
    const bodyAt = reader.at
    const request: unknown = readAtOnce(reader, body)
    const context = new PipelineContext(header, { origin, receivedAt, logger: this.#logger, slices: this.#slices })
    context.sizeInBytes = frame.length + LENGTH_BYTES
    if (request !== null && this.#large.mayPass(origin.id)) return this.#carryOut({ handler, request, context, header })
    return this.#later({ handler, request, context, header }, origin.id, new ByteReader(frame, bodyAt))
  }

  // Apart from what comes before: what functions inside of a function need is kept in an object, for every call.
  #later({ handler, request, context, header }: PipelineCall, connectionId: number, reader: ByteReader): Promise<Outcome> {
    const body = codec(handler.api.request, context.version)
    const read = () => inSlices(readBoundedSteps(reader, body, handler.mostWeight), this.#slices)
    const prepare = (its: unknown) => handler.prepare?.(its, context)
    return this.#large.run({ connectionId, request, read, prepare }, (its) =>
      this.#carryOut({ handler, request: its, context, header }),
    )
  }

  /**
   * Answers a request that came inside another one (Envelope, KIP-590): header and body in, header and body out, and both of it in the name of who sent
   * it first. Throws MalformedBytes where it is no request that is served here.
   */
  async inner(bytes: Uint8Array, origin: Origin, receivedAt: number): Promise<Uint8Array> {
    const { chunks, sent } = await this.answer(bytes, origin, receivedAt)
    if (chunks === null) throw new MalformedBytes('a request inside of another one must have an answer')
    const answer = Buffer.concat(chunks).subarray(LENGTH_BYTES)
    sent() // what it lent was copied
    return answer
  }

  /**
   * Asks a handler of this process as another node would, in the newest version: what the answer would not carry over the wire is not there either.
   * A refusal is an answer, too. `origin` stands for this node.
   */
  async ask<Req, Res>({ request, response }: Exchange<Req, Res>, body: Input<Req>, origin: Origin): Promise<Res> {
    const handler = this.#handlers.get(request.apiKey!)
    if (!handler) throw new KafkaError('UNSUPPORTED_VERSION', `${request.name} is not served in this process`)
    const version = handler.api.served.max
    const header = { apiKey: request.apiKey!, apiVersion: version, correlationId: 0, clientId: null }
    const context = new PipelineContext(header, {
      origin,
      receivedAt: this.#clock.now(),
      logger: this.#logger,
      slices: this.#slices,
    })
    try {
      const whole = carried(request, version, body)
      return carried(response, version, (await this.#dispatch({ handler, request: whole, context, header })) as Input<Res>)
    } finally {
      context.sent()
    }
  }

  // Apart from what comes before: an asynchronous function costs by its size, for every request.
  async #carryOut(call: PipelineCall): Promise<Outcome> {
    const { handler, request, context } = call
    const meters = this.#meters
    const sent = () => {
      context.sent()
      meters.requests.sent(context)
    }
    meters.requests.begin(context, context.receivedAt)
    try {
      const answer = (await this.#dispatch(call)) as object | null
      meters.answered(context, handler.api, request, answer)
      const chunks = answer === null ? null : (encodedAtOnce(call, answer) ?? (await this.#encodedInSlices(call, answer)))
      meters.responded(context.listener, chunks)
      return { chunks, sent }
    } catch (thrown) {
      sent()
      throw thrown
    }
  }

  async #encodedInSlices({ handler, context }: PipelineCall, answer: object): Promise<readonly Uint8Array[]> {
    const writer = writerFor(context.header)
    await inSlices(codec(handler.api.response, context.header.apiVersion).writeSteps(writer, answer), this.#slices)
    return writer.frame()
  }

  // Only ApiVersions says what it would have understood, in version 0, so that a newer client can ask again (KIP-511).
  #unsupported(header: RequestHeader, { api }: AnyHandler): Outcome {
    if (api.key !== API_VERSIONS) {
      throw new MalformedBytes(`version ${header.apiVersion} of ${api.name}; ${api.served.min} to ${api.served.max} are served`)
    }
    const writer = writerFor(header)
    codec(api.response, 0).write(writer, unsupportedApiVersions())
    return { chunks: writer.frame(), sent() {} }
  }
}

interface PipelineCall extends Call {
  readonly context: PipelineContext
}

/** Null where the answer is too long to be encoded in one turn. */
function encodedAtOnce({ handler, context: { header } }: PipelineCall, answer: object): readonly Uint8Array[] | null {
  const writer = writerFor(header)
  return writeAtOnce(writer, codec(handler.api.response, header.apiVersion), answer) ? writer.frame() : null
}

function writerFor(header: RequestHeader): FrameWriter {
  const writer = new FrameWriter()
  writeResponseHeader(writer, header)
  return writer
}

async function inSlices<T>(steps: Generator<void, T>, slices: Slices): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value as T
    while (slices.isOver) await slices.turn()
  }
}

interface Arrival {
  readonly origin: Origin
  readonly receivedAt: number
  readonly logger: Logger
  readonly slices: Slices
}

export const ANONYMOUS = 'User:ANONYMOUS'

/** What a handler may know of one request. */
class PipelineContext implements RequestContext, Measured {
  readonly version: number
  readonly clientId: string | null
  readonly receivedAt: number
  readonly principal: string
  readonly slices: Slices
  readonly header: RequestHeader
  sizeInBytes = 0
  began = -1
  waitedMs = 0
  answeredAt = -1
  side = -1
  readonly #origin: Origin
  readonly #logger: Logger
  #onSent: (() => void)[] | null = null

  constructor(header: RequestHeader, { origin, receivedAt, logger, slices }: Arrival) {
    this.version = header.apiVersion
    this.clientId = header.clientId
    this.header = header
    this.receivedAt = receivedAt
    this.principal = origin.principal ?? ANONYMOUS
    this.#origin = origin
    this.#logger = logger
    this.slices = slices
  }

  get clientHost(): string {
    return this.#origin.clientHost
  }

  get listener(): string {
    return this.#origin.listener
  }

  get connectionId(): number {
    return this.#origin.id
  }

  get gone(): AbortSignal {
    return this.#origin.gone
  }

  /** No authorizer is configured: everyone may do everything, as in Kafka. */
  may(): boolean {
    return true
  }

  onSent(run: () => void): void {
    this.#onSent ??= []
    this.#onSent.push(run)
  }

  /** The answer left, or never will. */
  sent(): void {
    if (this.#onSent) for (const run of this.#onSent) run()
  }

  answerFor(thrown: unknown): KafkaError {
    if (!(thrown instanceof KafkaError))
      logBug(this.#logger, { api: this.header.apiKey, version: this.version, client: this.clientId }, thrown)
    return KafkaError.of(thrown)
  }

  disconnect(why: string): void {
    this.#origin.disconnect(why)
  }
}
/** As it is when it has been written and read. */
function carried<T>(message: Message<T>, version: number, value: Input<T>): T {
  const writer = new ByteWriter()
  const both = codec(message, version)
  both.write(writer, value)
  return both.read(new ByteReader(Buffer.concat(writer.chunks())))
}
