// ListPartitionReassignments (API 46): what moves at the moment (KIP-455).

import { decide } from '../../machine/machine.ts'
import { ongoingReassignments } from '../../metadata/controller/reassignments.ts'
import { api } from '../../protocol/api.ts'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

export function listPartitionReassignments({
  controller,
}: {
  controller: ControllerChannel
}): Handler<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> {
  return {
    api: api('ListPartitionReassignments'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Describe', resource: CLUSTER },

    async handle({ topics: asked }) {
      const topics = await controller.ask(({ image }) => decide(ongoingReassignments(image, asked)))
      return { errorCode: 0, errorMessage: null, topics }
    },

    refuse: (_, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [] }),
  }
}
