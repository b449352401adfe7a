// ApiVersions (API 18): what this broker serves, made out of the list of its handlers (KIP-35, KIP-511, KIP-584).

import { KRAFT_VERSION, registeredFeatures } from '../../metadata/features.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { type Api, api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import type { Input } from '../../protocol/schema.ts'
import type { Handler } from '../handler.ts'

/** Clients introduce themselves since version 3; the name has to look like one. */
const INTRODUCED_SINCE = 3
const NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/
/** Features whose lowest version is 0 break readers of version 3 answers, so they are told from version 4 on. */
const ZERO_FEATURES_SINCE = 4

export interface ApiVersionsRooms {
  readonly image: () => MetadataImage
  /** Everything below this offset of the metadata log is in the image; -1 while nothing is. */
  readonly metadataOffset: () => number
  /** What the quorum goes by, which is no record of the metadata; 0 where there is none. */
  readonly kraftVersion: () => number
  readonly served: () => readonly Api[]
}

export function apiVersions({
  image,
  metadataOffset,
  kraftVersion,
  served,
}: ApiVersionsRooms): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: api('ApiVersions'),

    async handle({ clientSoftwareName, clientSoftwareVersion }, { version }) {
      if (version >= INTRODUCED_SINCE && !(NAME.test(clientSoftwareName) && NAME.test(clientSoftwareVersion))) {
        throw new KafkaError(
          'INVALID_REQUEST',
          `"${clientSoftwareName}" "${clientSoftwareVersion}" is no name and version of a client`,
        )
      }
      return {
        errorCode: 0,
        apiKeys: served().map(({ key, advertised }) => ({ apiKey: key, minVersion: advertised.min, maxVersion: advertised.max })),
        supportedFeatures: registeredFeatures()
          .filter(({ minSupportedVersion }) => version >= ZERO_FEATURES_SINCE || minSupportedVersion > 0)
          .map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
            name,
            minVersion: minSupportedVersion,
            maxVersion: maxSupportedVersion,
          })),
        finalizedFeaturesEpoch: metadataOffset(),
        finalizedFeatures: [...image().features, ...(kraftVersion() > 0 ? [[KRAFT_VERSION, kraftVersion()] as const] : [])].map(
          ([name, level]) => ({
            name,
            maxVersionLevel: level,
            minVersionLevel: level,
          }),
        ),
      }
    },

    refuse: (_, error) => ({ errorCode: error.code, apiKeys: [] }),
  }
}

/** The answer to a version that we do not know, in version 0: the client learns which one it may ask in. */
export function unsupportedApiVersions(): Input<ApiVersionsResponse> {
  const { key, advertised } = api('ApiVersions')
  return {
    errorCode: errorCode('UNSUPPORTED_VERSION'),
    apiKeys: [{ apiKey: key, minVersion: advertised.min, maxVersion: advertised.max }],
  }
}
