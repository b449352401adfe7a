// Eligible leader replicas (KIP-966): who left the ISR while it was too small to commit, and so still has everything committed.

import { NO_LEADER, type PartitionImage } from '../partition.ts'
import type { Candidates, ElectionRules } from './elections.ts'

/**
 * Who may lead beside a new ISR, before anybody is elected. In ascending order, as Kafka writes it. Where the feature was switched off, who was
 * eligible until then may still be elected; nobody joins them.
 */
export function eligibleBeside(
  partition: PartitionImage,
  { replicas, isr }: Omit<Candidates, 'elr'>,
  rules: ElectionRules,
): readonly number[] {
  const { hasEligibleLeaderReplicas, lostBroker } = rules
  if (hasEligibleLeaderReplicas && hasEnough(isr, replicas, rules)) return []
  const candidates = new Set([...partition.elr, ...(hasEligibleLeaderReplicas ? partition.isr : [])])
  return [...candidates]
    .filter((id) => replicas.includes(id) && !isr.includes(id) && id !== lostBroker)
    .sort((one, other) => one - other)
}

/** What is left of them when `leader` leads: with the feature off they count only for as long as nobody does, since a leader commits without them. */
export function eligibleAfter(
  elr: readonly number[],
  { isr, leader, isUnclean }: { readonly isr: readonly number[]; readonly leader: number; readonly isUnclean: boolean },
  { hasEligibleLeaderReplicas }: ElectionRules,
): readonly number[] {
  if (isUnclean || (!hasEligibleLeaderReplicas && leader !== NO_LEADER)) return []
  return elr.filter((id) => !isr.includes(id))
}

function hasEnough(isr: readonly number[], replicas: readonly number[], { minInsyncReplicas }: ElectionRules): boolean {
  return isr.length >= Math.min(minInsyncReplicas, replicas.length)
}

/**
 * What `lastKnownElr` holds after a change: whoever led when the ISR became empty, for as long as nobody leads; Kafka 4.2 keeps no more of it. Where nobody
 * led by then (the last in sync could not, its directory being gone), it is who was in sync last: else nobody could ever lead again. Who is no replica any
 * more is forgotten, as its log is: it would lead with an empty one if it became a replica again. Who is eligible stands in for it.
 */
export function lastKnownAfter(
  partition: PartitionImage,
  { replicas, isr, elr, leader }: Candidates & { readonly leader: number },
  { hasEligibleLeaderReplicas }: ElectionRules,
): readonly number[] {
  if (!hasEligibleLeaderReplicas || leader !== NO_LEADER) return []
  const becomesEmpty = isr.length === 0 && partition.isr.length > 0
  const last = partition.leader === NO_LEADER ? partition.isr[0]! : partition.leader
  const known = becomesEmpty ? [last] : partition.lastKnownElr
  return known.every((id) => replicas.includes(id)) ? known : elr.slice(0, 1)
}
