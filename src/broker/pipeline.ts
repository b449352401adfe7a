// From a frame to its answer: read the header, find the handler, decode, take the steps, encode.

import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { type RequestHeader, readRequestHeader, writeResponseHeader } from '../protocol/header.ts'
import { codec } from '../protocol/schema.ts'
import type { AnyHandler, RequestContext } from './handler.ts'
import { unsupportedApiVersions } from './handlers/api-versions.ts'
import { answerErrors, authorize, type Call, compose, logBug, type Step } from './steps.ts'

const API_VERSIONS = 18

export interface PipelineOptions {
  readonly handlers: readonly AnyHandler[]
  readonly logger: Logger
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

  constructor(options: PipelineOptions) {
    this.#handlers = new Map(options.handlers.map((handler) => [handler.api.key, handler]))
    const steps: readonly Step[] = [answerErrors(options.logger), authorize]
    this.#logger = options.logger
    this.#dispatch = compose(steps, ({ handler, request, context }) => handler.handle(request, context))
  }

  /**
   * Answers one frame (without its length). Throws MalformedBytes for bytes that are no request we serve: Kafka closes the connection
   * without a word then (an unknown API, a version we do not know, a body that does not fit), and so does the caller.
   * @param receivedAt wall clock, ms, when the last byte of the frame came
   */
  async answer(frame: Uint8Array, origin: Origin, receivedAt: number): Promise<Outcome> {
    const reader = new ByteReader(frame)
    const header = readRequestHeader(reader)
    const handler = this.#handlers.get(header.apiKey)
    if (!handler) throw new MalformedBytes(`API key ${header.apiKey} is not served here`)
    const { served, request: schema, response } = handler.api
    const version = header.apiVersion
    if (version < served.min || version > served.max) return this.#unsupported(header, handler)
    const request: unknown = codec(schema, version).read(reader)
    const after: (() => void)[] = []
    const arrival = { origin, receivedAt, logger: this.#logger }
    const sent = () => {
      for (const run of after) run()
    }
    try {
      const answer = await this.#dispatch({ handler, request, context: contextOf(header, arrival, after) })
      if (answer === null) return { chunks: null, sent }
      return { chunks: encode(header, (writer) => codec(response, version).write(writer, answer as object)), sent }
    } catch (thrown) {
      sent()
      throw thrown
    }
  }

  // Only ApiVersions says what it would have understood, in version 0, so that a newer client can ask again (KIP-511).
  #unsupported(header: RequestHeader, { api }: AnyHandler): Outcome {
    if (api.key !== API_VERSIONS) {
      throw new MalformedBytes(`version ${header.apiVersion} of ${api.name}; ${api.served.min} to ${api.served.max} are served`)
    }
    return { chunks: encode(header, (writer) => codec(api.response, 0).write(writer, unsupportedApiVersions())), sent() {} }
  }
}

interface Arrival {
  readonly origin: Origin
  readonly receivedAt: number
  readonly logger: Logger
}

function contextOf(header: RequestHeader, { origin, receivedAt, logger }: Arrival, after: (() => void)[]): RequestContext {
  return {
    version: header.apiVersion,
    clientId: header.clientId,
    clientHost: origin.clientHost,
    principal: 'User:ANONYMOUS',
    listener: origin.listener,
    connectionId: origin.id,
    receivedAt,
    may: () => true, // no authorizer is configured: everyone may do everything, as in Kafka
    onSent: (run) => after.push(run),
    gone: origin.gone,
    answerFor(thrown) {
      if (!(thrown instanceof KafkaError))
        logBug(logger, { api: header.apiKey, version: header.apiVersion, client: header.clientId }, thrown)
      return KafkaError.of(thrown)
    },
    disconnect: (why) => origin.disconnect(why),
  }
}

function encode(header: RequestHeader, writeBody: (writer: ByteWriter) => void): readonly Uint8Array[] {
  const writer = new ByteWriter(256)
  writeResponseHeader(writer, header)
  writeBody(writer)
  return writer.chunks()
}
