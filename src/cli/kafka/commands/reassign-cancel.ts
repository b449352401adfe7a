// What is under way of a plan ended: partitions keep, or get back, the replicas that they had.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { Surroundings } from '../command.ts'
import { refuse } from './reassign-execute.ts'
import { moveReplicas } from './reassign-moves.ts'
import type { ReassignOptions } from './reassign-partitions.ts'
import { inOrder, parsePlan } from './reassign-plan.ts'
import { isBeingMoved, replicaPlaces } from './reassign-states.ts'
import { clearThrottles } from './reassign-throttles.ts'

export async function cancel(found: ReassignOptions, admin: Admin, text: string, around: Surroundings): Promise<void> {
  const { partitions, replicas } = parsePlan(text)
  const underWay = await admin.listPartitionReassignments({ partitions })
  // Those that only add replicas are left alone, as Kafka's command leaves them.
  const ended = inOrder(underWay.filter(({ adding, removing }) => adding.length === 0 || removing.length > 0))
  if (ended.length > 0) {
    const outcomes = await admin.alterPartitionReassignments(ended.map((each) => ({ ...each, replicas: null })))
    refuse(outcomes, ended, (count) => `Error cancelling partition reassignment${count === 1 ? '' : 's'} for:`)
    const keys = ended.map(({ topic, partition }) => partitionKey(topic, partition))
    around.print(`Successfully cancelled partition reassignment${keys.length === 1 ? '' : 's'} for: ${keys.join(',')}`)
  } else around.print('None of the specified partition reassignments are active.')
  const moving = (await replicaPlaces(admin, replicas)).filter(isBeingMoved)
  // A move back to where it lies ends the one that is under way.
  const back = moving.map((each) => ({ ...each, logDir: each.current! }))
  if (back.length > 0) await moveReplicas(admin, back, found.number('timeout')!, around)
  // No end of line, as scripts know it.
  else await around.write(new TextEncoder().encode('None of the specified partition moves are active.'))
  if (!found.has('preserve-throttles')) await clearThrottles(admin, partitions, around)
}
