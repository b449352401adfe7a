// AlterPartitionReassignments (API 45): replicas move to other brokers (KIP-455).

import { alterReassignments } from '../../metadata/controller/reassignments.ts'
import { api } from '../../protocol/api.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function alterPartitionReassignments({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse> {
  return {
    api: api('AlterPartitionReassignments'),
    requires: { operation: 'Alter', resource: CLUSTER },
    handle: (request) => controller.ask((machine) => alterReassignments(machine, request)),

    refuse: ({ topics, allowReplicationFactorChange }, { code, message }) => ({
      allowReplicationFactorChange,
      errorCode: code,
      errorMessage: message,
      responses: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code, errorMessage: message })),
      })),
    }),
  }
}
