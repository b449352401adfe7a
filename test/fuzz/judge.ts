// What a broker owes to a frame, told without the broker: by the interpreting codec, the schemas and Kafka's rules for what is no request.

import { ByteReader, MalformedBytes } from '../../src/base/bytes.ts'
import { type Api, apiByKey } from '../../src/protocol/api.ts'
import { codec } from '../../src/protocol/codec.ts'
import { errorCode } from '../../src/protocol/errors.ts'
import { readRequestHeader, readResponseHeader } from '../../src/protocol/header.ts'
import { interpret } from '../../src/protocol/interpret.ts'
import { planOf } from '../../src/protocol/plan.ts'

const API_VERSIONS = 18
const PRODUCE = 0
/** Their answer may wait for others or for time. */
const MAY_WAIT: ReadonlySet<string> = new Set(['Fetch', 'JoinGroup', 'SyncGroup'])

export type Due =
  /** The connection is closed without a byte. */
  | { readonly kind: 'close' }
  /** No answer, or the connection is closed (acks=0). */
  | { readonly kind: 'silence' }
  | {
      readonly kind: 'answer'
      readonly api: Api
      readonly version: number
      readonly correlationId: number
      readonly mayWait: boolean
    }
  /** ApiVersions of a version from the future (KIP-511). */
  | { readonly kind: 'fallback'; readonly correlationId: number }

const interpreted = new Map<string, ReturnType<typeof interpret>>()

/** What a frame (without its length) is owed by a broker that serves `served`. */
export function due(frame: Uint8Array, served: ReadonlySet<number>): Due {
  // Half of all frames end in an error that nobody reads; its stack is most of what it costs.
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    const from = new ByteReader(frame)
    const { apiKey, apiVersion: version, correlationId } = readRequestHeader(from)
    const api = apiByKey(apiKey)
    if (!api || !served.has(apiKey)) return { kind: 'close' }
    if (version < api.served.min || version > api.served.max)
      return apiKey === API_VERSIONS ? { kind: 'fallback', correlationId } : { kind: 'close' }
    const key = `${apiKey} ${version}`
    let reader = interpreted.get(key)
    if (!reader) interpreted.set(key, (reader = interpret(planOf(api.request, version))))
    const body = reader.read(from) as Record<string, unknown>
    if (apiKey === PRODUCE && body['acks'] === 0) return { kind: 'silence' }
    return { kind: 'answer', api, version, correlationId, mayWait: MAY_WAIT.has(api.name) }
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return { kind: 'close' }
    throw thrown
  } finally {
    Error.stackTraceLimit = depth
  }
}

/** What is wrong with an answer (without its length), or null. */
export function wrongWith(answer: Uint8Array, to: Due): string | null {
  if (to.kind === 'close') return 'garbage was answered'
  if (to.kind === 'silence') return 'a Produce with acks=0 was answered'
  const { api, version } = to.kind === 'answer' ? to : { api: apiByKey(API_VERSIONS)!, version: 0 }
  try {
    const from = new ByteReader(answer)
    const correlationId = readResponseHeader(from, api.key, version)
    if (correlationId !== to.correlationId) return `the answer carries correlation id ${correlationId}, not ${to.correlationId}`
    const value: { errorCode?: number } = codec(api.response, version).read(from)
    if (from.left > 0) return `${from.left} bytes are left behind the answer`
    if (to.kind === 'fallback' && value.errorCode !== errorCode('UNSUPPORTED_VERSION'))
      return 'an unknown version was not refused'
    return null
  } catch (thrown) {
    return `the answer cannot be read: ${thrown instanceof Error ? thrown.message : thrown}`
  }
}
