// DeleteTopics (API 20), by name or by id.

import { ZERO_UUID } from '../../base/uuid.ts'
import { type Decision, decide } from '../../machine/machine.ts'
import { type ErrorName, KafkaError } from '../../protocol/errors.ts'
import { type MetadataRecord, record } from '../records.ts'
import type { Controller } from './controller.ts'
import { duplicates } from './create-topics.ts'

export interface DeleteTopicsRequest {
  /** Version 6 and later: a name or an id, the other null or zero. */
  readonly topics: readonly { readonly name: string | null; readonly topicId: string }[]
  /** Before version 6. */
  readonly topicNames: readonly string[]
}

export interface DeletedTopic {
  name: string | null
  topicId: string
  errorCode: number
  errorMessage: string | null
}

/**
 * A topic that the request names more than once, in whatever way, is answered once and not deleted. Topics deleted by id are answered with
 * their name: whoever asks for a client hides it where it must not be seen.
 */
export function deleteTopics(
  controller: Controller,
  { topics, topicNames }: DeleteTopicsRequest,
): Decision<MetadataRecord, { throttleTimeMs: number; responses: DeletedTopic[] }> {
  const asked = [...topicNames.map((name) => ({ name, topicId: ZERO_UUID })), ...topics].map((one) => resolve(controller, one))
  const twice = duplicates(asked.map(({ key }) => key))
  const answered = new Set<string>()
  const records: MetadataRecord[] = []
  const responses = asked.flatMap(({ key, id, answer }): DeletedTopic[] => {
    if (answered.has(key)) return []
    answered.add(key)
    if (answer.errorCode !== 0) return [answer]
    if (twice.has(key)) return [refused(answer.name, ZERO_UUID, 'INVALID_REQUEST', 'Duplicate topic name.')]
    records.push(record('RemoveTopicRecord', { topicId: id }))
    return [answer]
  })
  return decide({ throttleTimeMs: 0, responses }, records)
}

interface Resolved {
  readonly key: string
  readonly id: string
  readonly answer: DeletedTopic
}

function resolve({ image }: Controller, { name, topicId }: { readonly name: string | null; readonly topicId: string }): Resolved {
  const byId = topicId !== ZERO_UUID
  const fail = (error: ErrorName, why?: string): Resolved => ({
    key: `${name} ${topicId}`,
    id: topicId,
    answer: refused(name, topicId, error, why),
  })
  if (name !== null && byId) return fail('INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  if (name === null && !byId) return fail('INVALID_REQUEST', 'Neither topic name nor id were specified.')
  const topic = name === null ? image.topicsById.get(topicId) : image.topic(name)
  if (!topic) return fail(byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  return { key: topic.name, id: topic.id, answer: { name: topic.name, topicId: topic.id, errorCode: 0, errorMessage: null } }
}

function refused(name: string | null, topicId: string, error: ErrorName, why?: string): DeletedTopic {
  const { code, message } = new KafkaError(error, why)
  return { name, topicId, errorCode: code, errorMessage: message }
}
