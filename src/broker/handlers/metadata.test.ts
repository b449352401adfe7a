import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { MetadataImage } from '../../metadata/image.ts'
import { Slices } from '../../platform/slices.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import type { MetadataRequest } from '../../protocol/messages/metadata.ts'
import type { RequestContext } from '../handler.ts'
import { metadata } from './metadata.ts'

test('where no controller can make a topic, the brokers are told all the same', async () => {
  const handler = metadata({
    image: () => new MetadataImage(),
    clusterId: 'c',
    controllerId: () => 1,
    autoCreate: () => () => Promise.reject(new KafkaError('REQUEST_TIMED_OUT', 'no controller answered')),
  })
  const context = {
    version: 12,
    may: () => true,
    slices: new Slices(new ManualClock()),
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
  } as unknown as RequestContext
  const topics = [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'wanted' }]
  const answer = await handler.handle({ topics, allowAutoTopicCreation: true } as unknown as MetadataRequest, context)
  assert.deepEqual([answer!.clusterId, answer!.controllerId], ['c', 1])
  assert.deepEqual(
    answer!.topics!.map(({ name, errorCode }) => [name, errorName(errorCode!)]),
    [['wanted', 'UNKNOWN_TOPIC_OR_PARTITION']],
  )
})
