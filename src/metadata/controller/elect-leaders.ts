// ElectLeaders (API 43), and the elections that the controller holds by itself now and then.

import { type Decision, decide } from '../../machine/machine.ts'
import { type ErrorName, KafkaError } from '../../protocol/errors.ts'
import { NO_LEADER } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import { requireFewPartitions } from './assignments.ts'
import type { Progress } from './brokers.ts'
import type { Controller } from './controller.ts'
import { allowsUnclean, rulesOf } from './election-rules.ts'
import type { Election } from './elections.ts'
import { CHANGES_AT_ONCE, electLeaderless, electWhere } from './membership.ts'
import { changeOf } from './partition-change.ts'

export interface ElectLeaders {
  /** 0 preferred, 1 unclean. */
  readonly electionType: number
  /** Null for all partitions. */
  readonly topicPartitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export interface ElectLeadersAnswer {
  throttleTimeMs: number
  errorCode: number
  replicaElectionResults: { topic: string; partitionResult: ElectionResult[] }[]
}

interface ElectionResult {
  partitionId: number
  errorCode: number
  errorMessage: string | null
}

/**
 * Partition by partition. Asked for all, those that need no election are left out of the answer. Throws INVALID_REQUEST for an unknown kind of
 * election, POLICY_VIOLATION for an excessive number of partitions.
 */
export function electLeaders(controller: Controller, request: ElectLeaders): Decision<MetadataRecord, ElectLeadersAnswer> {
  const election = electionOf(request.electionType)
  const { topicPartitions } = request
  const asked = topicPartitions ?? everywhere(controller)
  requireFewPartitions(
    (topicPartitions ?? []).reduce((sum, { partitions }) => sum + partitions.length, 0),
    'given leaders',
  )
  const records: MetadataRecord[] = []
  const elected = new Set<string>()
  const replicaElectionResults = asked.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.flatMap((partitionId): ElectionResult[] => {
      const place = `${partitionId} ${topic}`
      try {
        if (elected.has(place)) throw new KafkaError('ELECTION_NOT_NEEDED')
        records.push(electOne(controller, topic, partitionId, election))
        elected.add(place)
        return [{ partitionId, errorCode: 0, errorMessage: null }]
      } catch (thrown) {
        const { error, code, message } = KafkaError.of(thrown)
        if (topicPartitions === null && error === 'ELECTION_NOT_NEEDED') return []
        return [{ partitionId, errorCode: code, errorMessage: message }]
      }
    }),
  }))
  requireFewPartitions(records.length, 'given leaders')
  return decide({ throttleTimeMs: 0, errorCode: 0, replicaElectionResults }, records)
}

function electionOf(type: number): Election {
  if (type === 0) return 'preferred'
  if (type === 1) return 'unclean'
  throw new KafkaError('INVALID_REQUEST', `Unknown election type ${type}`)
}

function everywhere({ image }: Controller) {
  return [...image.topics.values()].map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
}

const NOBODY: Record<Exclude<Election, 'online'>, ErrorName> = {
  preferred: 'PREFERRED_LEADER_NOT_AVAILABLE',
  unclean: 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
}

function electOne(controller: Controller, name: string, index: number, election: Election): MetadataRecord {
  const topic = controller.image.topic(name)
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${name}`)
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${name}-${index}`)
  const isPreferred = election === 'preferred'
  if (isPreferred ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER)
    throw new KafkaError('ELECTION_NOT_NEEDED')
  const record = changeOf(topic.id, partition, {}, rulesOf(controller, topic, { election }))
  if (record) return record
  throw new KafkaError(NOBODY[isPreferred ? 'preferred' : 'unclean'])
}

/** Gives leadership back to preferred replicas that have caught up (auto.leader.rebalance.enable), some at a time. */
export function balanceLeaders(controller: Controller): Decision<MetadataRecord, Progress> {
  return some(
    electWhere(
      controller,
      () => ({ election: 'preferred' }),
      ({ leader, replicas }) => leader !== replicas[0],
    ),
  )
}

/** Leaders for partitions that have none, where one that may lead serves; some at a time. */
export function electOnlineLeaders(controller: Controller): Decision<MetadataRecord, Progress> {
  return some(electLeaderless(controller, () => ({})))
}

/** Leaders for partitions that have none, where their topics allow that something is lost by it; some at a time. */
export function electUncleanLeaders(controller: Controller): Decision<MetadataRecord, Progress> {
  return some(electLeaderless(controller, (topic) => (allowsUnclean(controller, topic) ? { election: 'unclean' } : null)))
}

function some(records: MetadataRecord[]): Decision<MetadataRecord, Progress> {
  return decide({ isDone: records.length < CHANGES_AT_ONCE }, records)
}
