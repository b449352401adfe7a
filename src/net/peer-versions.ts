// The first words on a connection between nodes: which APIs the other end serves, in which versions (KIP-35, KIP-511).

import type { ByteReader } from '../base/bytes.ts'
import type { Range } from '../base/ranges.ts'
import { version as ourVersion } from '../base/version.ts'
import { api } from '../protocol/api.ts'
import { errorCode, errorName, KafkaError } from '../protocol/errors.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../protocol/messages/api-versions.ts'
import { type AnyMessage, codec, type Input } from '../protocol/schema.ts'

/** By API key. */
export type PeerVersions = ReadonlyMap<number, Range>

/** What the other end says of itself. */
export interface PeerFacts {
  readonly versions: PeerVersions
  /** The level of each feature that its cluster has finalized (KIP-584), by name. */
  readonly features: ReadonlyMap<string, number>
}

/** How this build introduces itself. */
export const SOFTWARE: Input<ApiVersionsRequest> = { clientSoftwareName: 'odradek', clientSoftwareVersion: ourVersion }

/** Sends the request in `version`; gives the answer's body. */
type Ask = (version: number) => Promise<ByteReader>

const UNSUPPORTED = errorCode('UNSUPPORTED_VERSION')

/** Asks in our newest version, and where the other end is older in the newest it has. Throws a KafkaError where it refuses. */
export async function readVersions(ask: Ask): Promise<PeerFacts> {
  const { served } = api('ApiVersions')
  let answer = read(await ask(served.max), served.max)
  const theirs = answer.apiKeys.find(({ apiKey }) => apiKey === ApiVersionsRequest.apiKey)
  if (answer.errorCode === UNSUPPORTED && theirs && theirs.maxVersion < served.max) {
    const version = Math.max(served.min, theirs.maxVersion)
    answer = read(await ask(version), version)
  }
  if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), 'the other node does not say what it serves')
  return {
    versions: new Map(answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }])),
    features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
  }
}

/** Who does not know the version of the request answers in version 0, with an error that stands at the same place in all of them. */
function read(from: ByteReader, version: number): ApiVersionsResponse {
  const { at } = from
  const error = from.int16()
  from.at = at
  return codec(ApiVersionsResponse, error === UNSUPPORTED ? 0 : version).read(from)
}

/**
 * The highest version that both ends serve, `maxVersion` at most; of ours alone where the other's are not known. Throws UNSUPPORTED_VERSION where there
 * is none.
 */
export function commonVersion(
  { name, apiKey }: AnyMessage,
  versions: PeerVersions | null,
  maxVersion = Number.POSITIVE_INFINITY,
): number {
  const { served } = api(name.replace(/Request$/, '') as Parameters<typeof api>[0])
  const ourMax = Math.min(served.max, maxVersion)
  if (!versions) return ourMax
  const theirs = versions.get(apiKey!)
  const version = theirs ? Math.min(ourMax, theirs.max) : -1
  if (theirs && version >= Math.max(served.min, theirs.min)) return version
  const range = theirs ? `${theirs.min} to ${theirs.max}` : 'no version'
  throw new KafkaError('UNSUPPORTED_VERSION', `the other node serves ${range} of ${name}, this one ${served.min} to ${ourMax}`)
}
