// UnregisterBroker (API 64): a broker that will not come back is forgotten (KIP-631).

import { unregisterBroker as unregisterBrokerCommand } from '../../metadata/controller/brokers.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../protocol/messages/unregister-broker.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export interface UnregisterBrokerRooms {
  readonly controller: ControllerChannel
  /** The broker that is all there is, in this very process: forgotten, it would serve nobody until its next start. Null among others. */
  readonly only?: number | null
}

export function unregisterBroker({
  controller,
  only = null,
}: UnregisterBrokerRooms): Handler<UnregisterBrokerRequest, UnregisterBrokerResponse> {
  return {
    api: api('UnregisterBroker'),
    requires: { operation: 'Alter', resource: CLUSTER },

    async handle(request) {
      if (request.brokerId === only)
        throw new KafkaError('INVALID_REQUEST', `broker ${only} is the only one of this cluster, and it is running`)
      // A broker with thousands of partitions is forgotten in pieces.
      while (!(await controller.ask((machine) => unregisterBrokerCommand(machine, request))).isDone);
      return { errorCode: 0, errorMessage: null }
    },

    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}
