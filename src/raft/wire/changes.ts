// Changes of the voters (KIP-853) as Kafka's requests and responses.

import { version } from '../../base/version.ts'
import { type ErrorName, errorCode, errorName } from '../../protocol/errors.ts'
import { VoteRequest } from '../../protocol/messages/vote.ts'
import type { QuorumApis } from '../peers.ts'
import type { AddVoterAsk, Answer, RemoveVoterAsk, UpdateVoterAsk } from '../quorum/events.ts'
import { KRAFT_VERSIONS } from '../voters.ts'
import { leaderFields, refusal, standingOf } from './common.ts'
import type { Asker } from './requests.ts'

type Request<A extends keyof QuorumApis> = QuorumApis[A]['request']
type Response<A extends keyof QuorumApis> = QuorumApis[A]['response']

const KRAFT_VERSION = 'kraft.version'

// ---- what others ask

/** What the new voter supports, it is asked itself. */
export function addAsk({ voterId, voterDirectoryId, listeners, ackWhenCommitted }: Request<'AddRaftVoter'>): AddVoterAsk {
  const voter = { id: voterId, directoryId: voterDirectoryId, endpoints: listeners, kraftVersions: KRAFT_VERSIONS }
  return { kind: 'addVoter', voter, ackWhenCommitted }
}

export function removeAsk({ voterId, voterDirectoryId }: Request<'RemoveRaftVoter'>): RemoveVoterAsk {
  return { kind: 'removeVoter', voter: { id: voterId, directoryId: voterDirectoryId } }
}

export function updateAsk(request: Request<'UpdateRaftVoter'>): UpdateVoterAsk {
  const {
    currentLeaderEpoch: epoch,
    voterId: id,
    voterDirectoryId: directoryId,
    listeners: endpoints,
    kRaftVersionFeature,
  } = request
  const { minSupportedVersion: min, maxSupportedVersion: max } = kRaftVersionFeature
  return { kind: 'updateVoter', epoch, voter: { id, directoryId, endpoints, kraftVersions: { min, max } } }
}

/** Of AddRaftVoter and RemoveRaftVoter, which say the same. */
export function changeResponse({ error, message }: Answer): Response<'AddRaftVoter'> {
  return { throttleTimeMs: 0, errorCode: errorCode(error), errorMessage: message || null }
}

export function updateResponse(answer: Answer): Response<'UpdateRaftVoter'> {
  const { leaderAddress } = answer
  const currentLeader = { ...leaderFields(answer), host: leaderAddress?.host ?? '', port: leaderAddress?.port ?? 0 }
  return { throttleTimeMs: 0, errorCode: errorCode(answer.error), currentLeader }
}

// ---- what this member asks

export function addRequest({ voter, ackWhenCommitted }: AddVoterAsk, asker: Asker): Request<'AddRaftVoter'> {
  return {
    clusterId: asker.clusterId,
    timeoutMs: asker.requestTimeoutMs,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: voter.endpoints.map((one) => ({ ...one })),
    ackWhenCommitted,
  }
}

export function removeRequest({ voter }: RemoveVoterAsk, { clusterId }: Asker): Request<'RemoveRaftVoter'> {
  return { clusterId, voterId: voter.id, voterDirectoryId: voter.directoryId }
}

export function updateRequest({ epoch, voter }: UpdateVoterAsk, { clusterId }: Asker): Request<'UpdateRaftVoter'> {
  const { min, max } = voter.kraftVersions
  return {
    clusterId,
    currentLeaderEpoch: epoch,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: voter.endpoints.map((one) => ({ ...one })),
    kRaftVersionFeature: { minSupportedVersion: min, maxSupportedVersion: max },
  }
}

export const versionsRequest: Request<'ApiVersions'> = { clientSoftwareName: 'odradek', clientSoftwareVersion: version }

/** Says nothing of a leader. */
export function changeAnswer({ errorCode: code, errorMessage }: Response<'AddRaftVoter' | 'RemoveRaftVoter'>): Answer {
  return { ...refusal(errorName(code)), message: errorMessage ?? '' }
}

export function updateAnswer({ errorCode: code, currentLeader }: Response<'UpdateRaftVoter'>): Answer {
  const { leaderId, host, port } = currentLeader
  return standingOf(code, currentLeader, host === '' ? [] : [{ nodeId: leaderId, host, port }])
}

export function versionsAnswer({ errorCode: code, apiKeys, supportedFeatures }: Response<'ApiVersions'>): Answer {
  const error: ErrorName = errorName(code)
  const found = supportedFeatures.find(({ name }) => name === KRAFT_VERSION)
  const canVote = apiKeys.some(({ apiKey }) => apiKey === VoteRequest.apiKey)
  return { ...refusal(error), versions: found ? { min: found.minVersion, max: found.maxVersion } : null, canVote }
}
