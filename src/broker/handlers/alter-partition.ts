// AlterPartition (API 56): a leader proposes who is in sync with it (KIP-497).

import { alterPartition as alterPartitionCommand } from '../../metadata/controller/alter-partition.ts'
import { api } from '../../protocol/api.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/messages/alter-partition.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function alterPartition({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AlterPartitionRequest, AlterPartitionResponse> {
  return {
    api: api('AlterPartition'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => controller.decide((machine) => alterPartitionCommand(machine, request)),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }
}
