// The one place where a partition's change is put together: its ISR, who leads it, its eligible leaders, its replicas and their directories. Whatever
// brings a change about (a broker that dies, a leader that reports, an administrator), the same things follow from it.

import { type PartitionImage, RECOVERING, UNASSIGNED_DIRECTORY } from '../partition.ts'
import { type EntryOf, partitionChange, type RecordOf } from '../records.ts'
import { type ElectionRules, elect } from './elections.ts'
import { eligibleAfter, eligibleBeside, lastKnownAfter } from './eligible-replicas.ts'
import { completion } from './reassignment.ts'

export interface ChangeRules extends ElectionRules {
  /** The log directory that a new replica on this broker will have, as far as it is known. */
  readonly directoryOn: (broker: number) => string
}

/** What somebody wants of a partition; what is not named stays. */
export interface Wanted {
  readonly isr?: readonly number[]
  readonly replicas?: readonly number[]
  readonly addingReplicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
  readonly leaderRecoveryState?: number
  /** Log directories of single replicas, by broker. */
  readonly directories?: ReadonlyMap<number, string>
}

type Change = { -readonly [K in keyof RecordOf<'PartitionChangeRecord'>]?: RecordOf<'PartitionChangeRecord'>[K] }

/** The record that gives a partition what is wanted, and what follows from it; null where nothing changes. */
export function changeOf(
  topicId: string,
  partition: PartitionImage,
  wanted: Wanted,
  rules: ChangeRules,
): EntryOf<'PartitionChangeRecord'> | null {
  const { directories, ...lists } = wanted
  const target = completed({ ...partition, ...lists })
  const elr = eligibleBeside(partition, target, rules)
  const { leader, isUnclean } = elect(partition, { ...target, elr }, rules)
  const leads = leader !== partition.leader
  // An unclean leader is in sync with nobody, and what others had beyond it is no longer what the partition holds.
  const isAlone = isUnclean || (leads && elr.includes(leader))
  const isr = isAlone ? [leader] : target.isr
  const change: Change = {}
  // Without eligible leader replicas the last of the ISR stays in it: it is all that says who may lead again.
  if (!sameList(isr, partition.isr) && (isr.length > 0 || rules.hasEligibleLeaderReplicas)) change.isr = isr
  if (leads) change.leader = leader
  else if (!partition.replicas.every((id) => target.replicas.includes(id))) change.leader = partition.leader
  const newElr = eligibleAfter(elr, { isr, leader, isUnclean }, rules)
  if (!sameList(newElr, partition.elr)) change.eligibleLeaderReplicas = newElr
  const lastKnown = lastKnownAfter(partition, { replicas: target.replicas, isr, elr: newElr, leader }, rules)
  if (!sameList(lastKnown, partition.lastKnownElr)) change.lastKnownElr = lastKnown
  Object.assign(change, assignmentChange(partition, target, directories, rules))
  const recoveryState = isUnclean ? RECOVERING : (wanted.leaderRecoveryState ?? partition.leaderRecoveryState)
  if (recoveryState !== partition.leaderRecoveryState) change.leaderRecoveryState = recoveryState
  if (Object.keys(change).length === 0) return null
  return partitionChange(topicId, partition.partition, change)
}

/** With the end of a reassignment drawn in, where the ISR allows it. */
function completed(target: PartitionImage): PartitionImage {
  const done = completion(target, target.isr)
  return done ? { ...target, ...done, addingReplicas: [], removingReplicas: [] } : target
}

function assignmentChange(
  partition: PartitionImage,
  target: PartitionImage,
  named: Wanted['directories'],
  { directoryOn }: ChangeRules,
): Change {
  const change: Change = {}
  const directories = target.replicas.map((id) => {
    const place = partition.replicas.indexOf(id)
    return named?.get(id) ?? (place < 0 ? directoryOn(id) : (partition.directories[place] ?? UNASSIGNED_DIRECTORY))
  })
  if (!sameList(directories, partition.directories)) change.directories = directories
  for (const list of ['replicas', 'removingReplicas', 'addingReplicas'] as const)
    if (!sameList(target[list], partition[list])) change[list] = target[list]
  return change
}

function sameList<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index])
}
