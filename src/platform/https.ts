// A question to somebody else's HTTP server, over TLS: a small form goes there, a short answer comes back. How a client gets its tokens.

import type { Address, TlsSettings } from './network.ts'

export interface HttpsQuestion {
  readonly address: Address
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly tls: TlsSettings
  /** Whether the host may stand for an address that only this machine or its own network knows. */
  readonly mayBePrivate: boolean
  /** For the connection, its TLS included. */
  readonly connectTimeoutMs: number
  /** From then on to the end of the answer. */
  readonly answerTimeoutMs: number
  /** A longer answer is given up. */
  readonly maxAnswerBytes: number
  /** Gives it up, and what it holds. */
  readonly signal: AbortSignal
}

export interface HttpsAnswer {
  readonly status: number
  readonly body: Uint8Array
}

export interface Https {
  /**
   * POST, on a connection of its own. No redirection is followed, whatever the status is. Rejects with TlsRefused where one end does not trust the other, with
   * AddressRefused, with ConnectRefused, and with another Error for whatever else keeps it from an answer; none of them tells what was asked or answered.
   */
  post(question: HttpsQuestion): Promise<HttpsAnswer>
}

/** The host stands for an address that must not be asked. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}
