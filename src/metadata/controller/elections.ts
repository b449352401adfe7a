// Who leads a partition when brokers come and go, replicas move, or somebody asks for an election.

import { NO_LEADER, type PartitionImage } from '../partition.ts'

/**
 * `online`: the leader stays while it may, else another one with everything committed. `preferred`: the first replica leads where it may.
 * `unclean`: rather one that may miss what was committed than none.
 */
export type Election = 'online' | 'preferred' | 'unclean'

export interface ElectionRules {
  /** Whether a replica could serve as leader now: its broker is there, unfenced, not shutting down, and its log directory is online. */
  readonly canLead: (partition: PartitionImage, broker: number) => boolean
  /** min.insync.replicas of the topic. */
  readonly minInsyncReplicas: number
  readonly hasEligibleLeaderReplicas: boolean
  readonly election: Election
  /** A broker that stopped without flushing: it is not known to have what was committed. */
  readonly lostBroker?: number
}

/** What a partition is about to have, who leads it aside. */
export interface Candidates {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
}

export interface Elected {
  /** -1 for nobody. */
  readonly leader: number
  /** The leader may miss what was committed. */
  readonly isUnclean: boolean
}

export function elect(partition: PartitionImage, candidates: Candidates, rules: ElectionRules): Elected {
  const { replicas } = candidates
  const clean = (id: number) => isCleanLeader(partition, candidates, rules, id)
  if (rules.election === 'preferred' && clean(replicas[0]!)) return { leader: replicas[0]!, isUnclean: false }
  if (clean(partition.leader)) return { leader: partition.leader, isUnclean: false }
  const next = replicas.find(clean)
  if (next !== undefined) return { leader: next, isUnclean: false }
  const last = lastKnownLeader(partition, candidates, rules)
  if (last !== null) return { leader: last, isUnclean: true }
  const anyone = rules.election === 'unclean' ? replicas.find((id) => rules.canLead(partition, id)) : undefined
  return anyone === undefined ? { leader: NO_LEADER, isUnclean: false } : { leader: anyone, isUnclean: true }
}

/** Of the ISR; of the ELR where the ISR is empty. */
function isCleanLeader(partition: PartitionImage, { isr, elr }: Candidates, { canLead }: ElectionRules, id: number): boolean {
  const hasEverything = isr.includes(id) || (isr.length === 0 && elr.includes(id))
  return hasEverything && canLead(partition, id)
}

/** Where nobody is known to have everything, the last leader has as much as anybody: it comes back, marked as recovering (KIP-966). */
function lastKnownLeader(partition: PartitionImage, { replicas, isr, elr }: Candidates, rules: ElectionRules): number | null {
  if (!rules.hasEligibleLeaderReplicas || isr.length > 0 || elr.length > 0) return null
  const [last, ...others] = partition.lastKnownElr
  if (last === undefined || others.length > 0 || !replicas.includes(last)) return null
  return rules.canLead(partition, last) ? last : null
}
