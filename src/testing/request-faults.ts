// What goes wrong with the requests of a test: a step before all others, which lets pass what no test is about.

import type { RequestContext } from '../broker/handler.ts'
import type { Call, Next, Step } from '../broker/steps.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApiName } from '../protocol/api.ts'
import { type ErrorName, KafkaError } from '../protocol/errors.ts'
import type { PlannedFault } from './fault.ts'
import type { SeenRequest } from './faults.ts'

export interface RequestPlan {
  readonly api: ApiName
  readonly fault: PlannedFault
  readonly matches: (request: SeenRequest) => boolean
  readonly act: (call: Call, next: Next, fault: PlannedFault) => Promise<unknown>
}

export class RequestFaults {
  #plans: RequestPlan[] = []

  add(plan: RequestPlan): void {
    this.#plans.push(plan)
  }

  forget(fault: PlannedFault): void {
    this.#plans = this.#plans.filter((each) => each.fault !== fault)
  }

  /** For the requests that come to one broker. */
  step(broker: number): Step {
    return (call, next) => {
      if (this.#plans.length === 0 || isFollower(call.request)) return next(call)
      const { handler, context, request } = call
      const seen = {
        api: handler.api.name,
        version: context.version,
        clientId: context.clientId,
        broker,
        body: request as object,
      }
      const plan = this.#plans.find((each) => each.api === seen.api && each.fault.isDue && each.matches(seen as SeenRequest))
      if (!plan) return next(call)
      plan.fault.strike()
      return plan.act(call, next, plan.fault)
    }
  }
}

/** Faults are for clients: one that meets another broker's fetch would miss the client that it was meant for. */
function isFollower(request: unknown): boolean {
  const { replicaId = -1, replicaState } = request as { replicaId?: number; replicaState?: { replicaId?: number } }
  return replicaId >= 0 || (replicaState?.replicaId ?? -1) >= 0
}

/** The request is carried out, its answer does not come, and the connection breaks. */
export async function dropAnswer(call: Call, next: Next): Promise<null> {
  await next(call)
  call.context.disconnect('a test drops this answer')
  return null
}

/** The request is carried out, and neither its answer nor anything behind it comes over this connection, until the client gives it up. */
export async function keepSilent(call: Call, next: Next, fault: PlannedFault): Promise<null> {
  await next(call)
  await Promise.race([gone(call.context), fault.over.promise])
  call.context.disconnect('a test kept this answer back')
  return null
}

/** The request is not carried out, and the connection breaks. */
export async function dropRequest(call: Call): Promise<null> {
  call.context.disconnect('a test drops this request')
  return null
}

/** The request is not carried out. */
export function refuse(error: ErrorName) {
  return async ({ handler, request, context }: Call): Promise<null> => {
    if (handler.api.name === 'Produce' && (request as { acks: number }).acks === 0) {
      context.disconnect(`a test refuses this request, which has no answer: ${error}`)
      return null
    }
    throw new KafkaError(error)
  }
}

/** The request is carried out, and its answer waits; what comes behind it on this connection waits, too. */
export function delayAnswer(ms: number, clock: Clock) {
  return async (call: Call, next: Next, fault: PlannedFault): Promise<unknown> => {
    const answer = await next(call)
    let wake = () => {}
    const over = new Promise<void>((resolve) => (wake = resolve))
    const timer = clock.after(ms, wake)
    await Promise.race([over, gone(call.context), fault.over.promise])
    timer.cancel()
    return answer
  }
}

function gone({ gone: signal }: RequestContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
