// Features of a cluster: which levels the nodes support, and which the cluster has (KIP-584).

import type { Exchange } from '../../net/peer.ts'
import { SOFTWARE } from '../../net/peer-versions.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/messages/update-features.ts'
import { brokerError } from '../errors/index.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { numbered } from './numbered.ts'
import { Outcomes } from './outcomes.ts'

const ASK: Exchange<ApiVersionsRequest, ApiVersionsResponse> = { request: ApiVersionsRequest, response: ApiVersionsResponse }
const UPDATE: Exchange<UpdateFeaturesRequest, UpdateFeaturesResponse> = {
  request: UpdateFeaturesRequest,
  response: UpdateFeaturesResponse,
}

export interface FeaturesDescription {
  readonly supported: ReadonlyMap<string, { readonly min: number; readonly max: number }>
  /** The level of each; one that is missing is at 0. */
  readonly finalized: ReadonlyMap<string, number>
  /** Grows with each change; null where the broker does not tell. */
  readonly epoch: number | null
}

/** What a node says of features: any broker, or a certain one. */
export async function describeFeatures(
  link: Link,
  options: CallOptions & { readonly nodeId?: number | undefined } = {},
): Promise<FeaturesDescription> {
  const { nodeId } = options
  const patience = link.patience('features', options)
  const answer = await (nodeId === undefined ? link.any(ASK, SOFTWARE, patience) : link.broker(nodeId, ASK, SOFTWARE, patience))
  return {
    supported: new Map(
      answer.supportedFeatures.map(({ name, minVersion, maxVersion }) => [name, { min: minVersion, max: maxVersion }]),
    ),
    finalized: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
    epoch: answer.finalizedFeaturesEpoch < 0 ? null : answer.finalizedFeaturesEpoch,
  }
}

/** `unsafeDowngrade` may lose metadata. */
export type FeatureUpdateType = 'upgrade' | 'safeDowngrade' | 'unsafeDowngrade'
const updateTypes = numbered<FeatureUpdateType>({ upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 })

export interface FeatureUpdate {
  readonly name: string
  /** 0 switches it off. */
  readonly level: number
  readonly type: FeatureUpdateType
}

/** Changes levels: all of them, or none. */
export async function updateFeatures(
  link: Link,
  updates: readonly FeatureUpdate[],
  options: CallOptions & { readonly validateOnly?: boolean | undefined } = {},
): Promise<Outcomes<void>> {
  const { validateOnly = false } = options
  const patience = link.patience('changing features', options)
  const wanted = updates.map(({ name, level, type }) => ({
    feature: name,
    maxVersionLevel: level,
    upgradeType: updateTypes.numberOf('type', type),
  }))
  const body = (version: number) => ({
    timeoutMs: link.timeoutMs(patience),
    featureUpdates: version === 0 ? wanted.map(inFirstVersion) : wanted,
    validateOnly,
  })
  const outcomes = new Outcomes<void>()
  try {
    const { results } = await link.controller(UPDATE, body, patience)
    for (const { name } of updates) outcomes.succeeded(name, undefined)
    // From version 2 on the answer speaks of the whole alone.
    for (const { feature, errorCode: code, errorMessage } of results) {
      if (code !== 0) outcomes.failed(feature, brokerError(code, `changing ${feature}`, errorMessage))
    }
  } catch (thrown) {
    const error = clientErrorOf(thrown)
    for (const { name } of updates) outcomes.failed(name, error)
  }
  return outcomes
}

/** It does not know of unsafe ones. */
const inFirstVersion = ({ upgradeType, ...update }: { feature: string; maxVersionLevel: number; upgradeType: number }) => ({
  ...update,
  allowDowngrade: upgradeType !== updateTypes.numberOf('type', 'upgrade'),
})
