// The facade of KafkaJS against a broker in memory.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Kafka } from '../../src/kafkajs/kafka.ts'
import type { ConsumerConfig, ConsumerRunConfig, KafkaConfig } from '../../src/kafkajs/types/index.ts'
import { atEnd, inMemory } from './running-broker.ts'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

export const quick = { initialRetryTime: 5, maxRetryTime: 20, retries: 5 }

/** A broker in memory, and clients of it that end with the test. */
export async function scene(t: TestContext, more: Partial<KafkaConfig> = {}) {
  const { broker } = await inMemory(t, { 'group.initial.rebalance.delay.ms': 0 })
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], clientId: 'test', logLevel: 0, retry: quick, ...more })
  const admin = kafka.admin()
  const producer = kafka.producer()
  await producer.connect()
  atEnd(t, () => Promise.all([admin.disconnect(), producer.disconnect()]))
  return { kafka, admin, producer, broker }
}

export type Scene = Awaited<ReturnType<typeof scene>>

/** A topic of `count` messages, "0" to the last. */
export async function filled({ admin, producer }: Scene, topic: string, count: number, numPartitions = 1) {
  await admin.createTopics({ topics: [{ topic, numPartitions }] })
  const messages = Array.from({ length: count }, (_, i) => ({ value: String(i), partition: i % numPartitions }))
  await producer.send({ topic, messages })
}

/** A consumer that runs until the test is over. */
export async function running(
  t: TestContext,
  { kafka }: Scene,
  topic: string,
  run: ConsumerRunConfig,
  config: Partial<ConsumerConfig> = {},
) {
  const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 50, heartbeatInterval: 50, ...config })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  atEnd(t, () => consumer.disconnect())
  await consumer.run(run)
  return consumer
}

/** Resolves when `condition` holds, looked at every few milliseconds; fails after a minute. */
export async function until(condition: () => unknown): Promise<void> {
  for (let looks = 0; !(await condition()); looks++) {
    assert.ok(looks < 12_000, `not within a minute: ${condition}`)
    await new Promise((resume) => setTimeout(resume, 5))
  }
}

/** What group g has committed. */
export const offsetsOf = async ({ admin }: Scene, topic: string) =>
  (await admin.fetchOffsets({ groupId: 'g', topics: [topic] }))[0]!.partitions.map(({ offset }) => offset)
