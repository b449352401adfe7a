// What somebody who watches a client is told of its requests.

import type { Address } from '../platform/network.ts'

export interface WatchedRequest {
  readonly apiKey: number
  /** Without "Request": `Metadata`. */
  readonly apiName: string
  readonly apiVersion: number
  readonly broker: Address
  readonly clientId: string
  readonly correlationId: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly sentAt: number
}

export interface AnsweredRequest extends WatchedRequest {
  readonly answeredAt: number
  /** Bytes of the answer. */
  readonly sizeInBytes: number
}

export interface RequestWatch {
  /** Its answer is here. */
  answered(request: AnsweredRequest): void
  /** It was sent, and no answer came within its time. */
  late(request: WatchedRequest): void
  /** So many requests to this broker wait for their turn, each time that this changes. */
  queued(broker: Address, clientId: string, count: number): void
}
