// Reassignment of a partition's replicas (KIP-455), as far as lists of replicas go: first all of the old and the new ones, then the new ones alone.

import { KafkaError } from '../../protocol/errors.ts'
import type { PartitionImage } from '../partition.ts'

export interface Assignment {
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

export function isReassigning({ addingReplicas, removingReplicas }: Omit<Assignment, 'replicas'>): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0
}

/**
 * From what a partition has to `target`: the new ones in their order, and those that shall go behind them. What an earlier reassignment was adding
 * still counts as added, wanted or not, so that a cancellation finds the way back to where all began.
 */
export function towards({ replicas, addingReplicas }: Assignment, target: readonly number[]): Assignment {
  const removing = sorted(replicas.filter((id) => !target.includes(id)))
  const adding = sorted([...addingReplicas, ...target.filter((id) => !replicas.includes(id))])
  return { replicas: [...target, ...removing], addingReplicas: adding, removingReplicas: removing }
}

/**
 * The end of a reassignment, with the ISR it leaves; null where there is none under way or not all replicas that stay are in sync. Replicas that
 * are to go leave with this very change, so that nobody sees a partition without them that still counts on them.
 */
export function completion(
  { replicas, addingReplicas, removingReplicas }: Assignment,
  isr: readonly number[],
): { readonly replicas: readonly number[]; readonly isr: readonly number[] } | null {
  if (!isReassigning({ addingReplicas, removingReplicas })) return null
  const stays = (id: number) => !removingReplicas.includes(id)
  const left = { replicas: replicas.filter(stays), isr: isr.filter(stays) }
  const isComplete = left.replicas.length > 0 && left.replicas.every((id) => left.isr.includes(id))
  return isComplete ? left : null
}

/**
 * Back to where a reassignment began. Where only replicas that were being added are in sync, an old one that is eligible and could lead now does so
 * (KIP-966); where there is none, the first of the old ones stands in for them, which is an unclean election: the logs of those that were being added are
 * put aside, so that nothing is left of what only they are known to have. Throws INVALID_REPLICA_ASSIGNMENT where there are no old ones.
 */
export function reverted(
  { replicas, addingReplicas, isr, elr, lastKnownElr }: PartitionImage,
  canLead: (broker: number) => boolean,
): {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly isUnclean: boolean
} {
  const isOld = (id: number) => !addingReplicas.includes(id)
  const old = { replicas: replicas.filter(isOld), isr: isr.filter(isOld) }
  const [first] = old.replicas
  if (first === undefined) throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', 'all replicas of the partition are being added')
  const takesOver = elr.some((id) => isOld(id) && canLead(id))
  const waitsForOld = isr.length === 0 && (elr.length > 0 ? elr.some(isOld) : lastKnownElr.every(isOld))
  const isClean = old.isr.length > 0 || takesOver || waitsForOld
  return { replicas: old.replicas, isr: isClean ? old.isr : [first], isUnclean: !isClean }
}

function sorted(ids: readonly number[]): readonly number[] {
  return [...ids].sort((one, other) => one - other)
}
