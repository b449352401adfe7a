// BrokerRegistration (API 62): a broker joins the cluster, fenced at first (KIP-631).

import { decide } from '../../machine/machine.ts'
import { registerBroker } from '../../metadata/controller/brokers.ts'
import { requireCluster, rivalOf } from '../../metadata/controller/registration-checks.ts'
import { api } from '../../protocol/api.ts'
import type { BrokerRegistrationRequest, BrokerRegistrationResponse } from '../../protocol/messages/broker-registration.ts'
import type { BrokerWatch } from '../broker-watch.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'
import type { Predecessors } from '../predecessors.ts'

export interface BrokerRegistrationRooms {
  readonly controller: ControllerChannel
  readonly clusterId: string
  /** Null where nobody looks for brokers whose process has ended. */
  readonly watch: Pick<BrokerWatch, 'heard'> | null
  /** Null where only sessions shall decide whether the process before still lives. */
  readonly predecessors: Pick<Predecessors, 'hasEnded' | 'speaks'> | null
}

export function brokerRegistration({
  controller,
  clusterId,
  watch,
  predecessors,
}: BrokerRegistrationRooms): Handler<BrokerRegistrationRequest, BrokerRegistrationResponse> {
  return {
    api: api('BrokerRegistration'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle(request, context) {
      requireCluster(clusterId, request)
      let endedEpoch = await epochOfEnded(request)
      for (let isFirst = true; ; isFirst = false) {
        const { brokerEpoch } = await controller.decide((machine, now) => {
          // Others had their turn meanwhile; later on whoever speaks is this one.
          if (isFirst && predecessors?.speaks(request.brokerId)) endedEpoch = null
          const decision = registerBroker(machine, request, now, endedEpoch)
          watch?.heard(request.brokerId, context) // its first heartbeat may be a while
          return decision
        })
        // Below zero: more of the broker's last life has to be put in order than one decision may change.
        if (brokerEpoch >= 0) return { errorCode: 0, brokerEpoch }
      }
    },

    refuse: (_, error) => ({ errorCode: error.code, brokerEpoch: -1 }),
  }

  /** The broker epoch of the process that this one comes in the place of, where that has ended and its session still counts. */
  async function epochOfEnded(request: BrokerRegistrationRequest): Promise<number | null> {
    if (!predecessors) return null
    const rival = await controller.decide((machine, now) => decide(rivalOf(machine, request, now)))
    return rival && (await predecessors.hasEnded(rival, request)) ? rival.epoch : null
  }
}
