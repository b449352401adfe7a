// The step that hands on what only the active controller can decide (KIP-590), where that is another node.

import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import { readResponseHeader, writeRequestHeader } from '../protocol/header.ts'
import { EnvelopeRequest, EnvelopeResponse } from '../protocol/messages/envelope.ts'
import { codec } from '../protocol/schema.ts'
import type { ControllerClient } from './controller-client.ts'
import { addressBytes, principalData } from './envelope.ts'
import type { Call, Step } from './steps.ts'

export interface Forwarding {
  /** Whether this node is not the active controller, or not yet. */
  readonly isElsewhere: () => boolean
  readonly controller: ControllerClient
  /** request.timeout.ms: of the whole, the search for a controller included. */
  readonly timeoutMs: () => number
}

const ENVELOPE = { request: EnvelopeRequest, response: EnvelopeResponse }

/** Only for the listeners of brokers: a controller that is not the active one answers NOT_CONTROLLER, and whoever asked looks for another. */
export function forward({ isElsewhere, controller, timeoutMs }: Forwarding): Step {
  return (call, next) => (call.handler.api.forwarded && isElsewhere() ? handOn(call) : next(call))

  async function handOn(call: Call): Promise<unknown> {
    const { handler, request } = call
    return handler.handOn ? handler.handOn(request, (rest: unknown) => carry({ ...call, request: rest })) : carry(call)
  }

  async function carry({ handler, request, context, header }: Call): Promise<object> {
    const to = new ByteWriter()
    writeRequestHeader(to, header)
    codec(handler.api.request, header.apiVersion).write(to, request as object)
    const body = {
      requestData: Buffer.concat(to.chunks()),
      requestPrincipal: principalData(context.principal),
      clientHostAddress: addressBytes(context.clientHost),
    }
    const { errorCode, responseData } = await controller.send(ENVELOPE, body, timeoutMs())
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode), 'the controller did not take the request that was handed on')
    const from = new ByteReader(responseData ?? new Uint8Array())
    readResponseHeader(from, header.apiKey, header.apiVersion)
    return codec(handler.api.response, header.apiVersion).read(from)
  }
}
