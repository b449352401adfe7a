// UnregisterBroker (API 64): a broker that will not come back is forgotten (KIP-631).

import { unregisterBroker as unregisterBrokerCommand } from '../../metadata/controller/brokers.ts'
import { api } from '../../protocol/api.ts'
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function unregisterBroker({
  controller,
}: {
  controller: ControllerChannel
}): Handler<UnregisterBrokerRequest, UnregisterBrokerResponse> {
  return {
    api: api('UnregisterBroker'),
    requires: { operation: 'Alter', resource: CLUSTER },

    async handle(request) {
      // A broker with thousands of partitions is forgotten in pieces.
      while (!(await controller.ask((machine) => unregisterBrokerCommand(machine, request))).isDone);
      return { errorCode: 0, errorMessage: null }
    },

    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
