// BrokerRegistration (API 62): a broker joins the cluster, fenced at first (KIP-631).

import { registerBroker } from '../../metadata/controller/brokers.ts'
import { requireCluster } from '../../metadata/controller/registration-checks.ts'
import { api } from '../../protocol/api.ts'
import type { BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../protocol/messages/broker-registration.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export interface BrokerRegistrationRooms {
  readonly controller: ControllerChannel
  readonly clusterId: string
}

export function brokerRegistration({
  controller,
  clusterId,
}: BrokerRegistrationRooms): Handler<BrokerRegistrationRequest, BrokerRegistrationResponse> {
  return {
    api: api('BrokerRegistration'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle(request) {
      requireCluster(clusterId, request)
      for (;;) {
        const { brokerEpoch } = await controller.decide((machine, now) => registerBroker(machine, request, now))
        // Below zero: more of the broker's last life has to be put in order than one decision may change.
        if (brokerEpoch >= 0) return { errorCode: 0, brokerEpoch }
      }
    },

    refuse: (_, error) => ({ errorCode: error.code, brokerEpoch: -1 }),
  }
}
