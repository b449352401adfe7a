// AlterPartitionReassignments (API 45): replicas move to other brokers (KIP-455).

import { alterReassignments } from '../../metadata/controller/reassignments.ts'
import { api } from '../../protocol/api.ts'
import { errorCode } from '../../protocol/errors.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

const NOTHING_MOVES = errorCode('NO_REASSIGNMENT_IN_PROGRESS')

export function alterPartitionReassignments({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse> {
  return {
    api: api('AlterPartitionReassignments'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },

    async handle(request) {
      const answer = await controller.ask((machine) => alterReassignments(machine, request))
      // Kafka has an empty text for who asks for nothing, and none for who cancels what does not move.
      if (answer.responses.length === 0) return { ...answer, errorMessage: '' }
      const told = (one: { partitionIndex: number; errorCode: number; errorMessage: string | null }) =>
        one.errorCode === NOTHING_MOVES ? { ...one, errorMessage: null } : one
      return {
        ...answer,
        responses: answer.responses.map(({ name, partitions }) => ({ name, partitions: partitions.map(told) })),
      }
    },

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
