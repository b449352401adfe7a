// A consumer and a pretended broker in a simulated world: minutes pass in an instant, and whatever the broker says or leaves out can be told.

import assert from 'node:assert/strict'
import { Consumer, type ConsumerConfig, serdes } from '../../src/client/index.ts'
import { World } from '../../src/platform/sim/world.ts'
import type { TextRecord } from './consumers.ts'
import { PretendBroker } from './pretend-broker.ts'

type Config = Partial<ConsumerConfig<string | null, string | null>>

export async function consumerScene(config: Config = {}, { seed = 1 } = {}) {
  const world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 200_000 })
  const broker = new PretendBroker(world.machine('broker'))
  const { platform } = world.machine('client').start()
  const consumer = new Consumer<string | null, string | null>({
    bootstrapServers: broker.address,
    autoOffsetReset: 'earliest',
    keyDeserializer: serdes.string,
    valueDeserializer: serdes.string,
    platform,
    ...config,
  })

  /** Lets time pass until it is settled. */
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await until('it is settled', () => isOver)
    return promise
  }

  async function until(what: string, isTrue: () => boolean): Promise<void> {
    assert.ok(await world.events.run(world.events.now + 600_000, isTrue), `it did not come true within ten minutes: ${what}`)
  }

  /** Lets so much time pass. */
  const pass = (ms: number) => world.events.run(world.events.now + ms)
  /** For handlers and listeners that take their time. */
  const work = (ms: number) => new Promise<void>((resume) => void platform.clock.after(ms, resume))

  async function take(count: number): Promise<TextRecord[]> {
    const records: TextRecord[] = []
    while (records.length < count) records.push(...(await during(consumer.poll())))
    return records
  }

  await during(broker.open())
  return { world, broker, consumer, during, until, pass, work, take, now: () => world.events.now }
}
