// What happens inside of the client's consumer, told as KafkaJS tells it.

import type { TopicPartition } from '../../assignors/index.ts'
import type { ConsumerWatch, GroupJoin } from '../../client/consumer/watch.ts'
import type { Emitter } from '../emitter.ts'
import type { ConsumerEvents, IMemberAssignment, Logger } from '../types/index.ts'

export interface WatchingOptions {
  readonly emitter: Emitter<ConsumerEvents>
  readonly logger: Logger
  readonly topics: ReadonlyMap<string, unknown>
  readonly onJoined: () => void
}

export function watchOf({ emitter, logger, topics, onJoined }: WatchingOptions): ConsumerWatch {
  return {
    joined(join) {
      const foreign = join.assignment.filter(({ topic }) => !topics.has(topic))
      if (foreign.length > 0) tellUnsubscribed(join, foreign)
      const payload = joinPayload(join, (topic) => topics.has(topic))
      emitter.emit('GROUP_JOIN', () => payload)
      logger.info('Consumer has joined the group', payload)
      onJoined()
    },
    heartbeat: ({ groupId, memberId, generationId: groupGenerationId }) =>
      emitter.emit('HEARTBEAT', () => ({ groupId, memberId, groupGenerationId })),
    rebalancing({ groupId, memberId }) {
      logger.warn('The group is rebalancing, re-joining', { groupId, memberId })
      emitter.emit('REBALANCING', () => ({ groupId, memberId }))
    },
    fetchStarted: (nodeId) => emitter.emit('FETCH_START', () => ({ nodeId })),
    fetched: (nodeId, numberOfBatches, duration) => emitter.emit('FETCH', () => ({ numberOfBatches, duration, nodeId })),
  }

  function tellUnsubscribed({ identity, assignment }: GroupJoin, foreign: readonly TopicPartition[]): void {
    const { groupId, generationId, memberId } = identity
    const payload = {
      groupId,
      generationId,
      memberId,
      assignedTopics: topicsOf(assignment),
      topicsSubscribed: [...topics.keys()],
      topicsNotSubscribed: topicsOf(foreign),
    }
    emitter.emit('RECEIVED_UNSUBSCRIBED_TOPICS', () => payload)
    logger.warn('Consumer group received unsubscribed topics', payload)
  }
}

function joinPayload(
  { identity, leaderId, protocolName, assignment, durationMs }: GroupJoin,
  isWanted: (topic: string) => boolean,
) {
  const memberAssignment: IMemberAssignment = {}
  for (const { topic, partition } of assignment) if (isWanted(topic)) (memberAssignment[topic] ??= []).push(partition)
  return {
    groupId: identity.groupId,
    memberId: identity.memberId,
    leaderId,
    isLeader: leaderId === identity.memberId,
    memberAssignment,
    groupProtocol: protocolName,
    duration: Math.round(durationMs),
  }
}

function topicsOf(partitions: readonly TopicPartition[]): string[] {
  return [...new Set(partitions.map(({ topic }) => topic))]
}
