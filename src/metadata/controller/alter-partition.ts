// AlterPartition (API 56): the leader of a partition says who is in sync with it (KIP-497, KIP-841, KIP-903), and the controller writes it down.

import { type Decision, decide } from '../../machine/machine.ts'
import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import type { TopicImage } from '../image.ts'
import { type PartitionImage, RECOVERED, RECOVERING, withChange } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import { type BrokerEpoch, requireBroker } from './brokers.ts'
import type { Controller } from './controller.ts'
import { isActive, rulesOf } from './election-rules.ts'
import { changeOf } from './partition-change.ts'

export interface ProposedIsr {
  readonly partitionIndex: number
  readonly leaderEpoch: number
  /** Version 2; version 3 names the epochs of the brokers that the leader means. */
  readonly newIsr: readonly number[]
  readonly newIsrWithEpochs: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
  readonly leaderRecoveryState: number
  /** The partition as the leader knows it; a change that came in between is not overwritten. */
  readonly partitionEpoch: number
}

export interface AlterPartition extends BrokerEpoch {
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly ProposedIsr[] }[]
}

/** What the partition has from now on, the error aside. */
export interface AlteredPartition {
  partitionIndex: number
  errorCode: number
  leaderId: number
  leaderEpoch: number
  isr: number[]
  leaderRecoveryState: number
  partitionEpoch: number
}

export interface AlterPartitionAnswer {
  throttleTimeMs: number
  errorCode: number
  topics: { topicId: string; partitions: AlteredPartition[] }[]
}

/**
 * Partition by partition. Where an ISR completes a reassignment, its end stands in the same record; a leader that lost its place that way is answered
 * NEW_LEADER_ELECTED although its change was made. Throws STALE_BROKER_EPOCH.
 */
export function alterPartition(controller: Controller, request: AlterPartition): Decision<MetadataRecord, AlterPartitionAnswer> {
  const { id: leader } = requireBroker(controller, request)
  const records: MetadataRecord[] = []
  const altered = new Set<string>()
  const topics = request.topics.map(({ topicId, partitions }) => {
    const topic = controller.image.topicsById.get(topicId)
    return {
      topicId,
      partitions: partitions.map((proposed) => {
        const place = `${topicId} ${proposed.partitionIndex}`
        // The second of one request names an epoch that the first has just ended.
        if (altered.has(place)) return refused(proposed.partitionIndex, 'INVALID_UPDATE_VERSION')
        const { record, answer } = topic ? alterOne(controller, topic, leader, proposed) : unknown(proposed, 'UNKNOWN_TOPIC_ID')
        if (record) {
          altered.add(place)
          records.push(record)
        }
        return answer
      }),
    }
  })
  return decide({ throttleTimeMs: 0, errorCode: 0, topics }, records)
}

interface Altered {
  readonly record?: MetadataRecord | null
  readonly answer: AlteredPartition
}

function alterOne(controller: Controller, topic: TopicImage, leader: number, proposed: ProposedIsr): Altered {
  const { partitionIndex, leaderRecoveryState } = proposed
  const partition = topic.partitions[partitionIndex]
  if (!partition) return unknown(proposed, 'UNKNOWN_TOPIC_OR_PARTITION')
  const isr = membersOf(proposed)
  const error = whyRefused(controller, partition, leader, { ...proposed, isr })
  if (error) return { answer: refused(partitionIndex, error) }
  const wanted = { isr: isr.map(({ brokerId }) => brokerId), leaderRecoveryState }
  // A leader that leaves itself out has lost what it should have: it is not eligible either.
  const circumstances = wanted.isr.includes(leader)
    ? {}
    : { lostBroker: leader, serves: (id: number) => id !== leader && isActive(controller, id) }
  const record = changeOf(topic.id, partition, wanted, rulesOf(controller, topic, circumstances))
  const after = record ? withChange(partition, record.value) : partition
  if (after.leader !== leader) return { record, answer: refused(partitionIndex, 'NEW_LEADER_ELECTED') }
  return { record, answer: shown(after) }
}

type Member = ProposedIsr['newIsrWithEpochs'][number]

function membersOf({ newIsr, newIsrWithEpochs }: ProposedIsr): readonly Member[] {
  return newIsrWithEpochs.length > 0 ? newIsrWithEpochs : newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
}

/** In the order of Kafka's checks, since leaders act on each error in their own way; null where nothing speaks against it. */
function whyRefused(
  controller: Controller,
  partition: PartitionImage,
  leader: number,
  proposed: ProposedIsr & { readonly isr: readonly Member[] },
): ErrorName | null {
  const { leaderEpoch, partitionEpoch, leaderRecoveryState, isr } = proposed
  // Whoever knows more than this controller has heard from a newer one: it must look for that.
  if (leaderEpoch > partition.leaderEpoch || partitionEpoch > partition.partitionEpoch) return 'NOT_CONTROLLER'
  if (leaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (leader !== partition.leader) return 'INVALID_REQUEST'
  if (partitionEpoch < partition.partitionEpoch) return 'INVALID_UPDATE_VERSION'
  const ids = isr.map(({ brokerId }) => brokerId)
  if (new Set(ids).size < ids.length || !ids.every((id) => partition.replicas.includes(id))) return 'INVALID_REQUEST'
  // Apache's leaders never leave themselves out. Ours does where its disk has spoiled its copy, so that another one in sync leads.
  if (!ids.includes(leader) && (ids.length === 0 || !ids.every((id) => partition.isr.includes(id)))) return 'INVALID_REQUEST'
  if (leaderRecoveryState !== RECOVERED && leaderRecoveryState !== RECOVERING) return 'INVALID_REQUEST'
  if (leaderRecoveryState === RECOVERING && (isr.length > 1 || partition.leaderRecoveryState === RECOVERED))
    return 'INVALID_REQUEST'
  return isr.every((member) => isEligible(controller, member)) ? null : 'INELIGIBLE_REPLICA'
}

/** A replica joins as the process that the leader has seen fetching: one that was restarted since may have lost its tail (KIP-903). */
function isEligible({ image }: Controller, { brokerId, brokerEpoch }: Member): boolean {
  const broker = image.brokers.get(brokerId)
  if (!broker || broker.fenced || broker.inControlledShutdown) return false
  return brokerEpoch === -1 || brokerEpoch === broker.epoch
}

function shown({ partition, leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch }: PartitionImage): AlteredPartition {
  return {
    partitionIndex: partition,
    errorCode: 0,
    leaderId: leader,
    leaderEpoch,
    isr: [...isr],
    leaderRecoveryState,
    partitionEpoch,
  }
}

function unknown({ partitionIndex }: ProposedIsr, error: ErrorName): Altered {
  return { answer: refused(partitionIndex, error) }
}

function refused(partitionIndex: number, error: ErrorName): AlteredPartition {
  return {
    partitionIndex,
    errorCode: errorCode(error),
    leaderId: 0,
    leaderEpoch: 0,
    isr: [],
    leaderRecoveryState: 0,
    partitionEpoch: 0,
  }
}
