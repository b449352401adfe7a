// A plan carried out: replicas begin to move, and go on after the command has ended.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { Outcomes } from '../../../client/index.ts'
import type { Surroundings } from '../command.ts'
import { Failure, TerseFailure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import { numbersInJavaOrder } from '../java-order.ts'
import { replicasOf } from './reassign-generate.ts'
import { moveReplicas } from './reassign-moves.ts'
import type { ReassignOptions } from './reassign-partitions.ts'
import { inOrder, type PlannedPartition, parseExecutedPlan, planText } from './reassign-plan.ts'
import { currentDirs } from './reassign-states.ts'
import { throttleDirectories, throttleMoves } from './reassign-throttles.ts'

const EXISTS =
  'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by resubmitting the current reassignment.'
const MUST_VERIFY =
  'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.'

export async function execute(found: ReassignOptions, admin: Admin, text: string, around: Surroundings): Promise<void> {
  const { partitions: planned, replicas } = parseExecutedPlan(text)
  const underWay = await admin.listPartitionReassignments()
  if (!found.has('additional') && underWay.length > 0) throw new TerseFailure(EXISTS)
  await checkBrokers(admin, planned)
  const current = await currentOf(admin, planned)
  const plan = planText(current, await currentDirs(admin, current))
  around.print(
    `Current partition replica assignment\n\n${plan}\n\nSave this to use as the --reassignment-json-file option during rollback`,
  )
  const betweenBrokers = found.number('throttle')!
  const betweenDirectories = found.number('replica-alter-log-dirs-throttle')!
  if (betweenBrokers >= 0 || betweenDirectories >= 0) around.print(MUST_VERIFY)
  if (betweenBrokers >= 0) await throttleMoves(admin, { planned, current, underWay }, betweenBrokers, around)
  if (betweenDirectories >= 0) await throttleDirectories(admin, replicas, betweenDirectories, around)

  const allowReplicationFactorChange = !found.has('disallow-replication-factor-change')
  const outcomes = await admin.alterPartitionReassignments(planned, { allowReplicationFactorChange })
  refuse(outcomes, planned, () => 'Error reassigning partition(s):')
  const keys = inOrder(planned).map(({ topic, partition }) => partitionKey(topic, partition))
  around.print(`Successfully started partition reassignment${keys.length === 1 ? '' : 's'} for ${keys.join(',')}`)
  if (replicas.length > 0) await moveReplicas(admin, replicas, found.number('timeout')!, around)
}

/** Says what went wrong with single partitions, where anything did. */
export function refuse(
  outcomes: Outcomes<void>,
  partitions: readonly PlannedPartition[],
  title: (count: number) => string,
): void {
  if (outcomes.errors.size === 0) return
  const lines = inOrder(partitions).flatMap(({ topic, partition }) => {
    const key = partitionKey(topic, partition)
    const error = outcomes.errors.get(key)
    return error ? [`${key}: ${javaMessage(error)}`] : []
  })
  throw new TerseFailure([title(outcomes.errors.size), ...lines].join('\n'))
}

async function checkBrokers(admin: Admin, planned: readonly PlannedPartition[]): Promise<void> {
  const present = new Set((await admin.describeCluster()).nodes.map(({ id }) => id))
  const wanted = numbersInJavaOrder([...new Set(planned.flatMap(({ replicas }) => replicas))])
  const unknown = wanted.find((id) => !present.has(id))
  if (unknown !== undefined) throw new Failure(`Unknown broker id ${unknown}`)
}

async function currentOf(admin: Admin, planned: readonly PlannedPartition[]): Promise<readonly PlannedPartition[]> {
  const all = await replicasOf(
    admin,
    planned.map(({ topic }) => topic),
  )
  const current = planned.map(({ topic, partition }) => all.get(topic)?.find((each) => each.partition === partition))
  const missing = planned.filter((_, at) => current[at] === undefined)
  if (missing.length > 0) {
    const keys = missing.map(({ topic, partition }) => partitionKey(topic, partition)).join(', ')
    const text = `Unable to find partition: ${keys}`
    throw new Failure(`org.apache.kafka.common.errors.UnknownTopicOrPartitionException: ${text}`)
  }
  return current.map((each) => each!)
}
