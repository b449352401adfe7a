// UpdateFeatures (API 57): the cluster's feature levels (KIP-584), and the version of its quorum (KIP-853).

import { refusedUpdate, updateFeatures as updateFeaturesCommand } from '../../metadata/controller/features.ts'
import { KRAFT_VERSION } from '../../metadata/features.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/messages/update-features.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export interface UpdateFeaturesRooms {
  readonly controller: ControllerChannel
  /** Null where the metadata is in ZooKeeper: there kraft.version is nothing. */
  readonly quorum: Pick<QuorumService, 'raiseKraftVersion'> | null
}

/** Of a quorum that cannot be raised; whatever else went wrong is no word of the feature. Who asks looks for another controller where this is none. */
function refused(thrown: unknown): UpdateFeaturesResponse {
  if (!(thrown instanceof KafkaError)) throw thrown
  if (thrown.error === 'INVALID_UPDATE_VERSION') return refusedUpdate(thrown)
  throw thrown.error === 'NOT_LEADER_OR_FOLLOWER' ? new KafkaError('NOT_CONTROLLER', thrown.message) : thrown
}

export function updateFeatures({
  controller,
  quorum,
}: UpdateFeaturesRooms): Handler<UpdateFeaturesRequest, UpdateFeaturesResponse> {
  const change = (request: UpdateFeaturesRequest) => controller.ask((machine) => updateFeaturesCommand(machine, request))
  return {
    api: api('UpdateFeatures'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },

    async handle(request) {
      const level = request.featureUpdates.find(({ feature }) => feature === KRAFT_VERSION)?.maxVersionLevel
      if (level === undefined || !quorum) return change(request)
      // All or nothing, as far as that goes: what either would refuse is asked before anything is written. The quorum, which may still fail, comes
      // first: to raise it once more changes nothing.
      const trial = await change({ ...request, validateOnly: true })
      if (trial.errorCode !== 0) return trial
      const refusal = await quorum.raiseKraftVersion(level, true).then(() => null, refused)
      if (refusal) return refusal
      if (request.validateOnly) return trial
      const failure = await quorum.raiseKraftVersion(level, false).then(() => null, refused)
      return failure ?? change(request)
    },

    refuse: ({ featureUpdates }, { code, message }) => ({
      errorCode: code,
      errorMessage: message,
      results: featureUpdates.map(({ feature }) => ({ feature, errorCode: code, errorMessage: message })),
    }),
  }
}
