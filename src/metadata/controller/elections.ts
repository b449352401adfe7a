// Who leads a partition when brokers come and go, and what stands in the metadata about it (KIP-966: eligible leader replicas).

import { NO_LEADER, type PartitionImage, RECOVERING } from '../partition.ts'
import { type MetadataRecord, partitionChange, type RecordOf } from '../records.ts'

export interface ElectionRules {
  /** Whether a replica could serve as leader now: its broker is there, unfenced, and not shutting down. */
  readonly isActive: (broker: number) => boolean
  readonly minInsyncReplicas: number
  readonly hasEligibleLeaderReplicas: boolean
  /** unclean.leader.election.enable of the topic. */
  readonly allowsUnclean: boolean
  /** A broker that stopped without flushing: it is not known to have what was committed. */
  readonly lostBroker?: number
}

type Change = { -readonly [K in keyof RecordOf<'PartitionChangeRecord'>]?: RecordOf<'PartitionChangeRecord'>[K] }

/** The record that brings a partition to `wantedIsr` with a leader out of it; null where nothing changes. */
export function changeOf(
  topicId: string,
  partition: PartitionImage,
  wantedIsr: readonly number[],
  rules: ElectionRules,
): MetadataRecord | null {
  const isr = rules.hasEligibleLeaderReplicas || wantedIsr.length > 0 ? wantedIsr : partition.isr
  const elr = eligible(partition, isr, rules)
  const { leader, source } = elect(partition, isr, elr, rules)
  const newIsr = source === 'elr' || source === 'unclean' ? [leader] : isr
  const newElr = hasEnough(newIsr, partition, rules) ? [] : elr.filter((id) => !newIsr.includes(id))
  const change: Change = {}
  if (!sameList(newIsr, partition.isr)) change.isr = [...newIsr]
  if (leader !== partition.leader) change.leader = leader
  if (source === 'unclean' && partition.leaderRecoveryState !== RECOVERING) change.leaderRecoveryState = RECOVERING
  if (!sameList(newElr, partition.elr)) change.eligibleLeaderReplicas = newElr
  const lastKnown = lastKnownLeader(partition, newIsr, rules)
  if (!sameList(lastKnown, partition.lastKnownElr)) change.lastKnownElr = lastKnown
  return Object.keys(change).length === 0 ? null : partitionChange(topicId, partition.partition, change)
}

/** Whoever leaves the ISR while it is too small keeps its right to lead: it has everything that was committed. */
function eligible(partition: PartitionImage, isr: readonly number[], rules: ElectionRules): number[] {
  if (!rules.hasEligibleLeaderReplicas || hasEnough(isr, partition, rules)) return []
  const candidates = [...partition.elr, ...partition.isr.filter((id) => !partition.elr.includes(id))]
  return candidates.filter((id) => !isr.includes(id) && id !== rules.lostBroker)
}

function hasEnough(isr: readonly number[], { replicas }: PartitionImage, { minInsyncReplicas }: ElectionRules): boolean {
  return isr.length >= Math.min(minInsyncReplicas, replicas.length)
}

type Elected = { readonly leader: number; readonly source: 'stays' | 'isr' | 'elr' | 'unclean' | 'none' }

function elect(partition: PartitionImage, isr: readonly number[], elr: readonly number[], rules: ElectionRules): Elected {
  const { isActive } = rules
  if (isr.includes(partition.leader) && isActive(partition.leader)) return { leader: partition.leader, source: 'stays' }
  const first = (from: readonly number[]) => partition.replicas.find((id) => from.includes(id) && isActive(id))
  const clean = first(isr)
  if (clean !== undefined) return { leader: clean, source: 'isr' }
  const fromElr = first(elr)
  if (fromElr !== undefined) return { leader: fromElr, source: 'elr' }
  // Nobody is known to have everything: the last leader comes back, marked as recovering.
  const onlyLastKnown =
    isr.length === 0 && elr.length === 0 && rules.hasEligibleLeaderReplicas ? first(partition.lastKnownElr) : undefined
  if (onlyLastKnown !== undefined) return { leader: onlyLastKnown, source: 'unclean' }
  const anyone = rules.allowsUnclean ? first(partition.replicas) : undefined
  return anyone === undefined ? { leader: NO_LEADER, source: 'none' } : { leader: anyone, source: 'unclean' }
}

function lastKnownLeader(partition: PartitionImage, isr: readonly number[], rules: ElectionRules): number[] {
  if (!rules.hasEligibleLeaderReplicas || hasEnough(isr, partition, rules)) return []
  if (isr.length > 0 || partition.leader === NO_LEADER) return [...partition.lastKnownElr]
  return [partition.leader]
}

function sameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((id, index) => id === other[index])
}
