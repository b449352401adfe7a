// BrokerHeartbeat (API 63): a broker shows that it lives, and asks to serve or to leave (KIP-631).

import { heartbeat } from '../../metadata/controller/heartbeats.ts'
import { api } from '../../protocol/api.ts'
import type { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../protocol/messages/broker-heartbeat.ts'
import type { BrokerWatch } from '../broker-watch.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export interface BrokerHeartbeatRooms {
  readonly controller: ControllerChannel
  /** Null where nobody looks for brokers whose process has ended. */
  readonly watch: Pick<BrokerWatch, 'heard'> | null
}

export function brokerHeartbeat({
  controller,
  watch,
}: BrokerHeartbeatRooms): Handler<BrokerHeartbeatRequest, BrokerHeartbeatResponse> {
  return {
    api: api('BrokerHeartbeat'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle(request, context) {
      const answer = await controller.decide((machine, now) => {
        const decision = heartbeat(machine, request, now)
        watch?.heard(request.brokerId, context)
        return decision
      })
      return { errorCode: 0, ...answer }
    },

    refuse: (_, error) => ({ errorCode: error.code, isCaughtUp: false, isFenced: true, shouldShutDown: false }),
  }
}
