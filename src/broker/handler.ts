// What a handler is: a function of the rooms it uses, told in the order of the protocol guide.

import type { Slices } from '../platform/slices.ts'
import type { Api } from '../protocol/api.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { Input } from '../protocol/schema.ts'

/** Of a request that is answered in one turn: 50,000 structs or texts. */
export const MOST_WEIGHT_AT_ONCE = 200_000

export type Operation =
  | 'Read'
  | 'Write'
  | 'Create'
  | 'Delete'
  | 'Alter'
  | 'Describe'
  | 'ClusterAction'
  | 'DescribeConfigs'
  | 'AlterConfigs'
  | 'IdempotentWrite'

export type ResourceType = 'Topic' | 'Group' | 'Cluster' | 'TransactionalId' | 'DelegationToken' | 'User'

export interface Resource {
  readonly type: ResourceType
  readonly name: string
}

export interface Permission {
  readonly operation: Operation
  readonly resource: Resource
}

/** The cluster itself as a resource; Kafka gives it this name. */
export const CLUSTER: Resource = { type: 'Cluster', name: 'kafka-cluster' }

/** What a handler may know of the request besides its body. */
export interface RequestContext {
  /** The API version the client chose. */
  readonly version: number
  readonly clientId: string | null
  /** The client's address, as groups show it: "/127.0.0.1". */
  readonly clientHost: string
  readonly principal: string
  /** The name of the listener it came in by; addresses in answers are those advertised there. */
  readonly listener: string
  /** One connection, one number; sessions that end with their connection are kept under it. */
  readonly connectionId: number
  /** Wall clock, ms since 1970. */
  readonly receivedAt: number
  may(operation: Operation, resource: Resource): boolean
  /** Lists of a client's length are answered with these, so that nobody else waits for their end. */
  readonly slices: Slices
  /** Runs when the answer was handed to the operating system or the connection is gone: the place to give read buffers back. */
  onSent(run: () => void): void
  /** Aborted when the connection is gone; who waits for a client should stop waiting. */
  readonly gone: AbortSignal
  /** What was thrown, as an answer for one item. Anything but a KafkaError is a bug: it answers UNKNOWN_SERVER_ERROR and is logged. */
  answerFor(thrown: unknown): KafkaError
  /** Closes the connection instead of answering (a failed Produce with acks=0, for example). */
  disconnect(why: string): void
}

export interface Handler<Req, Res> {
  readonly api: Api
  /** What a request may hold where that is less than `MOST_REQUEST_WEIGHT`: it is one command, which is decided in one turn. */
  readonly mostWeight?: number
  /** The listener that it is served at, where it is not served at all of them. */
  readonly onlyAt?: string
  /** Needed for the whole request; what is needed per topic or group is asked inside. */
  readonly requires?: Permission
  /** Runs before a request that is long, and may pause; those behind it on its connection begin when it has ended and `handle` was called. */
  prepare?(request: Req, context: RequestContext): Promise<void>
  /** Null: no answer (acks=0). */
  handle(request: Req, context: RequestContext): Promise<Input<Res> | null>
  /** Where the request is for the active controller, and that is another node: answers what concerns this broker alone, and hands on the rest. */
  handOn?(request: Req, forward: (rest: Req) => Promise<Input<Res>>): Promise<Input<Res>>
  /** How this API says "all of it failed". */
  refuse(request: Req, error: KafkaError, context: RequestContext): Input<Res>
}

// biome-ignore lint/suspicious/noExplicitAny: a list of handlers holds every request and response type
export type AnyHandler = Handler<any, any>
