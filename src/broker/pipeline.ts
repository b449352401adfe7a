// From a frame to its answer: read the header, find the handler, decode, take the steps, encode.

import { ByteReader, MalformedBytes } from '../base/bytes.ts'
import { FrameWriter } from '../net/frame.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { type RequestHeader, readRequestHeader, writeResponseHeader } from '../protocol/header.ts'
import { codec } from '../protocol/schema.ts'
import { readAtOnce, readBoundedSteps, writeAtOnce } from '../protocol/wire.ts'
import type { AnyHandler, RequestContext } from './handler.ts'
import { unsupportedApiVersions } from './handlers/api-versions.ts'
import { LargeRequests } from './large-requests.ts'
import { answerErrors, authorize, type Call, compose, logBug, type Step } from './steps.ts'

const API_VERSIONS = 18

export interface PipelineOptions {
  readonly handlers: readonly AnyHandler[]
  readonly logger: Logger
  readonly clock: Clock
}

/** Where a request came from. */
export interface Origin {
  readonly id: number
  readonly listener: string
  readonly clientHost: string
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
  readonly #slices: Slices
  readonly #large = new LargeRequests()

  constructor(options: PipelineOptions) {
    this.#handlers = new Map(options.handlers.map((handler) => [handler.api.key, handler]))
    const steps: readonly Step[] = [answerErrors(options.logger), authorize]
    this.#logger = options.logger
    this.#slices = Slices.of(options.clock)
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
    if (!handler) throw new MalformedBytes(`API key ${header.apiKey} is not served here`)
    const { served, request: schema } = handler.api
    const version = header.apiVersion
    if (version < served.min || version > served.max) return this.#unsupported(header, handler)
    const body = codec(schema, version)
    const bodyAt = reader.at
    const request: unknown = readAtOnce(reader, body)
    const context = new PipelineContext(header, { origin, receivedAt, logger: this.#logger, slices: this.#slices })
    if (request !== null && this.#large.mayPass(origin.id)) return this.#carryOut({ handler, request, context })
    return this.#later({ handler, request, context }, origin.id, new ByteReader(frame, bodyAt))
  }

  // Apart from what comes before: what functions inside of a function need is kept in an object, for every call.
  #later({ handler, request, context }: PipelineCall, connectionId: number, reader: ByteReader): Promise<Outcome> {
    const body = codec(handler.api.request, context.version)
    const read = () => inSlices(readBoundedSteps(reader, body, handler.mostWeight), this.#slices)
    const prepare = (its: unknown) => handler.prepare?.(its, context)
    return this.#large.run({ connectionId, request, read, prepare }, (its) => this.#carryOut({ handler, request: its, context }))
  }

  // Apart from what comes before: an asynchronous function costs by its size, for every request.
  async #carryOut(call: PipelineCall): Promise<Outcome> {
    const { context } = call
    try {
      const answer = (await this.#dispatch(call)) as object | null
      return outcomeOf(call, answer) ?? (await this.#encodedInSlices(call, answer!))
    } catch (thrown) {
      context.sent()
      throw thrown
    }
  }

  async #encodedInSlices({ handler, context }: PipelineCall, answer: object): Promise<Outcome> {
    const writer = writerFor(context.header)
    await inSlices(codec(handler.api.response, context.header.apiVersion).writeSteps(writer, answer), this.#slices)
    return { chunks: writer.frame(), sent: () => context.sent() }
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
function outcomeOf({ handler, context }: PipelineCall, answer: object | null): Outcome | null {
  let chunks: readonly Uint8Array[] | null = null
  if (answer !== null) {
    const writer = writerFor(context.header)
    if (!writeAtOnce(writer, codec(handler.api.response, context.header.apiVersion), answer)) return null
    chunks = writer.frame()
  }
  return { chunks, sent: () => context.sent() }
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

/** What a handler may know of one request. */
class PipelineContext implements RequestContext {
  readonly version: number
  readonly clientId: string | null
  readonly receivedAt: number
  readonly principal = 'User:ANONYMOUS'
  readonly slices: Slices
  readonly header: RequestHeader
  readonly #origin: Origin
  readonly #logger: Logger
  #onSent: (() => void)[] | null = null

  constructor(header: RequestHeader, { origin, receivedAt, logger, slices }: Arrival) {
    this.version = header.apiVersion
    this.clientId = header.clientId
    this.header = header
    this.receivedAt = receivedAt
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
