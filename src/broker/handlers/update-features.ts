// UpdateFeatures (API 57): the cluster's feature levels (KIP-584).

import { updateFeatures as updateFeaturesCommand } from '../../metadata/controller/features.ts'
import { api } from '../../protocol/api.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/messages/update-features.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export function updateFeatures({
  controller,
}: {
  controller: ControllerChannel
}): Handler<UpdateFeaturesRequest, UpdateFeaturesResponse> {
  return {
    api: api('UpdateFeatures'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },
    handle: (request) => controller.ask((machine) => updateFeaturesCommand(machine, request)),

    refuse: ({ featureUpdates }, { code, message }) => ({
      errorCode: code,
      errorMessage: message,
      results: featureUpdates.map(({ feature }) => ({ feature, errorCode: code, errorMessage: message })),
    }),
  }
}
