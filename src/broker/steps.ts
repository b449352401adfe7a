// What every request passes on its way to the handler and back. A step sees the call, may answer itself, or hands on.

import { AssertionFailed } from '../base/assert.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RequestHeader } from '../protocol/header.ts'
import type { AnyHandler, RequestContext } from './handler.ts'

export interface Call {
  readonly handler: AnyHandler
  readonly request: unknown
  readonly context: RequestContext
  readonly header: RequestHeader
}

export type Next = (call: Call) => Promise<unknown>
export type Step = (call: Call, next: Next) => Promise<unknown>

export function compose(steps: readonly Step[], last: Next): Next {
  return steps.reduceRight<Next>((next, step) => (call) => step(call, next), last)
}

/** One line for what should never be thrown, with its stack: whoever asked is told UNKNOWN_SERVER_ERROR and no more. */
export function logBug(logger: Logger, request: Readonly<Record<string, unknown>>, thrown: unknown): void {
  const kind = thrown instanceof AssertionFailed ? 'a promise of our own code was broken' : 'a handler failed'
  logger.error(kind, { ...request, error: thrown })
}

/** Turns what a handler throws into the answer by which its API says "all of it failed". A bug answers UNKNOWN_SERVER_ERROR and is logged. */
export function answerErrors(logger: Logger): Step {
  return async (call, next) => {
    try {
      return await next(call) // which may also throw before it has a promise
    } catch (thrown) {
      const { handler, request, context } = call
      if (!(thrown instanceof KafkaError)) {
        logBug(logger, { api: handler.api.name, version: context.version, client: context.clientId }, thrown)
      }
      return handler.refuse(request, KafkaError.of(thrown), context)
    }
  }
}

export const authorize: Step = (call, next) => {
  const { requires } = call.handler
  if (requires && !call.context.may(requires.operation, requires.resource)) {
    throw new KafkaError('CLUSTER_AUTHORIZATION_FAILED', `${call.context.principal} may not ${requires.operation} the cluster`)
  }
  return next(call)
}
