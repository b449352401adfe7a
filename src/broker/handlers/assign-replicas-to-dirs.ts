// AssignReplicasToDirs (API 73): a broker says in which of its log directories its replicas lie (KIP-858).

import { assignDirectories } from '../../metadata/controller/assign-directories.ts'
import { api } from '../../protocol/api.ts'
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from '../../protocol/messages/assign-replicas-to-dirs.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { CLUSTER, type Handler } from '../handler.ts'

export function assignReplicasToDirs({
  controller,
}: {
  controller: ControllerChannel
}): Handler<AssignReplicasToDirsRequest, AssignReplicasToDirsResponse> {
  return {
    api: api('AssignReplicasToDirs'),
    requires: { operation: 'ClusterAction', resource: CLUSTER },
    handle: (request) => controller.decide((machine) => assignDirectories(machine, request)),
    refuse: (_, error) => ({ errorCode: error.code, directories: [] }),
  }
}
