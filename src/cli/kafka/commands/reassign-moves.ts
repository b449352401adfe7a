// Replicas brought from one directory of their broker into another.

import type { Admin } from '../../../client/admin/admin.ts'
import type { Surroundings } from '../command.ts'
import { Failure, TerseFailure } from '../failure.ts'
import { inOrder, type PlannedReplica, replicaKey } from './reassign-plan.ts'

const RETRY_MS = 100

/** Begins the moves. A replica that its broker does not have yet is asked for again, until there was time enough: a TerseFailure. */
export async function moveReplicas(
  admin: Admin,
  replicas: readonly PlannedReplica[],
  timeoutMs: number,
  around: Surroundings,
): Promise<void> {
  const endsAt = around.clock.monotonic() + timeoutMs
  let pending = inOrder(replicas).sort((a, b) => a.broker - b.broker)
  for (;;) {
    const begun = await beginMoves(admin, pending)
    for (const { topic, partition, broker, logDir } of pending.filter((each) => begun.has(replicaKey(each)))) {
      const where = `${topic}-${partition} with broker ${broker} `
      around.print(`Successfully started moving log directory to ${logDir} for replica ${where}`)
    }
    pending = pending.filter((each) => !begun.has(replicaKey(each)))
    if (pending.length === 0) return
    if (around.clock.monotonic() >= endsAt) {
      const which = pending.map(replicaKey).join(',')
      const moves = pending.length === 1 ? 'move' : 'moves'
      throw new TerseFailure(`Timed out before log directory ${moves} could be started for: ${which}`)
    }
    await new Promise<void>((resume) => around.clock.after(RETRY_MS, resume))
  }
}

/** The keys of those that are being moved now. */
async function beginMoves(admin: Admin, replicas: readonly PlannedReplica[]): Promise<ReadonlySet<string>> {
  const wanted = replicas.map(({ topic, partition, broker, logDir }) => ({ topic, partition, brokerId: broker, path: logDir }))
  const { values, errors } = await admin.alterReplicaLogDirs(wanted)
  for (const [key, { code }] of errors) {
    if (code !== 'REPLICA_NOT_AVAILABLE') throw new Failure(`Failed to alter dir for ${key}`)
  }
  return new Set(values.keys())
}
