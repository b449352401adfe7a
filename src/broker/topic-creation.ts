// CreateTopics as the controller's command. Many topics are several of it, so that none holds up the event loop.

import { requireFewPartitions } from '../metadata/controller/assignments.ts'
import {
  type CreatedTopic,
  type CreateTopicsRequest,
  createTopics,
  type NewTopic,
  refused,
} from '../metadata/controller/create-topics.ts'
import type { ControllerChannel } from './controller-channel.ts'
import type { RequestContext } from './handler.ts'
import { inParts } from './in-parts.ts'

export interface TopicCreation {
  readonly controller: ControllerChannel
  /** `num.partitions` */
  readonly defaultPartitions: () => number
}

/** An answer for each topic. Throws POLICY_VIOLATION for an excessive number of partitions in all. */
export async function createInParts(
  { controller, defaultPartitions }: TopicCreation,
  { topics, validateOnly }: CreateTopicsRequest,
  context: Pick<RequestContext, 'slices' | 'answerFor'>,
): Promise<readonly CreatedTopic[]> {
  let count = 0
  await context.slices.each(topics, (topic) => void (count += partitionsOf(topic, defaultPartitions())))
  requireFewPartitions(count, 'made')
  return inParts(topics, context, {
    keyOf: ({ name }) => name,
    failed: ({ name }, error) => refused(name, error),
    ask: async (part) => (await controller.ask((machine) => createTopics(machine, { topics: part, validateOnly }))).topics,
  })
}

function partitionsOf({ assignments, numPartitions }: NewTopic, byDefault: number): number {
  if (assignments.length > 0) return assignments.length
  return Math.max(0, numPartitions === -1 ? byDefault : numPartitions)
}
