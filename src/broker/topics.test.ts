import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetadataImage } from '../metadata/image.ts'
import { record } from '../metadata/records.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Replicas } from '../replication/replicas.ts'
import { Topics } from './topics.ts'

const OLD = 'oooooooooooooooooooooA'
const NEW = 'nnnnnnnnnnnnnnnnnnnnnA'

/** The metadata knows of one topic of this name; what is here has a replica of `heldId`. */
function topicsWith(knownId: string | null, heldId: string | null): Topics {
  const image = new MetadataImage()
  if (knownId !== null) {
    image.apply(record('TopicRecord', { name: 't', topicId: knownId }))
    const partition = { partitionId: 0, topicId: knownId, replicas: [1], isr: [1], removingReplicas: [], addingReplicas: [] }
    const led = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0, directories: [] }
    image.apply(record('PartitionRecord', { ...partition, ...led, eligibleLeaderReplicas: null, lastKnownElr: null }))
  }
  const held = heldId === null ? undefined : { name: 't-0', topicId: heldId }
  return new Topics(() => image, { get: () => held } as unknown as Replicas)
}

const refusal = (topics: Topics, topicId?: string, otherTopic?: 'UNKNOWN_TOPIC_ID') => {
  try {
    topics.partition('t', 0, topicId, otherTopic)
    return null
  } catch (thrown) {
    return KafkaError.of(thrown).error
  }
}

test('a topic that was deleted and made again under its name is not served out of the log of the old one', () => {
  const between = topicsWith(NEW, OLD)
  assert.equal(refusal(between), 'NOT_LEADER_OR_FOLLOWER', 'by name: the new one is not here yet')
  assert.equal(refusal(between, NEW), 'INCONSISTENT_TOPIC_ID')
  assert.equal(refusal(between, NEW, 'UNKNOWN_TOPIC_ID'), 'UNKNOWN_TOPIC_ID', 'as Produce says it')
  assert.equal(refusal(topicsWith(null, OLD)), 'UNKNOWN_TOPIC_OR_PARTITION', 'deleted, and not taken away yet')
  const after = topicsWith(NEW, NEW)
  assert.deepEqual([refusal(after), refusal(after, NEW), refusal(after, OLD)], [null, null, 'INCONSISTENT_TOPIC_ID'])
})

test('a log without its topic id is the topic of its name, and what is not here is led elsewhere or does not exist', () => {
  assert.equal(refusal(topicsWith(NEW, '')), null)
  assert.equal(refusal(topicsWith(NEW, null)), 'NOT_LEADER_OR_FOLLOWER')
  assert.equal(refusal(topicsWith(null, null)), 'UNKNOWN_TOPIC_OR_PARTITION')
})
