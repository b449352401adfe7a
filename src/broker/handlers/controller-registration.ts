// ControllerRegistration (API 70): a controller tells where it listens and what it supports (KIP-919).

import { registerController } from '../../metadata/controller/activation.ts'
import { api } from '../../protocol/api.ts'
import type {
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
} from '../../protocol/messages/controller-registration.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function controllerRegistration({
  controller,
}: {
  controller: ControllerChannel
}): Handler<ControllerRegistrationRequest, ControllerRegistrationResponse> {
  return {
    api: api('ControllerRegistration'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle({ controllerId, incarnationId, listeners: endPoints, features }) {
      await controller.decide((machine) => registerController(machine, { controllerId, incarnationId, endPoints, features }))
      return { errorCode: 0, errorMessage: null }
    },

    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
