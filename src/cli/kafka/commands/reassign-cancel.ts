// What is under way of a plan ended: partitions keep, or get back, the replicas that they had.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { refuse } from './reassign-execute.ts'
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
  if ((await replicaPlaces(admin, replicas)).some(isBeingMoved)) {
    throw new Failure('moves between directories cannot be ended yet (docs/limits.md)')
  }
  // No end of line, as scripts know it.
  await around.write(new TextEncoder().encode('None of the specified partition moves are active.'))
  if (!found.has('preserve-throttles')) await clearThrottles(admin, partitions, around)
}
