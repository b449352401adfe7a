// What stands before a request and before its answer. Its form depends on the API and version, so both are read first.

import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { requestHeaderVersion, responseHeaderVersion } from './api.ts'
import { RequestHeader as RequestHeaderSchema, ResponseHeader as ResponseHeaderSchema } from './messages/headers.ts'
import { codec } from './schema.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const requestCodecs = { 1: codec(RequestHeaderSchema, 1), 2: codec(RequestHeaderSchema, 2) } as const
const responseCodecs = { 0: codec(ResponseHeaderSchema, 0), 1: codec(ResponseHeaderSchema, 1) } as const

/** Reads the header of a request; the reader stands at the body then. Throws MalformedBytes. An API that is not known has no body to stand at. */
export function readRequestHeader(from: ByteReader): RequestHeader & { readonly headerVersion: 1 | 2 } {
  const at = from.at
  const apiKey = from.int16()
  const apiVersion = from.int16()
  const headerVersion = requestHeaderVersion(apiKey, apiVersion)
  from.at = at
  const { correlationId, clientId } = requestCodecs[headerVersion].read(from)
  return { apiKey, apiVersion, correlationId, clientId, headerVersion }
}

export function writeRequestHeader(to: ByteWriter, { apiKey, apiVersion, correlationId, clientId }: RequestHeader): void {
  const header = requestCodecs[requestHeaderVersion(apiKey, apiVersion)]
  header.write(to, { requestApiKey: apiKey, requestApiVersion: apiVersion, correlationId, clientId })
}

/** The header of the answer to a request. */
export function writeResponseHeader(
  to: ByteWriter,
  request: Pick<RequestHeader, 'apiKey' | 'apiVersion' | 'correlationId'>,
): void {
  responseCodecs[responseHeaderVersion(request.apiKey, request.apiVersion)].write(to, { correlationId: request.correlationId })
}

/** Reads the header of an answer to a request of this API and version, and gives its correlation id. */
export function readResponseHeader(from: ByteReader, apiKey: number, apiVersion: number): number {
  return responseCodecs[responseHeaderVersion(apiKey, apiVersion)].read(from).correlationId
}
