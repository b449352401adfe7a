// A NestJS microservice on Kafka, and a client of it: a question with its answer, and an event. Prints "  pass|fail NAME SECONDSs WHY".
import 'reflect-metadata'
import assert from 'node:assert/strict'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  ClientKafka,
  Ctx,
  EventPattern,
  type KafkaContext,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices'
import { Kafka } from 'kafkajs'
import { firstValueFrom } from 'rxjs'

const brokers = [process.argv[2]!]
const mark = Date.now()
const topics = { sum: `math.sum.${mark}`, created: `user.created.${mark}` }
const events: unknown[] = []

@Controller()
class MathController {
  @MessagePattern(topics.sum)
  sum(@Payload() numbers: number[], @Ctx() context: KafkaContext) {
    return { sum: numbers.reduce((a, b) => a + b, 0), topic: context.getTopic(), partition: context.getPartition() }
  }

  @EventPattern(topics.created)
  async created(@Payload() user: unknown, @Ctx() context: KafkaContext) {
    await context.getHeartbeat()()
    events.push([user, context.getMessage().key?.toString(), context.getMessage().headers?.['trace']?.toString()])
  }
}

@Module({ controllers: [MathController] })
class AppModule {}

async function main() {
  const admin = new Kafka({ brokers, logLevel: 0 }).admin()
  await admin.createTopics({
    topics: [topics.sum, `${topics.sum}.reply`, topics.created].map((topic) => ({ topic, numPartitions: 2 })),
  })
  await admin.disconnect()

  const options = (groupId: string) => ({
    client: { brokers, clientId: groupId },
    consumer: { groupId: `${groupId}-${mark}`, maxWaitTimeInMs: 100 },
    subscribe: { fromBeginning: true },
  })
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    transport: Transport.KAFKA,
    options: options('math'),
    logger: ['error', 'warn'],
  })
  await app.listen()
  const client = new ClientKafka(options('gateway'))
  client.subscribeToResponseOf(topics.sum)
  await client.connect()
  try {
    await step('request-and-response', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => firstValueFrom(client.send<{ sum: number; topic: string }>(topics.sum, [i, i, 1]))),
      )
      assert.deepEqual(
        answers.map(({ sum, topic }) => [sum, topic]),
        Array.from({ length: 20 }, (_, i) => [2 * i + 1, topics.sum]),
      )
    })
    await step('events', async () => {
      client.emit(topics.created, { key: 'ada', value: { name: 'Ada' }, headers: { trace: '42' } })
      const deadline = Date.now() + 20_000
      while (events.length === 0 && Date.now() < deadline) await new Promise((resume) => setTimeout(resume, 20))
      assert.deepEqual(events, [[{ name: 'Ada' }, 'ada', '42']])
    })
    await step('a client that only sends events', async () => {
      const sender = new ClientKafka(options('sender'))
      await sender.connect()
      await firstValueFrom(sender.emit(topics.created, { key: 'bob', value: { name: 'Bob' } }))
      const deadline = Date.now() + 20_000
      while (events.length < 2 && Date.now() < deadline) await new Promise((resume) => setTimeout(resume, 20))
      assert.deepEqual(events[1], [{ name: 'Bob' }, 'bob', undefined])
      await sender.close()
    })
  } finally {
    await client.close()
    await app.close()
  }
}

async function step(name: string, body: () => Promise<void>) {
  const startedAt = Date.now()
  try {
    await body()
    console.log(`  pass ${name} ${(Date.now() - startedAt) / 1000}s`)
  } catch (thrown) {
    process.exitCode = 1
    console.log(`  fail ${name} ${(Date.now() - startedAt) / 1000}s ${String((thrown as Error).stack).replace(/\n/g, ' ')}`)
  }
}

main().catch((thrown) => {
  console.error(thrown)
  process.exit(1)
})
