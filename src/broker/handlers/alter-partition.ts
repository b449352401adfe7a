// AlterPartition (API 56): a leader proposes who is in sync with it (KIP-497).

import { alterPartition as alterPartitionCommand } from '../../metadata/controller/alter-partition.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../../protocol/messages/alter-partition.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler, type RequestContext } from '../handler.ts'

/** Nothing is late that comes over no connection; those count from 1. */
const IN_THIS_PROCESS = 0

/**
 * A leader asks for one change of a partition at a time, over one connection. What still comes over an older one, which it gave up as it heard nothing there, was
 * asked again over the newer one, and answered: were it carried out after all, the leader, if it was refused there, would know nothing of a replica in sync
 * that it need not wait for.
 */
export function alterPartition({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AlterPartitionRequest, AlterPartitionResponse> {
  /** By broker: the newest connection that this life of it asked over. */
  const newest = new Map<number, { readonly brokerEpoch: number; readonly connectionId: number }>()
  return {
    api: api('AlterPartition'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request, context) =>
      controller.decide((machine) => {
        requireNewest(request, context)
        const decision = alterPartitionCommand(machine, request)
        newest.set(request.brokerId, { brokerEpoch: request.brokerEpoch, connectionId: context.connectionId }) // of a broker that there is
        return decision
      }),
    refuse: (_, error) => ({ errorCode: error.code, topics: [] }),
  }

  function requireNewest({ brokerId, brokerEpoch }: AlterPartitionRequest, context: RequestContext): void {
    const { connectionId } = context
    const last = newest.get(brokerId)
    if (connectionId === IN_THIS_PROCESS || last?.brokerEpoch !== brokerEpoch || connectionId >= last.connectionId) return
    const why = `broker ${brokerId} has asked for changes of in-sync replicas over a newer connection`
    context.disconnect(why)
    throw new KafkaError('REQUEST_TIMED_OUT', why)
  }
}
