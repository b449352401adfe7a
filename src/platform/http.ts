// A small HTTP server, as whoever is asked for figures needs it: whole requests without a body in, texts out.

import type { Address, Listener } from './network.ts'

export interface HttpRequest {
  /** GET, HEAD, ... in upper case. */
  readonly method: string
  /** Without the query. */
  readonly path: string
}

export interface HttpAnswer {
  readonly status: number
  /** Content-Type. */
  readonly type: string
  /** Pieces are taken one by one, each when the client has room for it. */
  readonly body: string | AsyncIterable<string>
}

/** All of them close the connection of who goes beyond. */
export interface HttpLimits {
  /** More are closed at once; who only keeps one for its next request gives way to the last of them. */
  readonly maxConnections: number
  /** Request line and headers. */
  readonly maxHeaderBytes: number
  /** From the first byte of a request to the end of its headers. */
  readonly headerTimeoutMs: number
  /** From a request to the end of its answer: a client that does not read is not waited for longer. */
  readonly answerTimeoutMs: number
  /** Between two requests. */
  readonly idleTimeoutMs: number
}

export interface HttpOptions extends HttpLimits {
  readonly address: Address
  /** The configuration that chose the port, for what is said where it cannot be had. */
  readonly key: string
  readonly answer: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>
  /** Hears of answers that could not be made or given. */
  readonly onError: (why: unknown) => void
}

export interface Http {
  /** `localhost` binds both loopback addresses; an empty host all interfaces. Rejects with PortTaken where another process has the port. */
  listen(options: HttpOptions): Promise<Listener>
}

/** Another process listens there. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
}
