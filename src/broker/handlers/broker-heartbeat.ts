// BrokerHeartbeat (API 63): a broker shows that it lives, and asks to serve or to leave (KIP-631).

import { heartbeat } from '../../metadata/controller/heartbeats.ts'
import { api } from '../../protocol/api.ts'
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../protocol/messages/broker-heartbeat.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function brokerHeartbeat({
  controller,
}: {
  controller: ControllerChannel
}): Handler<BrokerHeartbeatRequest, BrokerHeartbeatResponse> {
  return {
    api: api('BrokerHeartbeat'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle(request) {
      return { errorCode: 0, ...(await controller.decide((machine, now) => heartbeat(machine, request, now))) }
    },

    refuse: (_, error) => ({ errorCode: error.code, isCaughtUp: false, isFenced: true, shouldShutDown: false }),
  }
}
