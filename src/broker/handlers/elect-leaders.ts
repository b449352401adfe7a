// ElectLeaders (API 43): preferred replicas lead again, or any replica leads where none may (KIP-460).

import { electLeaders as electLeadersCommand } from '../../metadata/controller/elect-leaders.ts'
import { api } from '../../protocol/api.ts'
import type { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/messages/elect-leaders.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export function electLeaders({
  controller,
}: {
  controller: ControllerChannel
}): Handler<ElectLeadersRequest, ElectLeadersResponse> {
  return {
    api: api('ElectLeaders'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },
    handle: (request) => controller.ask((machine) => electLeadersCommand(machine, request)),

    // Version 0 has no place for an error of the whole, so each partition has it.
    refuse: ({ topicPartitions }, { code, message }, { version }) => ({
      errorCode: version === 0 ? 0 : code,
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode: code, errorMessage: message })),
      })),
    }),
  }
}
