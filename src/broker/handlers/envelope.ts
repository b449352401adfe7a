// Envelope (API 58): another broker hands on a client's request (KIP-590). It is answered as if the client had come itself, header and all.

import { ByteReader, MalformedBytes } from '../../base/bytes.ts'
import { type Api, api, apiByKey } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { type RequestHeader, readRequestHeader } from '../../protocol/header.ts'
import type { EnvelopeRequest, EnvelopeResponse } from '../../protocol/messages/envelope.ts'
import { readAddress, readPrincipal } from '../envelope.ts'
import { CLUSTER, type Handler, type RequestContext } from '../handler.ts'
import type { Origin } from '../pipeline.ts'

/** They say NOT_LEADER_OR_FOLLOWER by themselves, and a leader that was removed as a voter has no other place than this answer to say so. */
const ANSWERED_BY_THE_QUORUM: ReadonlySet<string> = new Set(['DescribeQuorum', 'AddRaftVoter', 'RemoveRaftVoter'])

export interface EnvelopeRooms {
  /** Answers a whole request, header and body; throws MalformedBytes for what is none. */
  readonly inner: (request: Uint8Array, origin: Origin, receivedAt: number) => Promise<Uint8Array>
  /** Whether this node is the active controller: anyone else answers NOT_CONTROLLER, so that the request is handed on to the right one. */
  readonly isActive: () => boolean
}

export function envelope({ inner, isActive }: EnvelopeRooms): Handler<EnvelopeRequest, EnvelopeResponse> {
  return {
    api: api('Envelope'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle({ requestData, requestPrincipal, clientHostAddress }, context) {
      requireActive()
      const origin = originOf(context, readPrincipal(requestPrincipal), readAddress(clientHostAddress))
      const { name } = requireForwardable(requestData)
      const responseData = await answered(requestData, origin, context.receivedAt)
      // Whoever lost its place meanwhile may have refused the request inside for that: then the envelope must say so, or nobody would look further.
      if (!ANSWERED_BY_THE_QUORUM.has(name)) requireActive()
      return { errorCode: 0, responseData }
    },

    refuse: (_, error) => ({ errorCode: error.code, responseData: null }),
  }

  function requireActive(): void {
    if (!isActive()) throw new KafkaError('NOT_CONTROLLER', 'this node is not the active controller')
  }

  /** What cannot be read inside is told apart from what is wrong with the envelope itself. */
  async function answered(request: Uint8Array, origin: Origin, receivedAt: number): Promise<Uint8Array> {
    try {
      return await inner(request, origin, receivedAt)
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown
      throw new KafkaError('UNSUPPORTED_VERSION', `the request inside cannot be read: ${thrown.message}`, { cause: thrown })
    }
  }
}

function originOf(context: RequestContext, principal: string, clientHost: string): Origin {
  return {
    id: context.connectionId,
    listener: context.listener,
    clientHost,
    principal,
    gone: context.gone,
    disconnect: (why) => context.disconnect(why),
  }
}

/** Throws INVALID_REQUEST for an API that brokers answer themselves, UNSUPPORTED_VERSION for bytes that are no request. */
function requireForwardable(request: Uint8Array): Api {
  const { apiKey } = headerOf(request)
  const forwarded = apiByKey(apiKey)
  if (!forwarded?.forwarded)
    throw new KafkaError('INVALID_REQUEST', `API ${forwarded?.name ?? apiKey} is not enabled or is not eligible for forwarding`)
  return forwarded
}

function headerOf(request: Uint8Array): RequestHeader {
  try {
    return readRequestHeader(new ByteReader(request))
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    throw new KafkaError('UNSUPPORTED_VERSION', `the header inside cannot be read: ${thrown.message}`, { cause: thrown })
  }
}
