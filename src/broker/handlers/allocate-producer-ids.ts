// AllocateProducerIds (API 67): a block of producer ids for one broker (KIP-730).

import { allocateProducerIds as allocateProducerIdsCommand } from '../../metadata/controller/producer-ids.ts'
import { api } from '../../protocol/api.ts'
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../../protocol/messages/allocate-producer-ids.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function allocateProducerIds({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AllocateProducerIdsRequest, AllocateProducerIdsResponse> {
  return {
    api: api('AllocateProducerIds'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },

    async handle(request) {
      return { errorCode: 0, ...(await controller.decide((machine) => allocateProducerIdsCommand(machine, request))) }
    },

    refuse: (_, error) => ({ errorCode: error.code, producerIdStart: 0, producerIdLen: 0 }),
  }
}
