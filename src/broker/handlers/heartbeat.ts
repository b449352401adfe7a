// Heartbeat (API 12): a member lives, and learns whether it is wanted for a rebalance.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { HeartbeatRequest, HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import { requireGroup } from '../groups.ts'
import type { Handler } from '../handler.ts'

export function heartbeat({ groups }: { groups: GroupCoordinator }): Handler<HeartbeatRequest, HeartbeatResponse> {
  return {
    api: api('Heartbeat'),

    async handle(request, context) {
      requireGroup(context, 'Read', request.groupId)
      return { errorCode: errorCode(await beat(request)) }
    },

    refuse: (_, error) => ({ errorCode: error.code }),
  }

  /** While groups are read from the log nobody's session runs, so all is well, as Kafka answers. */
  async function beat(request: HeartbeatRequest) {
    try {
      return await groups.heartbeat(request)
    } catch (thrown) {
      if (KafkaError.of(thrown).error === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'
      throw thrown
    }
  }
}
